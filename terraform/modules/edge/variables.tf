variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the function and its jobs live."
  type        = string
}

variable "edge" {
  description = "The edge. `trigger_topic` and the values of `completions` are ids of topics, the keys of `completions` their names."
  type = object({
    name          = string
    pipeline      = string
    account_id    = string
    trigger_topic = string
    completions   = map(string)
  })

  validation {
    condition     = can(regex("^phase[0-9]+_to_phase[0-9]+$", var.edge.name))
    error_message = "The name of an edge must be of the form phase2_to_phase3, which functions and the command line expect."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.edge.account_id))
    error_message = "The account_id of an edge must have 6 to 30 lower-case letters, digits and dashes, as service accounts do."
  }
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

variable "function" {
  description = "What the function runs on."
  type = object({
    runtime       = string
    memory        = string
    cpu           = number
    max_instances = number
    ingress       = string
  })
}

variable "accounts" {
  description = "Who calls (`push`, `schedule`), the id of the account that builds, and Pub/Sub's own account as a member."
  type = object({
    push     = object({ email = string, member = string })
    schedule = object({ email = string, member = string })
    build    = string
    pubsub   = string
  })
}

variable "operators" {
  description = "Members who may order and force, each of the form user:ADDRESS or serviceAccount:ADDRESS."
  type        = list(string)
  default     = []
}

variable "readable" {
  description = "Datasets with the pipeline's tables."
  type        = map(object({ project = string, dataset = string }))
}

variable "ledger" {
  description = "The dataset of the ledger."
  type        = string
}

variable "schedule" {
  description = "When the edge is scanned and swept, as cron writes it."
  type = object({
    scan      = string
    sweep     = string
    time_zone = string
    paused    = bool
  })
}

variable "webhook" {
  description = "Where escalations are told: the id of a secret with a URL, and hosts that are allowed instead of the usual ones."
  type = object({
    secret = optional(string)
    hosts  = optional(list(string), [])
  })
  default = {}
}
