variable "project" {
  description = "Id of the project."
  type        = string
}

variable "pipeline" {
  description = "Name of the pipeline."
  type        = string
}

variable "services" {
  description = "What the names of the edges' functions match: a regular expression."
  type        = string
}

variable "edges" {
  description = "By edge: the name of its function, and the subscriptions with its dead letters."
  type        = map(object({ function = string, dead_letters = list(string) }))
}

variable "lag_days" {
  description = "An edge whose oldest gap is older than this is worth a message."
  type        = number
}

variable "emails" {
  description = "Addresses that are told, each through a channel of its own."
  type        = list(string)
  default     = []
}

variable "channels" {
  description = "Ids of channels that exist."
  type        = list(string)
  default     = []
}
