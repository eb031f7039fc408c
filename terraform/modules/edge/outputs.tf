output "function" {
  description = "Name, URL and account of the function."
  value = {
    name    = google_cloudfunctions2_function.this.name
    url     = local.url
    account = google_service_account.runtime.email
  }
}

output "subscriptions" {
  description = "Names of the subscriptions on which it hears completions."
  value       = [for subscription in google_pubsub_subscription.push : subscription.name]
}

output "dead_letters" {
  description = "Names of the subscriptions that keep what died there."
  value       = [for subscription in google_pubsub_subscription.dead_letters : subscription.name]
}

output "jobs" {
  description = "Names of its jobs, by kind."
  value       = { for kind, job in google_cloud_scheduler_job.this : kind => job.name }
}

output "timing" {
  description = "Seconds after which each of those who wait gives up."
  value = {
    ack_deadline     = local.ack_deadline
    timeout          = local.timeout
    attempt_deadline = local.attempt_deadline
  }
}
