variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the function lives."
  type        = string
}

variable "name" {
  description = "Name of the function."
  type        = string
}

variable "account_id" {
  description = "Id of the account under which it reads."
  type        = string
}

variable "runtime" {
  description = "What it runs on."
  type        = string
}

variable "ingress" {
  description = "Where it may be called from."
  type        = string
}

variable "viewers" {
  description = "Members who may look."
  type        = list(string)
}

variable "build" {
  description = "Id of the account that builds it."
  type        = string
}

variable "readable" {
  description = "Datasets with the pipeline's tables, and the ledger's."
  type        = map(object({ project = string, dataset = string }))
}

variable "bundle" {
  description = "The zip to be deployed, its hashes in hex, and the bucket that it goes into."
  type = object({
    path   = string
    sha256 = string
    md5    = string
    bucket = string
  })
}
