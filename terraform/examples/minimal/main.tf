# The least there is: a project, a region, a pipeline. The project may be empty.

module "healer" {
  source = "../.."

  project       = var.project
  region        = var.region
  pipeline_file = "${path.module}/pipeline.yaml"
  warehouse     = { create_datasets = true }
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where functions and jobs live."
  type        = string
}

output "healer" {
  description = "What was made."
  value       = module.healer
}
