variable "repository" {
  description = "Path to the root of the repository."
  type        = string
}

variable "function" {
  description = "The function to bundle: a folder of functions/, which main.tf knows what to allow for."
  type        = string

  validation {
    condition     = contains(["dashboard", "orchestrator"], var.function)
    error_message = "There is no such function; expected dashboard or orchestrator."
  }
}

variable "pipeline_file" {
  description = "Path to the description of the pipeline. It lies at the bundle's root as pipeline.yaml, where functions look for it."
  type        = string
}

variable "output_directory" {
  description = "Where the zip is written, at plan time. By default a folder that the root module ignores anyway."
  type        = string
  default     = null
}
