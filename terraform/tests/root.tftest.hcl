# The whole, over pipelines that differ. What it has to be called is in facts.json, which the Python code wrote.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456" }
  }
}

override_module {
  target = module.bundle
  outputs = {
    path   = "bundle.zip"
    sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    md5    = "0123456789abcdef0123456789abcdef"
  }
}

variables {
  project = "a-project"
  region  = "us-east1"
}

run "shipped_pipeline" {
  variables {
    operators = ["user:ada@example.com"]
    dashboard = { viewers = ["group:people@example.com"] }
  }

  assert {
    condition = jsonencode({ for name, edge in output.functions : name => edge.name }) == jsonencode({
      for name, edge in jsondecode(file("tests/facts.json")).pipelines.shipped.edges : name => edge.function
    })
    error_message = "There is to be one function per edge, called as shared/core/names.py says."
  }

  assert {
    condition = alltrue([
      for name, edge in jsondecode(file("tests/facts.json")).pipelines.shipped.edges :
      toset(output.subscriptions[name]) == toset(edge.subscriptions) && toset(output.dead_letters[name]) == toset(edge.dead_letters)
    ])
    error_message = "Each edge is to hear the completions of both its phases, on subscriptions called as shared/core/names.py says."
  }

  assert {
    condition     = alltrue([for name, edge in jsondecode(file("tests/facts.json")).pipelines.shipped.edges : jsonencode(output.jobs[name]) == jsonencode(edge.jobs)])
    error_message = "Each edge is to have the jobs that `gaphealer schedule` looks for."
  }

  assert {
    condition     = toset(keys(output.topics)) == toset(jsondecode(file("tests/facts.json")).pipelines.shipped.topics)
    error_message = "Every topic of the pipeline is to be there."
  }

  assert {
    condition     = toset(keys(local.sources)) == toset(jsondecode(file("tests/facts.json")).pipelines.shipped.sources)
    error_message = "The datasets that may be read are to be those that the pipeline names."
  }

  assert {
    condition     = output.ledger == "a-project.${jsondecode(file("tests/facts.json")).pipelines.shipped.ledger}"
    error_message = "The ledger is to be where the code looks for it."
  }

  assert {
    condition = (
      toset(keys(google_pubsub_topic.completion)) == toset(local.completion_topics) &&
      alltrue([for topic in google_pubsub_topic.completion : topic.message_retention_duration == "2678400s"])
    )
    error_message = "Completions are to be kept for 31 days, so that they can be replayed."
  }

  # Eight accounts: three that call or build, one for each of four edges, one for the dashboards.
  assert {
    condition = length(toset(concat(
      [for account in google_service_account.caller : account.account_id],
      [for edge in local.edges : "${local.account}-${edge.short}"],
      ["${local.account}-dashboard"],
    ))) == 8
    error_message = "Nobody is to share an account with anybody."
  }

  assert {
    condition     = alltrue([for id in keys(local.edges) : length("${local.account}-${local.edges[id].short}") <= 30])
    error_message = "Ids of accounts have at most 30 characters."
  }

  assert {
    condition     = tonumber(trimprefix(var.function.runtime, "python3")) >= tonumber(trimprefix(jsondecode(file("tests/facts.json")).python, "python3"))
    error_message = "The runtime is older than pyproject.toml asks for."
  }

  assert {
    condition     = var.function.ingress == "ALLOW_INTERNAL_ONLY"
    error_message = "Functions are to be closed to the world unless somebody opens them."
  }

  assert {
    condition     = length(toset(values(local.minutes))) == length(local.edges) && !contains(values(local.minutes), 0)
    error_message = "Edges are to be scanned one after another, and not when everybody's jobs run."
  }

  assert {
    condition     = google_storage_bucket.bundles.public_access_prevention == "enforced" && google_storage_bucket.bundles.uniform_bucket_level_access
    error_message = "Nobody is to be able to open the bundles to the public."
  }

  assert {
    condition     = alltrue([for api in google_project_service.apis : api.disable_on_destroy == false])
    error_message = "What others use must stay on."
  }

  assert {
    condition = (
      toset([for grant in google_project_iam_member.build : grant.role]) == toset(["roles/artifactregistry.writer", "roles/logging.logWriter"]) &&
      strcontains(google_project_iam_member.build_reads_copies.condition[0].expression, "gcf-v2-sources-")
    )
    error_message = "Who builds is to have no more rights than that takes."
  }

  assert {
    condition     = length(module.dashboard) == 1 && toset(keys(module.bundle)) == toset(["dashboard", "orchestrator"])
    error_message = "The dashboards were asked for, and have a bundle of their own."
  }
}

run "two_phases" {
  command = plan

  variables {
    pipeline_file = "tests/pipelines/two_phases.yaml"
    warehouse     = { create_datasets = true }
    topics        = { existing = ["shop-revenue-trigger"] }
  }

  assert {
    condition     = keys(local.edges) == keys(jsondecode(file("tests/facts.json")).pipelines.two_phases.edges)
    error_message = "Two phases are one edge."
  }

  assert {
    condition     = { for name, edge in module.edge : name => edge.function.name } == { for name, edge in jsondecode(file("tests/facts.json")).pipelines.two_phases.edges : name => edge.function }
    error_message = "A function's name is to know no _ and no capitals, as shared/core/names.py says."
  }

  assert {
    condition     = toset(keys(local.sources)) == toset(jsondecode(file("tests/facts.json")).pipelines.two_phases.sources)
    error_message = "A table of another project is to be read there."
  }

  assert {
    condition     = toset(keys(google_bigquery_dataset.source)) == toset(["a-project.shop_calendar", "a-project.shop_mart"])
    error_message = "Datasets are to be made in this project only."
  }

  assert {
    condition     = length(google_pubsub_topic.trigger) == 0 && output.topics["shop-revenue-trigger"] == "projects/a-project/topics/shop-revenue-trigger"
    error_message = "A topic that exists is to be used and not made."
  }

  assert {
    condition     = length(module.dashboard) == 0 && toset(keys(module.bundle)) == toset(["orchestrator"])
    error_message = "Dashboards that nobody asked for are not to be there."
  }

  assert {
    condition     = local.account == "shop-sales-2" && local.ledger == jsondecode(file("tests/facts.json")).pipelines.two_phases.ledger
    error_message = "The names of accounts and of the ledger are to follow from the pipeline's."
  }
}

run "one_phase_more" {
  command = plan

  variables {
    pipeline_file = "tests/pipelines/three_phases.yaml"
  }

  assert {
    condition     = length(local.edges) == 2 && toset(keys(module.edge)) == toset(keys(jsondecode(file("tests/facts.json")).pipelines.three_phases.edges))
    error_message = "A phase more in pipeline.yaml is to be an edge more, and that is all."
  }

  assert {
    condition     = alltrue([for name, edge in jsondecode(file("tests/facts.json")).pipelines.three_phases.edges : jsonencode(module.edge[name].jobs) == jsonencode(edge.jobs)])
    error_message = "The new edge is to be scanned like the others."
  }

  assert {
    condition     = toset(keys(output.topics)) == toset(jsondecode(file("tests/facts.json")).pipelines.three_phases.topics)
    error_message = "The new phase is to have its topics."
  }
}

run "a_topic_that_the_pipeline_does_not_know" {
  command = plan

  variables {
    topics = { existing = ["nba-phase3-triger"] }
  }

  expect_failures = [terraform_data.plausible]
}
