output "dataset" {
  description = "Id of the dataset."
  value       = google_bigquery_dataset.this.dataset_id
}

output "tables" {
  description = "What was understood of sql/schema: columns, partitions and clusters of each table."
  value = {
    for name, table in local.tables : name => {
      columns    = local.schemas[name]
      by_day     = table.by_day
      by_range   = table.by_range
      cluster_by = table.cluster_by
    }
  }
}

output "views" {
  description = "The text of each view."
  value       = local.views
}
