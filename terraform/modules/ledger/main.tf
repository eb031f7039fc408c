# The ledger: what happened to each slice, who works on which edge, and what nobody could read.
#
# `gaphealer init` makes the same things, and afterwards finds nothing to do. The table `leases` is left empty: the first
# who works on an edge adds its row.

resource "google_bigquery_dataset" "this" {
  project     = var.project
  dataset_id  = var.dataset
  location    = var.location
  description = "Gap healer: what happened, and views of it for reports"
}

resource "google_bigquery_table" "table" {
  for_each = local.tables

  project             = var.project
  dataset_id          = google_bigquery_dataset.this.dataset_id
  table_id            = each.key
  description         = each.value.description
  schema              = jsonencode(local.schemas[each.key])
  clustering          = each.value.cluster_by
  deletion_protection = var.protect

  dynamic "time_partitioning" {
    for_each = each.value.by_day[*]

    content {
      type  = "DAY"
      field = time_partitioning.value
    }
  }

  dynamic "range_partitioning" {
    for_each = each.value.by_range == null ? [] : [each.value.by_range]

    content {
      field = range_partitioning.value[0]

      range {
        start    = tonumber(range_partitioning.value[1])
        end      = tonumber(range_partitioning.value[2])
        interval = tonumber(range_partitioning.value[3])
      }
    }
  }

  lifecycle {
    precondition {
      condition     = length(each.value.columns) > 0 && length(each.value.columns) == length(each.value.lines)
      error_message = "sql/schema/${each.key}.sql has a line that modules/ledger/statements.tf does not understand; each column is to be `  name TYPE` or `  name TYPE NOT NULL`."
    }

    precondition {
      condition     = strcontains(local.plain[each.key], "PARTITION BY") == (each.value.by_day != null || each.value.by_range != null)
      error_message = "sql/schema/${each.key}.sql is partitioned in a way that modules/ledger/statements.tf does not understand."
    }
  }
}

resource "google_bigquery_table" "view" {
  for_each = { for name, text in local.views : name => text if !contains(local.upon_views, name) }

  project             = var.project
  dataset_id          = google_bigquery_dataset.this.dataset_id
  table_id            = each.key
  deletion_protection = false # a view holds nothing

  view {
    query          = each.value
    use_legacy_sql = false
  }

  lifecycle {
    precondition {
      condition     = !strcontains(each.value, "{{")
      error_message = "sql/views/${each.key}.sql has a placeholder that modules/ledger/statements.tf does not know."
    }

    precondition {
      condition = each.key != "coverage" ? true : strcontains(local.given["coverage"], var.coverage.pipeline_sha256)
      error_message = join(" ", [
        "The view in ${try(var.coverage.file, "")} was made from another pipeline.yaml than the one in use.",
        "Make it anew: gaphealer sql report --file PIPELINE_FILE > ${try(var.coverage.file, "")}",
      ])
    }
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "view_of_views" {
  for_each = { for name, text in local.views : name => text if contains(local.upon_views, name) }

  project             = var.project
  dataset_id          = google_bigquery_dataset.this.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }

  lifecycle {
    precondition {
      condition     = !strcontains(each.value, "{{")
      error_message = "sql/views/${each.key}.sql has a placeholder that modules/ledger/statements.tf does not know."
    }

    precondition {
      condition     = !anytrue([for other in local.upon_views : strcontains(each.value, ".${other}`")])
      error_message = "sql/views/${each.key}.sql reads a view of views, for which modules/ledger does not wait."
    }
  }

  depends_on = [google_bigquery_table.view]
}
