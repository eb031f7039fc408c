# The orchestrators, one function per edge, all from one bundle; and the dashboards from another.

resource "google_storage_bucket" "bundles" {
  project                     = var.project
  name                        = "${var.project}-${local.account}-bundles"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # all that is in it can be built again

  depends_on = [google_project_service.apis]
}

locals {
  minutes = { for name, edge in local.edges : name => (var.schedule.first_minute + edge.number * var.schedule.minutes_apart) % 60 }
}

module "bundle" {
  source   = "./modules/bundle"
  for_each = toset(var.dashboard == null ? ["orchestrator"] : ["orchestrator", "dashboard"])

  repository    = local.repository
  function      = each.key
  pipeline_file = local.pipeline_file
}

module "edge" {
  source   = "./modules/edge"
  for_each = local.edges

  project = var.project
  region  = var.region
  edge = {
    name          = each.key
    pipeline      = local.pipeline.pipeline
    account_id    = "${local.account}-${each.value.short}"
    trigger_topic = local.topic_ids[each.value.trigger_topic]
    completions   = { for name in each.value.completion_topics : name => local.topic_ids[name] }
  }
  bundle = {
    path   = module.bundle["orchestrator"].path
    sha256 = module.bundle["orchestrator"].sha256
    md5    = module.bundle["orchestrator"].md5
    bucket = google_storage_bucket.bundles.name
  }
  function  = var.function
  readable  = local.readable
  ledger    = module.ledger.dataset
  operators = var.operators
  accounts = {
    push     = { email = google_service_account.caller["push"].email, member = google_service_account.caller["push"].member }
    schedule = { email = google_service_account.caller["schedule"].email, member = google_service_account.caller["schedule"].member }
    build    = google_service_account.caller["build"].id
    pubsub   = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  }
  schedule = {
    scan      = "${local.minutes[each.key]} * * * *"
    sweep     = "${(local.minutes[each.key] + 30) % 60} ${var.schedule.sweep_hour} * * *"
    time_zone = var.schedule.time_zone
    paused    = var.schedule.paused
  }
  webhook = {
    secret = var.alerts.webhook_secret
    hosts  = var.alerts.webhook_hosts
  }

  # A build without its rights fails half-way, and a function without its ledger answers 503.
  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.build_reads_copies,
    google_storage_bucket_iam_member.build_reads_bundles,
    module.ledger,
  ]
}

module "dashboard" {
  source = "./modules/dashboard"
  count  = var.dashboard == null ? 0 : 1

  project    = var.project
  region     = var.region
  name       = "${local.slug}-dashboard"
  account_id = "${local.account}-dashboard"
  runtime    = var.function.runtime
  ingress    = var.dashboard.ingress
  viewers    = var.dashboard.viewers
  build      = google_service_account.caller["build"].id
  readable   = merge(local.readable, { ledger = { project = var.project, dataset = module.ledger.dataset } })
  bundle = {
    path   = module.bundle["dashboard"].path
    sha256 = module.bundle["dashboard"].sha256
    md5    = module.bundle["dashboard"].md5
    bucket = google_storage_bucket.bundles.name
  }

  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.build_reads_copies,
    google_storage_bucket_iam_member.build_reads_bundles,
  ]
}
