# What people are told.

mock_provider "google" {}

variables {
  project  = "a-project"
  pipeline = "nba"
  services = "^nba-phase[0-9]+-to-phase[0-9]+$"
  edges = {
    phase2_to_phase3 = { function = "nba-phase2-to-phase3", dead_letters = ["a-dead-letters", "b-dead-letters"] }
    phase3_to_phase4 = { function = "nba-phase3-to-phase4", dead_letters = [] }
  }
  lag_days = 5
  emails   = ["oncall@example.com"]
  channels = ["projects/a-project/notificationChannels/1"]
}

run "policies" {
  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = alltrue([
      for event in ["gaps_escalated", "breaker_open", "publish_failed"] :
      strcontains(google_monitoring_alert_policy.told[event].conditions[0].condition_matched_log[0].filter, "jsonPayload.event=\"${event}\"")
    ])
    error_message = "Escalations, an open breaker and failed publishes are to be told."
  }

  assert {
    condition = (
      endswith(google_monitoring_alert_policy.told["lag"].conditions[0].condition_matched_log[0].filter, "jsonPayload.lag_days>5") &&
      alltrue([for part in ["jsonPayload.source=\"scan\"", "jsonPayload.dry_run=false", "jsonPayload.sweep=false"] :
      strcontains(google_monitoring_alert_policy.told["lag"].conditions[0].condition_matched_log[0].filter, part)])
    )
    error_message = "The lag of scheduled scans is to be told, of nothing else, and when it is too long."
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.told : can(regex("^[0-9]+s$", policy.alert_strategy[0].notification_rate_limit[0].period))])
    error_message = "A policy on lines is refused without a limit of its rate."
  }

  assert {
    condition = toset(keys(google_monitoring_alert_policy.silent)) == toset(keys(var.edges)) && alltrue([
      for name, policy in google_monitoring_alert_policy.silent :
      policy.conditions[0].condition_absent[0].duration == "9000s" &&
      strcontains(policy.conditions[0].condition_absent[0].filter, "metric.labels.edge=\"${name}\"") &&
      policy.conditions[1].condition_threshold[0].aggregations[0].alignment_period == "9000s"
    ])
    error_message = "Each edge that is not scanned for two hours and a half is to be told."
  }

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.dead_letters)) == toset(["phase2_to_phase3"]) && length(google_monitoring_alert_policy.dead_letters["phase2_to_phase3"].conditions) == 2
    error_message = "Dead letters are to be told, each subscription's."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.told), values(google_monitoring_alert_policy.silent), values(google_monitoring_alert_policy.dead_letters)) :
      length(policy.notification_channels) == 2
    ])
    error_message = "All policies are to reach everybody who is to be told."
  }

  assert {
    condition = (
      google_logging_metric.this["lag_days"].value_extractor == "EXTRACT(jsonPayload.lag_days)" &&
      google_logging_metric.this["lag_days"].metric_descriptor[0].value_type == "DISTRIBUTION" &&
      google_logging_metric.this["scans"].metric_descriptor[0].value_type == "INT64" &&
      google_logging_metric.this["scans"].label_extractors["edge"] == "EXTRACT(jsonPayload.edge)"
    )
    error_message = "Scans are to be counted by edge, and their lag to be measured."
  }
}
