# Policies on what the functions say themselves. They look at the lines and not at a metric of them, so that they work from
# the first minute, and the message shows the line with the tables and dates that are meant.

locals {
  told = {
    lag = {
      title    = "more than ${var.lag_days} days behind"
      severity = "WARNING"
      filter   = "${local.scans} jsonPayload.sweep=false jsonPayload.lag_days>${var.lag_days}"
      period   = "21600s"
      advice   = "`gaphealer status` shows where it is stuck, `gaphealer explain DATE` why. Slices that will never come: `gaphealer waive`."
    }
    gaps_escalated = {
      title    = "slices are handed to a person"
      severity = "WARNING"
      advice   = "They are too old, or their attempts are used up. `gaphealer explain DATE`; what is to be healed after all: `gaphealer backfill`."
    }
    breaker_open = {
      title    = "nothing heals any more"
      severity = "ERROR"
      advice   = "Triggers go out and nothing appears in the tables. Look at the processors; one probe a scan goes on, and opens the way by itself."
    }
    publish_failed = {
      title    = "triggers cannot be published"
      severity = "ERROR"
      advice   = "The request answers 503 and comes again. If it goes on: is the trigger topic there, and may the edge's account publish to it?"
    }
    warehouse_failed = {
      title    = "the warehouse does not answer as it should"
      severity = "WARNING"
      period   = "3600s"
      advice   = "The request answers 503 and comes again. If it goes on: `gaphealer validate --live`."
    }
    request_failed = {
      title    = "something nobody foresaw"
      severity = "ERROR"
      advice   = "A bug; the line has the stack trace."
    }
    caller_refused = {
      title    = "callers are refused"
      severity = "WARNING"
      period   = "3600s"
      advice   = "The line says who, where that is known. Were accounts or `operators` changed? If it is Pub/Sub: `gaphealer dead-letters redrive` afterwards."
    }
    message_quarantined = {
      title    = "a message that nobody could read"
      severity = "WARNING"
      advice   = "`gaphealer quarantine list` and `show`; when its publisher is mended, `redrive`."
    }
    alert_failed = {
      title    = "the webhook does not take messages"
      severity = "WARNING"
      period   = "21600s"
      advice   = "Escalations do not reach the chat; each scan tries again."
    }
  }
}

resource "google_monitoring_alert_policy" "told" {
  for_each = local.told

  project               = var.project
  display_name          = "Gap healer, ${var.pipeline}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter           = try(each.value.filter, "${local.lines} jsonPayload.event=\"${each.key}\"")
      label_extractors = { edge = "EXTRACT(jsonPayload.edge)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = try(each.value.period, "900s")
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}
