# The APIs that are used. They stay on when this goes: others in the project may have come to need them.

resource "google_project_service" "apis" {
  for_each = toset(concat(
    [
      "artifactregistry", "bigquery", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler",
      "iam", "logging", "monitoring", "pubsub", "run", "storage",
    ],
    var.alerts.webhook_secret == null ? [] : ["secretmanager"],
  ))

  project            = var.project
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

# Read once the APIs are on: its number is part of the name of Pub/Sub's own account.
data "google_project" "this" {
  project_id = var.project

  depends_on = [google_project_service.apis]
}
