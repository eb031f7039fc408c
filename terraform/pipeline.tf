# What pipeline.yaml comes to: edges, topics and datasets. Nothing else here knows the names of phases.

locals {
  repository    = "${path.module}/.."
  pipeline_file = coalesce(var.pipeline_file, "${local.repository}/pipeline.yaml")
  pipeline      = yamldecode(file(local.pipeline_file))

  # An edge is two phases in a row; names follow shared/core/names.py, and a test holds the two equal.
  edges = {
    for number in range(length(local.pipeline.phases) - 1) :
    "phase${local.pipeline.phases[number].phase}_to_phase${local.pipeline.phases[number + 1].phase}" => {
      number        = number
      short         = "p${local.pipeline.phases[number].phase}-p${local.pipeline.phases[number + 1].phase}"
      trigger_topic = local.pipeline.phases[number + 1].trigger_topic
      completion_topics = distinct([
        for phase in slice(local.pipeline.phases, number, number + 2) : phase.completion_topic
        if try(phase.completion_topic, null) != null
      ])
    }
  }

  completion_topics = distinct([for phase in local.pipeline.phases : phase.completion_topic if try(phase.completion_topic, null) != null])
  trigger_topics    = distinct([for phase in local.pipeline.phases : phase.trigger_topic if try(phase.trigger_topic, null) != null])

  # `dataset.table`, or `project.dataset.table` for what lives elsewhere.
  ledger = "${replace(local.pipeline.pipeline, "-", "_")}_orchestration"
  refs = [for table in distinct(compact(concat(
    [try(local.pipeline.calendar.table, null)],
    flatten([for phase in local.pipeline.phases : phase.tables[*].table]),
  ))) : split(".", length(split(".", table)) == 2 ? "${var.project}.${table}" : table)]
  sources = {
    for home in distinct([for ref in local.refs : { project = ref[0], dataset = ref[1] }]) :
    "${home.project}.${home.dataset}" => home if home.dataset != local.ledger
  }

  # Names of functions and buckets know no _ and no capitals; account ids have 30 characters, of which an edge takes 12.
  slug    = lower(replace(local.pipeline.pipeline, "_", "-"))
  account = length(local.slug) <= 15 ? local.slug : "${trimsuffix(substr(local.slug, 0, 10), "-")}-${substr(sha256(local.slug), 0, 4)}"
}

resource "terraform_data" "plausible" {
  lifecycle {
    precondition {
      condition     = length(setsubtract(var.topics.existing, concat(local.completion_topics, local.trigger_topics))) == 0
      error_message = "Of topics.existing the pipeline does not know ${join(", ", setsubtract(var.topics.existing, concat(local.completion_topics, local.trigger_topics)))}; a misspelt name would be created instead of found."
    }

    precondition {
      condition     = alltrue([for name in keys(local.edges) : length("${local.slug}-${name}") <= 63])
      error_message = "The name of the pipeline is too long: with that of an edge behind it, it must fit into the 63 characters of a function's name."
    }
  }
}
