# The ledger, and, in a project that is still empty, the datasets of the pipeline's tables.

module "ledger" {
  source = "./modules/ledger"

  project  = var.project
  location = var.warehouse.location
  dataset  = local.ledger
  timezone = local.pipeline.timezone
  sql      = "${local.repository}/sql"
  protect  = var.warehouse.protect_ledger
  coverage = var.warehouse.coverage_view == null ? null : {
    file            = var.warehouse.coverage_view
    pipeline_sha256 = filesha256(local.pipeline_file)
  }

  depends_on = [google_project_service.apis]
}

resource "google_bigquery_dataset" "source" {
  for_each = { for name, home in local.sources : name => home if var.warehouse.create_datasets && home.project == var.project }

  project     = each.value.project
  dataset_id  = each.value.dataset
  location    = var.warehouse.location
  description = "Tables of the pipeline ${local.pipeline.pipeline}"

  depends_on = [google_project_service.apis]
}

locals {
  # The same homes, but whoever is granted access to one waits until it is there.
  readable = {
    for name, home in local.sources : name => {
      project = home.project
      dataset = try(google_bigquery_dataset.source[name].dataset_id, home.dataset)
    }
  }
}
