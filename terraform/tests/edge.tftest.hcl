# One edge by itself: what is set on each thing that it is made of.

mock_provider "google" {
  mock_resource "google_cloudfunctions2_function" {
    defaults = {
      service_config = { uri = "https://the-service.run.app" }
    }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "runtime@a-project.iam.gserviceaccount.com"
      member = "serviceAccount:runtime@a-project.iam.gserviceaccount.com"
    }
  }
}

variables {
  project = "a-project"
  region  = "us-east1"
  edge = {
    name          = "phase2_to_phase3"
    pipeline      = "nba"
    account_id    = "nba-p2-p3"
    trigger_topic = "projects/a-project/topics/trigger"
    completions = {
      raw-complete       = "projects/a-project/topics/raw-complete"
      analytics-complete = "projects/a-project/topics/analytics-complete"
    }
  }
  bundle   = { path = "bundle.zip", sha256 = "5ha", md5 = "m5", bucket = "bundles" }
  function = { runtime = "python313", memory = "512M", cpu = 1, max_instances = 3, ingress = "ALLOW_INTERNAL_ONLY" }
  accounts = {
    push     = { email = "push@x", member = "serviceAccount:push@x" }
    schedule = { email = "schedule@x", member = "serviceAccount:schedule@x" }
    build    = "projects/a-project/serviceAccounts/build@x"
    pubsub   = "serviceAccount:service-123456@gcp-sa-pubsub.iam.gserviceaccount.com"
  }
  operators = ["user:ada@example.com", "serviceAccount:ci@x"]
  readable = {
    raw       = { project = "a-project", dataset = "nba_raw" }
    analytics = { project = "elsewhere", dataset = "nba_analytics" }
  }
  ledger   = "nba_orchestration"
  schedule = { scan = "7 * * * *", sweep = "37 9 * * *", time_zone = "Etc/UTC", paused = false }
}

