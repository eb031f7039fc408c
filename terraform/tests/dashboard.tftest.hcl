# The dashboards by themselves: they read, and only those who were named look at them.

mock_provider "google" {}

variables {
  project    = "a-project"
  region     = "us-east1"
  name       = "nba-dashboard"
  account_id = "nba-dashboard"
  runtime    = "python313"
  ingress    = "ALLOW_ALL"
  viewers    = ["group:people@example.com"]
  build      = "projects/a-project/serviceAccounts/build@x"
  readable   = { raw = { project = "a-project", dataset = "nba_raw" }, ledger = { project = "a-project", dataset = "nba_orchestration" } }
  bundle     = { path = "bundle.zip", sha256 = "5ha", md5 = "m5", bucket = "bundles" }
}

run "dashboards" {
  module {
    source = "./modules/dashboard"
  }

  assert {
    condition = (
      google_project_iam_member.runtime_asks.role == "roles/bigquery.jobUser" &&
      toset([for grant in google_bigquery_dataset_iam_member.runtime_reads : "${grant.role} ${grant.dataset_id}"]) == toset([
        "roles/bigquery.dataViewer nba_raw", "roles/bigquery.dataViewer nba_orchestration",
      ])
    )
    error_message = "Dashboards are to read the pipeline and the ledger, and to write nothing."
  }

  assert {
    condition     = [for grant in google_cloud_run_v2_service_iam_member.looks : "${grant.role} ${grant.member}"] == ["roles/run.invoker group:people@example.com"]
    error_message = "Nobody else is to look."
  }

  assert {
    condition = (
      strcontains(google_storage_bucket_object.bundle.name, "5ha") &&
      google_cloudfunctions2_function.this.build_config[0].entry_point == "main" &&
      google_cloudfunctions2_function.this.service_config[0].service_account_email == google_service_account.runtime.email
    )
    error_message = "Dashboards are to be deployed like everything else, and to run as themselves."
  }
}
