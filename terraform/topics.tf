# The topics of the pipeline. What was published is kept as long as it can be, so that `gaphealer replay` can reach back
# over an outage; of existing topics their owner decides that.

resource "google_pubsub_topic" "completion" {
  for_each = setsubtract(local.completion_topics, var.topics.existing)

  project                    = var.project
  name                       = each.key
  message_retention_duration = "2678400s" # 31 days, the longest there is

  depends_on = [google_project_service.apis]
}

resource "google_pubsub_topic" "trigger" {
  for_each = setsubtract(local.trigger_topics, concat(local.completion_topics, var.topics.existing))

  project = var.project
  name    = each.key

  depends_on = [google_project_service.apis]
}

locals {
  topic_ids = merge(
    { for name in var.topics.existing : name => "projects/${var.project}/topics/${name}" },
    { for name, topic in merge(google_pubsub_topic.trigger, google_pubsub_topic.completion) : name => topic.id },
  )
}
