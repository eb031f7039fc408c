variable "project" {
  description = "Id of the project."
  type        = string
}

variable "location" {
  description = "Where the dataset is: where those of the pipeline's tables are."
  type        = string
}

variable "dataset" {
  description = "Id of the dataset."
  type        = string
}

variable "timezone" {
  description = "The pipeline's time zone, in which the views count days."
  type        = string
}

variable "sql" {
  description = "Path to the repository's folder sql."
  type        = string
}

variable "protect" {
  description = "Whether tables are kept from being destroyed: what they hold cannot be had again."
  type        = bool
}

variable "coverage" {
  description = "The view `coverage`: the file that `gaphealer sql report` printed, and the hash of the pipeline.yaml in use. Null: no such view."
  type        = object({ file = string, pipeline_sha256 = string })
  default     = null
}
