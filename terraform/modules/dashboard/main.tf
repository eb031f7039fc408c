# The dashboards: a function that reads the warehouse and shows it, and can do nothing else.

resource "google_storage_bucket_object" "bundle" {
  bucket         = var.bundle.bucket
  name           = "${var.name}-${var.bundle.sha256}.zip"
  source         = var.bundle.path
  source_md5hash = var.bundle.md5
}

resource "google_cloudfunctions2_function" "this" {
  project     = var.project
  location    = var.region
  name        = var.name
  description = "Gap healer: dashboards, read-only"

  build_config {
    runtime         = var.runtime
    entry_point     = "main"
    service_account = var.build

    source {
      storage_source {
        bucket = google_storage_bucket_object.bundle.bucket
        object = google_storage_bucket_object.bundle.name
      }
    }
  }

  service_config {
    available_memory                 = "512M"
    available_cpu                    = "1"
    timeout_seconds                  = 120
    max_instance_request_concurrency = 4
    min_instance_count               = 0
    max_instance_count               = 2 # each look is a query; whoever reloads for ever waits for himself
    ingress_settings                 = var.ingress
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.runtime.email
    environment_variables            = { GOOGLE_CLOUD_PROJECT = var.project, AUTH_MODE = "iam" }
  }
}

resource "google_service_account" "runtime" {
  project      = var.project
  account_id   = var.account_id
  display_name = "Gap healer: dashboards"
}

resource "google_project_iam_member" "runtime_asks" {
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.runtime.member
}

resource "google_bigquery_dataset_iam_member" "runtime_reads" {
  for_each = var.readable

  project    = each.value.project
  dataset_id = each.value.dataset
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.runtime.member
}

resource "google_cloud_run_v2_service_iam_member" "looks" {
  for_each = toset(var.viewers)

  project  = var.project
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.key
}
