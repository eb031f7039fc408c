# Who is who. No account has a key, and none but those who build has a right on the project beyond asking BigQuery.
# The account under which an edge works is made with the edge, and that of the dashboards with them.

locals {
  accounts = {
    push     = "Gap healer: what Pub/Sub pushes completions as"
    schedule = "Gap healer: what Cloud Scheduler asks for scans as"
    build    = "Gap healer: what Cloud Build builds functions as"
  }
}

resource "google_service_account" "caller" {
  for_each = local.accounts

  project      = var.project
  account_id   = "${local.account}-${each.key}"
  display_name = each.value

  depends_on = [google_project_service.apis]
}

resource "google_project_iam_member" "build" {
  for_each = toset(["roles/artifactregistry.writer", "roles/logging.logWriter"])

  project = var.project
  role    = each.key
  member  = google_service_account.caller["build"].member
}

resource "google_storage_bucket_iam_member" "build_reads_bundles" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.caller["build"].member
}

# The platform copies a bundle into a bucket of its own and builds from there. That bucket comes with the first
# function of a region, so nothing can be granted on it by name: the condition stands for the name.
resource "google_project_iam_member" "build_reads_copies" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.caller["build"].member

  condition {
    title      = "copies_of_bundles_only"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
  }
}
