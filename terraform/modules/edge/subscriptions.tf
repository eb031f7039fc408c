# The edge hears the completions of both its phases: those of the upper one open gaps, those of the lower one close
# them. Names follow shared/core/names.py, by which the command line finds them again.

locals {
  subscriptions = { for topic in keys(var.edge.completions) : topic => "${var.edge.name}-on-${topic}" }
  long          = "2678400s" # 31 days, the longest there is
}

resource "google_pubsub_subscription" "push" {
  for_each = var.edge.completions

  project                    = var.project
  name                       = local.subscriptions[each.key]
  topic                      = each.value
  ack_deadline_seconds       = local.ack_deadline
  retain_acked_messages      = true # so that `gaphealer replay` has something to seek to, whoever owns the topic
  message_retention_duration = "604800s"

  # For a push the audience is by default the endpoint with its path; the service knows itself by its URL alone.
  push_config {
    push_endpoint = "${local.url}/"

    oidc_token {
      service_account_email = var.accounts.push.email
      audience              = local.url
    }
  }

  # With ten attempts about 40 minutes: then it is a dead letter, and the next scan finds what it would have told.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters[each.key].id
    max_delivery_attempts = 10
  }

  # Never. By default a subscription is deleted after 31 days without a push, and an off-season is longer.
  expiration_policy {
    ttl = ""
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.calls,
    google_pubsub_subscription.dead_letters, # what arrives at a topic that nobody reads is lost
  ]
}

resource "google_pubsub_topic" "dead_letters" {
  for_each = local.subscriptions

  project = var.project
  name    = "${each.value}-dead-letters"
}

resource "google_pubsub_subscription" "dead_letters" {
  for_each = local.subscriptions

  project                    = var.project
  name                       = "${each.value}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = local.long

  expiration_policy {
    ttl = ""
  }
}

# Without both of these Pub/Sub forwards nothing, and says nothing. They come after the subscriptions, because Pub/Sub's
# account appears in a project no sooner than somebody uses Pub/Sub there.
resource "google_pubsub_topic_iam_member" "pubsub_forwards" {
  for_each = google_pubsub_topic.dead_letters

  project = var.project
  topic   = each.value.id
  role    = "roles/pubsub.publisher"
  member  = var.accounts.pubsub

  depends_on = [google_pubsub_subscription.push]
}

resource "google_pubsub_subscription_iam_member" "pubsub_acknowledges" {
  for_each = google_pubsub_subscription.push

  project      = var.project
  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = var.accounts.pubsub
}
