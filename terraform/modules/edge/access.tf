# What the edge may do, and who may call it. README.md lists every grant with its reason; a test compares the two.

resource "google_service_account" "runtime" {
  project      = var.project
  account_id   = var.edge.account_id
  display_name = "Gap healer: ${var.edge.name} of ${var.edge.pipeline}"
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

resource "google_bigquery_dataset_iam_member" "runtime_writes_ledger" {
  project    = var.project
  dataset_id = var.ledger
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.runtime.member
}

resource "google_pubsub_topic_iam_member" "runtime_triggers" {
  project = var.project
  topic   = var.edge.trigger_topic
  role    = "roles/pubsub.publisher"
  member  = google_service_account.runtime.member
}

resource "google_secret_manager_secret_iam_member" "runtime_reads_webhook" {
  count = var.webhook.secret == null ? 0 : 1

  project   = var.project
  secret_id = var.webhook.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime.member
}

# On the service, not through the function, where Google refuses the role. It opens every route; which caller may use
# which of them, the function decides by ALLOWED_PUSH, ALLOWED_SCAN and ALLOWED_OPERATORS.
resource "google_cloud_run_v2_service_iam_member" "calls" {
  for_each = merge(
    { push = var.accounts.push.member, schedule = var.accounts.schedule.member },
    { for member in var.operators : member => member },
  )

  project  = var.project
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
