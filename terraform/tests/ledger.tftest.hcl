# What modules/ledger understands of sql/, against what a parser and the templates make of the same files.

mock_provider "google" {}

variables {
  project  = "a-project"
  location = "EU"
  dataset  = "Shop_Sales_2_orchestration"
  timezone = "Europe/Zurich"
  sql      = "../sql"
  protect  = true
}

run "as_gaphealer_init_makes_it" {
  module {
    source = "./modules/ledger"
  }

  variables {
    coverage = {
      file            = "tests/pipelines/two_phases_coverage.sql"
      pipeline_sha256 = filesha256("tests/pipelines/two_phases.yaml")
    }
  }

  assert {
    condition = jsonencode(output.tables) == jsonencode({
      for name, table in jsondecode(file("tests/facts.json")).ledger.tables : name => {
        columns    = [for column in table.columns : { name = column.name, type = column.type, mode = column.mode }]
        by_day     = table.by_day
        by_range   = table.by_range
        cluster_by = table.cluster_by
      }
    })
    error_message = "The tables are not those of sql/schema."
  }

  assert {
    condition     = jsonencode(output.views) == jsonencode(jsondecode(file("tests/facts.json")).ledger.views)
    error_message = "The views are not those of sql/views."
  }

  assert {
    condition = alltrue([
      for view in concat(values(google_bigquery_table.view), values(google_bigquery_table.view_of_views)) :
      view.view[0].use_legacy_sql == false
    ])
    error_message = "Without this the API takes the SQL for its old dialect."
  }

  assert {
    condition     = toset(keys(google_bigquery_table.view)) == toset(["coverage", "data_gaps"]) && toset(keys(google_bigquery_table.view_of_views)) == toset(["current_gaps", "healing_metrics"])
    error_message = "A view is to be made after those that it reads."
  }

  assert {
    condition = (
      google_bigquery_table.table["gap_events"].time_partitioning[0].type == "DAY" &&
      google_bigquery_table.table["gap_events"].time_partitioning[0].field == "event_at" &&
      google_bigquery_table.table["gap_events"].clustering == tolist(["edge", "slice_date", "table_name"]) &&
      google_bigquery_table.table["leases"].range_partitioning[0].field == "phase_to" &&
      google_bigquery_table.table["leases"].range_partitioning[0].range[0].end == 100 &&
      jsondecode(google_bigquery_table.table["quarantine"].schema)[0] == { name = "received_at", type = "TIMESTAMP", mode = "REQUIRED" }
    )
    error_message = "What was understood is to be what is made."
  }

  assert {
    condition     = alltrue([for table in google_bigquery_table.table : table.deletion_protection])
    error_message = "What happened is not to be destroyed by mistake."
  }
}

run "without_the_view_of_the_pipelines_tables" {
  command = plan

  module {
    source = "./modules/ledger"
  }

  assert {
    condition     = !contains(keys(output.views), "coverage") && length(output.views) == length(jsondecode(file("tests/facts.json")).ledger.views) - 1
    error_message = "A template that nobody filled in is to be left out."
  }
}

run "the_view_of_another_pipeline" {
  command = plan

  module {
    source = "./modules/ledger"
  }

  variables {
    coverage = {
      file            = "tests/pipelines/two_phases_coverage.sql"
      pipeline_sha256 = filesha256("tests/pipelines/three_phases.yaml")
    }
  }

  expect_failures = [google_bigquery_table.view["coverage"]]
}

run "tables_that_are_not_understood" {
  command = plan

  module {
    source = "./modules/ledger"
  }

  variables {
    sql = "tests/odd_tables"
  }

  expect_failures = [google_bigquery_table.table["odd_column"], google_bigquery_table.table["odd_partition"]]
}

run "a_view_that_is_not_understood" {
  command = plan

  module {
    source = "./modules/ledger"
  }

  variables {
    sql = "tests/odd_view"
  }

  expect_failures = [google_bigquery_table.view["odd_view"]]
}