run "one_edge" {
  module {
    source = "./modules/edge"
  }

  assert {
    condition     = strcontains(google_storage_bucket_object.bundle.name, "5ha") && google_storage_bucket_object.bundle.source_md5hash == "m5"
    error_message = "The name of the bundle is to carry its hash: under a fixed name new code is not deployed."
  }

  assert {
    condition = (
      google_cloudfunctions2_function.this.build_config[0].entry_point == "main" &&
      google_cloudfunctions2_function.this.build_config[0].service_account == var.accounts.build &&
      google_cloudfunctions2_function.this.service_config[0].service_account_email == google_service_account.runtime.email &&
      length(google_cloudfunctions2_function.this.event_trigger) == 0
    )
    error_message = "The function is to be called over HTTP, to be built as one account and to work as another."
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "The function is to be closed to the world unless it is opened."
  }

  assert {
    condition = google_cloudfunctions2_function.this.service_config[0].environment_variables == tomap({
      EDGE                 = "phase2_to_phase3"
      GOOGLE_CLOUD_PROJECT = "a-project"
      AUTH_MODE            = "iam"
      ALLOWED_PUSH         = "push@x"
      ALLOWED_SCAN         = "schedule@x"
      ALLOWED_OPERATORS    = "ada@example.com,ci@x"
    })
    error_message = "The function's environment is to be what shared/config/settings.py reads."
  }

  assert {
    condition     = length(google_cloudfunctions2_function.this.service_config[0].secret_environment_variables) == 0
    error_message = "Without a webhook there is to be no secret."
  }

  # Pub/Sub

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.push_config[0].push_endpoint == "https://the-service.run.app/" &&
      subscription.push_config[0].oidc_token[0].audience == "https://the-service.run.app" &&
      subscription.push_config[0].oidc_token[0].service_account_email == "push@x"
    ])
    error_message = "Completions are to be pushed to the service by the account for that, with the service's URL as the audience."
  }

  assert {
    condition     = alltrue([for topic, subscription in google_pubsub_subscription.push : subscription.topic == var.edge.completions[topic]])
    error_message = "Each completion topic is to have its subscription."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.retry_policy[0].minimum_backoff == "10s" && subscription.retry_policy[0].maximum_backoff == "600s" &&
      subscription.dead_letter_policy[0].max_delivery_attempts == 10
    ])
    error_message = "A push that fails is to be tried again ever later, and given up after ten times."
  }

  assert {
    condition = alltrue([
      for subscription in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.dead_letters)) :
      subscription.expiration_policy[0].ttl == ""
    ])
    error_message = "No subscription is to expire: an off-season is longer than 31 days."
  }

  assert {
    condition = (
      toset(keys(google_pubsub_topic.dead_letters)) == toset(keys(var.edge.completions)) && alltrue([
        for topic, dead in google_pubsub_topic.dead_letters :
        google_pubsub_subscription.push[topic].dead_letter_policy[0].dead_letter_topic == dead.id &&
        google_pubsub_subscription.dead_letters[topic].topic == dead.id &&
        google_pubsub_subscription.dead_letters[topic].message_retention_duration == "2678400s" &&
        length(google_pubsub_subscription.dead_letters[topic].push_config) == 0
      ])
    )
    error_message = "Dead letters are to be kept by a subscription of their own for 31 days, or they are lost."
  }

  assert {
    condition = alltrue([
      for topic, dead in google_pubsub_topic.dead_letters :
      google_pubsub_topic_iam_member.pubsub_forwards[topic].topic == dead.id &&
      google_pubsub_topic_iam_member.pubsub_forwards[topic].role == "roles/pubsub.publisher" &&
      google_pubsub_topic_iam_member.pubsub_forwards[topic].member == var.accounts.pubsub &&
      google_pubsub_subscription_iam_member.pubsub_acknowledges[topic].subscription == google_pubsub_subscription.push[topic].name &&
      google_pubsub_subscription_iam_member.pubsub_acknowledges[topic].role == "roles/pubsub.subscriber" &&
      google_pubsub_subscription_iam_member.pubsub_acknowledges[topic].member == var.accounts.pubsub
    ])
    error_message = "Pub/Sub needs both rights to forward dead letters, and says nothing when it lacks one."
  }

  # Cloud Scheduler

  assert {
    condition = (
      base64decode(google_cloud_scheduler_job.this["scan"].http_target[0].body) == "{}" &&
      base64decode(google_cloud_scheduler_job.this["sweep"].http_target[0].body) == "{\"sweep\":true}" &&
      google_cloud_scheduler_job.this["scan"].schedule == "7 * * * *" &&
      google_cloud_scheduler_job.this["sweep"].schedule == "37 9 * * *"
    )
    error_message = "One job is to scan, the other to sweep."
  }

  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.this :
      job.http_target[0].uri == "https://the-service.run.app/scan-gaps" && job.http_target[0].http_method == "POST" &&
      job.http_target[0].headers["Content-Type"] == "application/json" &&
      job.http_target[0].oidc_token[0].audience == "https://the-service.run.app" &&
      job.http_target[0].oidc_token[0].service_account_email == "schedule@x" &&
      job.retry_config[0].retry_count > 0 && !job.paused
    ])
    error_message = "Jobs are to ask as JSON, as the account for that, with the service's URL as the audience, and again if need be."
  }

  # Time

  assert {
    condition = (
      jsondecode(file("tests/facts.json")).deadlines.completion < google_pubsub_subscription.push["raw-complete"].ack_deadline_seconds &&
      google_pubsub_subscription.push["raw-complete"].ack_deadline_seconds <= google_cloudfunctions2_function.this.service_config[0].timeout_seconds &&
      jsondecode(file("tests/facts.json")).deadlines.scan < google_cloudfunctions2_function.this.service_config[0].timeout_seconds &&
      google_cloudfunctions2_function.this.service_config[0].timeout_seconds < tonumber(trimsuffix(google_cloud_scheduler_job.this["scan"].attempt_deadline, "s")) &&
      google_cloud_scheduler_job.this["scan"].attempt_deadline == google_cloud_scheduler_job.this["sweep"].attempt_deadline
    )
    error_message = "Whoever asks must not give up before those who answer."
  }

  # Access

  assert {
    condition = { for key, grant in google_cloud_run_v2_service_iam_member.calls : grant.member => grant.role } == {
      "serviceAccount:push@x"     = "roles/run.invoker"
      "serviceAccount:schedule@x" = "roles/run.invoker"
      "user:ada@example.com"      = "roles/run.invoker"
      "serviceAccount:ci@x"       = "roles/run.invoker"
    }
    error_message = "Nobody else is to call the function."
  }

  assert {
    condition     = alltrue([for grant in google_cloud_run_v2_service_iam_member.calls : grant.name == google_cloudfunctions2_function.this.name])
    error_message = "Who may call is to be said on the service beneath the function."
  }

  assert {
    condition = (
      google_project_iam_member.runtime_asks.role == "roles/bigquery.jobUser" &&
      { for grant in google_bigquery_dataset_iam_member.runtime_reads : "${grant.project}.${grant.dataset_id}" => grant.role } == {
        "a-project.nba_raw"       = "roles/bigquery.dataViewer"
        "elsewhere.nba_analytics" = "roles/bigquery.dataViewer"
      } &&
      google_bigquery_dataset_iam_member.runtime_writes_ledger.dataset_id == "nba_orchestration" &&
      google_bigquery_dataset_iam_member.runtime_writes_ledger.role == "roles/bigquery.dataEditor" &&
      google_pubsub_topic_iam_member.runtime_triggers.topic == var.edge.trigger_topic &&
      google_pubsub_topic_iam_member.runtime_triggers.role == "roles/pubsub.publisher"
    )
    error_message = "The edge is to read what the pipeline names, to write the ledger, to publish its own triggers, and nothing else."
  }
}

run "with_a_webhook" {
  command = plan

  module {
    source = "./modules/edge"
  }

  variables {
    webhook = { secret = "chat", hosts = ["chat.example.com", "hooks.example.com"] }
  }

  assert {
    condition = (
      google_cloudfunctions2_function.this.service_config[0].secret_environment_variables[0].key == "ALERT_WEBHOOK" &&
      google_cloudfunctions2_function.this.service_config[0].secret_environment_variables[0].secret == "chat" &&
      google_secret_manager_secret_iam_member.runtime_reads_webhook[0].secret_id == "chat"
    )
    error_message = "The webhook is to come from the secret, which the edge's account may read."
  }
}

run "an_edge_with_another_name" {
  command = plan

  module {
    source = "./modules/edge"
  }

  variables {
    edge = { name = "2-3", pipeline = "nba", account_id = "p", trigger_topic = "t", completions = {} }
  }

  expect_failures = [var.edge]
}
