# Policies on what the functions cannot say: that they were not called, and that Pub/Sub gave up on them. One of each for
# every edge, so that one that is silent is not outweighed by those that talk.

resource "google_monitoring_alert_policy" "silent" {
  for_each = var.edges

  project               = var.project
  display_name          = "Gap healer, ${var.pipeline}: no scan of ${each.key}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels

  # Two scans missed. Monitoring tells "nothing came" apart from "zero came", and which of them a silent edge becomes
  # depends on how long the series has been there: either is the same to us.
  conditions {
    display_name = "Nothing for 2 h 30"

    condition_absent {
      filter   = local.scans_of[each.key]
      duration = "9000s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_DELTA"
      }
    }
  }

  conditions {
    display_name = "Zero for 2 h 30"

    condition_threshold {
      filter          = local.scans_of[each.key]
      comparison      = "COMPARISON_LT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period   = "9000s"
        per_series_aligner = "ALIGN_DELTA"
      }
    }
  }

  documentation {
    content   = "Cloud Scheduler stops a job on its own account without telling anybody. `gaphealer schedule list` shows the jobs, `status` the edge; lines of ${each.value.function} say why scans do not end."
    mime_type = "text/markdown"
  }

  depends_on = [google_logging_metric.this]
}

locals {
  # By the function's name, too: so the policies are made after the functions, and a metric needs a minute or two
  # before a policy may be built on it.
  scans_of = {
    for name, edge in var.edges : name => join(" AND ", [
      "resource.type=\"cloud_run_revision\"",
      "resource.labels.service_name=\"${edge.function}\"",
      "metric.type=\"logging.googleapis.com/user/${local.prefix}/scans\"",
      "metric.labels.edge=\"${name}\"",
    ])
  }
}

resource "google_monitoring_alert_policy" "dead_letters" {
  for_each = { for name, edge in var.edges : name => edge if length(edge.dead_letters) > 0 }

  project               = var.project
  display_name          = "Gap healer, ${var.pipeline}: dead letters of ${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels

  dynamic "conditions" {
    for_each = each.value.dead_letters

    content {
      display_name = conditions.value

      condition_threshold {
        filter          = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${conditions.value}\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
        comparison      = "COMPARISON_GT"
        threshold_value = 0
        duration        = "0s"

        aggregations {
          alignment_period   = "300s"
          per_series_aligner = "ALIGN_MAX"
        }
      }
    }
  }

  documentation {
    content   = "Pub/Sub gave up on completions. `gaphealer dead-letters list` and `show`; what they told the next scan finds by itself, and `redrive` makes it sooner."
    mime_type = "text/markdown"
  }
}
