# The function of one edge. It has no trigger: Pub/Sub and Cloud Scheduler call it over HTTP, each as somebody.

locals {
  # Kebab case, so that the service beneath has the same name.
  name = lower(replace("${var.edge.pipeline}-${var.edge.name}", "_", "-"))
  url  = google_cloudfunctions2_function.this.service_config[0].uri
}

# The hash is in the name: under a name that stays the same, new code would not be deployed.
resource "google_storage_bucket_object" "bundle" {
  bucket         = var.bundle.bucket
  name           = "${local.name}-${var.bundle.sha256}.zip"
  source         = var.bundle.path
  source_md5hash = var.bundle.md5
}

resource "google_cloudfunctions2_function" "this" {
  project     = var.project
  location    = var.region
  name        = local.name
  description = "Gap healer: finds and heals what ${var.edge.name} of ${var.edge.pipeline} lacks"

  build_config {
    runtime         = var.function.runtime
    entry_point     = "main"
    service_account = var.accounts.build

    source {
      storage_source {
        bucket = google_storage_bucket_object.bundle.bucket
        object = google_storage_bucket_object.bundle.name
      }
    }
  }

  service_config {
    available_memory                 = var.function.memory
    available_cpu                    = tostring(var.function.cpu)
    timeout_seconds                  = local.timeout
    max_instance_request_concurrency = local.concurrency * floor(var.function.cpu)
    min_instance_count               = 0
    max_instance_count               = var.function.max_instances # no lock: one instance works at a time by its lease
    ingress_settings                 = var.function.ingress
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.runtime.email

    environment_variables = merge(
      {
        EDGE                 = var.edge.name
        GOOGLE_CLOUD_PROJECT = var.project
        AUTH_MODE            = "iam"
        ALLOWED_PUSH         = var.accounts.push.email
        ALLOWED_SCAN         = var.accounts.schedule.email
        ALLOWED_OPERATORS    = join(",", [for member in var.operators : split(":", member)[1]])
      },
      length(var.webhook.hosts) == 0 ? {} : { ALERT_HOSTS = join(",", var.webhook.hosts) },
    )

    dynamic "secret_environment_variables" {
      for_each = var.webhook.secret == null ? [] : [var.webhook.secret]

      content {
        key        = "ALERT_WEBHOOK"
        project_id = var.project
        secret     = secret_environment_variables.value
        version    = "latest"
      }
    }
  }

  # Cloud Run looks whether the account may read the secret before it starts anything.
  depends_on = [google_secret_manager_secret_iam_member.runtime_reads_webhook]
}
