# Metrics over the lines of the functions. They are built on the names of events and fields, which stay as they are
# (docs/alerts.md).

locals {
  prefix = "gaphealer/${var.pipeline}"

  lines = "resource.type=\"cloud_run_revision\" resource.labels.service_name=~\"${var.services}\""
  scans = "${local.lines} jsonPayload.event=\"scan_finished\" jsonPayload.source=\"scan\" jsonPayload.dry_run=false"

  metrics = {
    scans = {
      description = "Scheduled scans that did all they had to"
      filter      = "${local.scans} jsonPayload.sweep=false"
      labels      = { edge = "jsonPayload.edge" }
    }
    events = {
      description = "Everything that was told by name"
      filter      = "${local.lines} jsonPayload.event:*"
      labels      = { edge = "jsonPayload.edge", event = "jsonPayload.event" }
    }
    lag_days = {
      description = "Age of the oldest gap that a scheduled scan saw, in days"
      filter      = "${local.scans} jsonPayload.sweep=false"
      labels      = { edge = "jsonPayload.edge" }
      value       = "jsonPayload.lag_days"
      unit        = "d"
    }
    bytes_billed = {
      description = "What a scan was billed for"
      filter      = "${local.lines} jsonPayload.event=\"scan_finished\""
      labels      = { edge = "jsonPayload.edge" }
      value       = "jsonPayload.bytes_billed"
      unit        = "By"
    }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.metrics

  project          = var.project
  name             = "${local.prefix}/${each.key}"
  description      = each.value.description
  filter           = each.value.filter
  label_extractors = { for name, field in each.value.labels : name => "EXTRACT(${field})" }
  value_extractor  = try("EXTRACT(${each.value.value})", null)

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = try(each.value.unit, "1")

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.value) ? [1] : []

    content {
      exponential_buckets {
        num_finite_buckets = 40
        growth_factor      = 2
        scale              = 1
      }
    }
  }
}
