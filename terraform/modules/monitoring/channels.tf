resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  project      = var.project
  display_name = "Gap healer, ${var.pipeline}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
}

locals {
  channels = concat(var.channels, [for channel in google_monitoring_notification_channel.email : channel.id])
}
