# What people are told without asking; docs/alerts.md says what the events mean.

module "monitoring" {
  source = "./modules/monitoring"

  project  = var.project
  pipeline = local.pipeline.pipeline
  edges = {
    for name, edge in module.edge : name => {
      function     = edge.function.name
      dead_letters = edge.dead_letters
    }
  }
  lag_days = var.alerts.lag_days
  emails   = var.alerts.emails
  channels = var.alerts.channels
  services = "^${local.slug}-phase[0-9]+-to-phase[0-9]+$"

  depends_on = [google_project_service.apis]
}
