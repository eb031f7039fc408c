# The hourly scan, which finds what no message told, and the daily sweep over all history. Names follow `job_id` of
# shared/core/names.py. An edge that is busy answers 409 and one whose warehouse is away 503: both are tried again.

locals {
  jobs = {
    scan  = { cron = var.schedule.scan, body = {}, reach = "as far as lookback_days of pipeline.yaml say" }
    sweep = { cron = var.schedule.sweep, body = { sweep = true }, reach = "over all history" }
  }
}

resource "google_cloud_scheduler_job" "this" {
  for_each = local.jobs

  project          = var.project
  region           = var.region
  name             = "${var.edge.pipeline}-${var.edge.name}-${each.key}"
  description      = "Gap healer: looks for gaps of ${var.edge.name}, ${each.value.reach}"
  schedule         = each.value.cron
  time_zone        = var.schedule.time_zone
  paused           = var.schedule.paused
  attempt_deadline = "${local.attempt_deadline}s"

  http_target {
    uri         = "${local.url}/scan-gaps"
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode(each.value.body))

    oidc_token {
      service_account_email = var.accounts.schedule.email
      audience              = local.url
    }
  }

  retry_config {
    retry_count          = 3
    min_backoff_duration = "30s"
    max_backoff_duration = "300s"
  }

  depends_on = [google_cloud_run_v2_service_iam_member.calls]
}
