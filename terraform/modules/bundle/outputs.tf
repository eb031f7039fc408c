output "path" {
  description = "The zip."
  value       = data.archive_file.bundle.output_path
}

output "sha256" {
  description = "Of the zip, in hex. It belongs into the object's name: under a fixed name, new code is not deployed."
  value       = data.archive_file.bundle.output_sha256
}

output "md5" {
  description = "Of the zip, in hex."
  value       = data.archive_file.bundle.output_md5
}
