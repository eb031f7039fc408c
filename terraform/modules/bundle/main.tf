# What one function is deployed as: a zip of the files it runs from, in the repository's own shape, and of no others.
#
# It is made of names and contents alone. Neither times nor modes nor owners of files enter it, so the same tree gives
# the same bytes on every machine. The hash changes when what is deployed does, or when the provider packs in another way.
#
# What can go wrong: a function begins to import from a folder that is not listed here. Nothing in Terraform would see
# it; tests/integration/bundle boots every zip with the deployed requirements alone, and does. The zip is written by the
# plan, so a plan must be applied where it was made. The contents are kept in the state: half a megabyte.

locals {
  # For each function, the folders that it imports from, as patterns of `fileset`. A folder is listed as a whole.
  allowed = {
    orchestrator = [
      "functions/orchestrator/main.py",
      "shared/*.py",
      "shared/config/*.py",
      "shared/core/*.py",
      "shared/gcp/*.py",
      "sql/**/*.sql",
    ]
    dashboard = [
      "functions/dashboard/main.py",
      "shared/*.py",
      "shared/config/*.py",
      "shared/core/*.py",
      "shared/dashboard/*.py",
      "shared/dashboard/templates/*",
      "shared/gcp/*.py",
      "shared/operations/*.py",
      "shared/operations/templates/*",
      "sql/**/*.sql",
    ]
  }

  # But for what cannot be imported there: google-cloud-scheduler is for people's commands, and is not deployed.
  withheld = ["shared/gcp/scheduler.py"]

  found    = { for pattern in local.allowed[var.function] : pattern => fileset(var.repository, pattern) }
  in_place = setsubtract(flatten([for files in values(local.found) : tolist(files)]), local.withheld)

  # The platform looks for these two at the root, the function for the third.
  at_root = {
    "main.py"          = "${var.repository}/functions/${var.function}/bundle_main.py"
    "requirements.txt" = "${var.repository}/functions/requirements.txt"
    "pipeline.yaml"    = var.pipeline_file
  }

  files    = merge({ for path in local.in_place : path => "${var.repository}/${path}" }, local.at_root)
  contents = { for path, source in local.files : path => file(source) }

  # In the zip's name, so that two bundles of one function with different pipelines do not overwrite each other.
  fingerprint = substr(sha256(jsonencode(local.contents)), 0, 12)
  directory   = coalesce(var.output_directory, "${path.root}/.terraform/bundles")
}

data "archive_file" "bundle" {
  type             = "zip"
  output_path      = "${local.directory}/${var.function}-${local.fingerprint}.zip"
  output_file_mode = "0644" # the provider gives no modes to `source` blocks (2.8.0); should it begin to, then these

  dynamic "source" {
    for_each = local.contents

    content {
      filename = source.key
      content  = source.value
    }
  }

  lifecycle {
    precondition {
      condition     = alltrue([for files in values(local.found) : length(files) > 0])
      error_message = "Nothing in ${var.repository} is called ${join(", ", [for pattern, files in local.found : pattern if length(files) == 0])}."
    }
  }
}
