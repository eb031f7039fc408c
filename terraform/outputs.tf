output "functions" {
  description = "By edge: name, URL and account of its function."
  value       = { for name, edge in module.edge : name => edge.function }
}

output "via_http" {
  description = "What `gaphealer scan` and `gaphealer backfill` take as --via-http, one for each edge."
  value       = [for name, edge in module.edge : "${name}=${edge.function.url}"]
}

output "subscriptions" {
  description = "By edge: the subscriptions on which it hears completions."
  value       = { for name, edge in module.edge : name => edge.subscriptions }
}

output "dead_letters" {
  description = "By edge: the subscriptions that keep what Pub/Sub gave up on; `gaphealer dead-letters` reads them."
  value       = { for name, edge in module.edge : name => edge.dead_letters }
}

output "jobs" {
  description = "By edge: the jobs of Cloud Scheduler; `gaphealer schedule` pauses, resumes and runs them."
  value       = { for name, edge in module.edge : name => edge.jobs }
}

output "topics" {
  description = "The pipeline's topics by name: processors subscribe to the trigger topics and publish to the completion topics."
  value       = local.topic_ids
}

output "ledger" {
  description = "The dataset with what happened: `data_gaps`, `current_gaps` and `healing_metrics` are for reports."
  value       = "${var.project}.${module.ledger.dataset}"
}

output "dashboard" {
  description = "Where the dashboards are; null without any."
  value       = one(module.dashboard[*].url)
}
