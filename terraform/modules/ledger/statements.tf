# What the ledger is made of, read from the very files in sql/ that `gaphealer init` runs, so that there is one
# description of it and not two. Those files are templates of which this fills in the two plain placeholders, and they
# are statements of which this understands the forms that occur; what it does not understand it refuses (main.tf), and
# tests compare what it understood with what a real parser and the real templates make of them.

locals {
  files = { for name in fileset(var.sql, "{schema,views}/*.sql") : trimsuffix(basename(name), ".sql") => file("${var.sql}/${name}") }

  # Without their comments, as they are sent; with the project in every name, which views have to have here.
  plain = {
    for name, text in merge(local.files, local.given) : name =>
    replace(
      replace(
        replace(join("\n", [for line in split("\n", text) : line if !startswith(trimspace(line), "--")]), "{{ ledger }}", var.dataset),
        "{{ timezone }}", var.timezone,
      ),
      "/`([A-Za-z0-9_-]+)[.]([A-Za-z0-9_-]+)`/", "`${var.project}.$1.$2`",
    )
  }

  # A template with loops cannot be filled in here: `gaphealer sql report` does, and its output replaces it.
  given     = var.coverage == null ? {} : { coverage = file(var.coverage.file) }
  templates = [for name, text in local.files : name if strcontains(text, "{%") && !contains(keys(local.given), name)]

  tables = {
    for name, text in local.plain : name => {
      columns     = regexall("(?m)^  (\\w+) ([A-Z0-9]+)( NOT NULL)?,?$", text)
      lines       = regexall("(?m)^  .*$", text)
      by_day      = one(regexall("\\nPARTITION BY DATE\\((\\w+)\\)", text)[*][0])
      by_range    = one(regexall("\\nPARTITION BY RANGE_BUCKET\\((\\w+), GENERATE_ARRAY\\((\\d+), (\\d+), (\\d+)\\)\\)", text))
      cluster_by  = try(split(", ", regex("\\nCLUSTER BY (.+)\\n", text)[0]), null)
      description = try(regex("description = '([^']+)'", text)[0], null)
    } if strcontains(text, "CREATE TABLE")
  }

  schemas = {
    for name, table in local.tables : name => [
      for column in table.columns : {
        name = column[0]
        type = lookup({ INT64 = "INTEGER", FLOAT64 = "FLOAT", BOOL = "BOOLEAN" }, column[1], column[1])
        mode = column[2] == null || column[2] == "" ? "NULLABLE" : "REQUIRED"
      }
    ]
  }

  views = {
    for name, text in local.plain : name => trimspace(replace(text, "/(?s)^\\s*CREATE OR REPLACE VIEW `[^`]+` AS\\n/", ""))
    if strcontains(text, "CREATE OR REPLACE VIEW") && !contains(local.templates, name)
  }

  # Views that read other views have to wait for those.
  upon_views = [
    for name, text in local.views : name
    if anytrue([for other in keys(local.views) : strcontains(text, "${var.project}.${var.dataset}.${other}`")])
  ]
}
