# What people get wrong is refused before anything is planned.

mock_provider "google" {}

override_module {
  target  = module.bundle
  outputs = { path = "bundle.zip", sha256 = "0", md5 = "0" }
}

variables {
  project = "a-project"
  region  = "us-east1"
}

run "everything_at_once" {
  command = plan

  variables {
    project   = "My Project"
    region    = "everywhere"
    operators = ["allUsers"]
    warehouse = { location = "Mars", coverage_view = "no/such/file.sql" }
    topics    = { existing = ["projects/p/topics/t"] }
    schedule  = { first_minute = 60, sweep_hour = 24 }
    function  = { runtime = "python310", memory = "much", cpu = 0.5, ingress = "ALLOW_EVERYTHING" }
    alerts    = { emails = ["oncall"], channels = ["oncall"], lag_days = 0.5, webhook_secret = "https://hooks.example.com" }
    dashboard = { viewers = ["allAuthenticatedUsers"] }
  }

  expect_failures = [
    var.project, var.region, var.operators, var.warehouse, var.topics, var.schedule, var.function, var.alerts, var.dashboard,
  ]
}

run "operators_by_group" {
  command = plan

  variables {
    operators = ["group:oncall@example.com"]
  }

  expect_failures = [var.operators]
}

run "dashboards_for_everybody" {
  command = plan

  variables {
    dashboard = { viewers = ["allUsers"] }
  }

  expect_failures = [var.dashboard]
}

run "no_pipeline" {
  command = plan

  variables {
    pipeline_file = "README.md"
  }

  expect_failures = [var.pipeline_file]
}
