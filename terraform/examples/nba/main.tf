# The repository's own pipeline, in a project where it has been running for years: datasets and topics are there, people
# are on duty, and a chat is told.

module "healer" {
  source = "../.."

  project   = "nba-props"
  region    = "us-west2"
  operators = ["user:oncall@example.com", "serviceAccount:backfills@nba-props.iam.gserviceaccount.com"]

  warehouse = { location = "us-west2" }

  # Who made these keeps them, and decides how long they keep what was published.
  topics = {
    existing = [
      "nba-phase2-raw-complete",
      "nba-phase3-trigger",
      "nba-phase3-analytics-complete",
      "nba-phase4-trigger",
      "nba-phase4-precompute-complete",
    ]
  }

  schedule = { sweep_hour = 5, time_zone = "America/New_York" }
  function = { ingress = "ALLOW_ALL" } # operators call from their desks; IAM asks them who they are

  alerts = {
    emails         = ["oncall@example.com"]
    lag_days       = 2
    webhook_secret = "gaphealer-webhook"
  }

  dashboard = { viewers = ["group:analysts@example.com"] }
}

output "via_http" {
  description = "Each of them is a --via-http of `gaphealer scan`."
  value       = module.healer.via_http
}

output "dashboard" {
  description = "Where the dashboards are."
  value       = module.healer.dashboard
}
