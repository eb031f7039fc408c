variable "project" {
  description = "Id of the project in which all of this lives."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "The project must be given by its id: 6 to 30 lower-case letters, digits and dashes, such as my-project-123."
  }
}

variable "region" {
  description = "Where functions, jobs and bundles live."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "The region must be one of Google Cloud's regions, such as us-east1."
  }
}

variable "pipeline_file" {
  description = "Path to the description of the pipeline; all that is said about phases, tables and topics is read from it. Default: the repository's own pipeline.yaml."
  type        = string
  default     = null

  # Only what is used here; `gaphealer validate` finds everything else, and says it better.
  validation {
    condition     = var.pipeline_file == null ? true : can(yamldecode(file(var.pipeline_file)).phases[1].phase)
    error_message = "The pipeline_file must be a YAML file that describes at least two phases; `gaphealer validate` says what is wrong with it."
  }

  validation {
    condition = var.pipeline_file == null ? true : try(alltrue([
      for number, phase in yamldecode(file(var.pipeline_file)).phases :
      number == 0 || can(regex("^[A-Za-z]", phase.trigger_topic))
    ]), false)
    error_message = "Every phase of the pipeline_file but the first must have a trigger_topic, or nobody could start it."
  }

  validation {
    condition     = var.pipeline_file == null ? true : can(regex("^[A-Za-z][A-Za-z0-9_-]*$", yamldecode(file(var.pipeline_file)).pipeline))
    error_message = "The name of the pipeline must begin with a letter and be made of letters, digits, _ and -, because functions and jobs are called by it."
  }
}

variable "operators" {
  description = "Who may order ranges of dates and force: members such as user:ada@example.com or serviceAccount:ci@my-project.iam.gserviceaccount.com."
  type        = list(string)
  default     = []
  nullable    = false

  # A token carries a person's own address and never a group's, so that a group could come in and would be refused.
  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|serviceAccount):[^@: ,]+@[^@: ,]+$", member))])
    error_message = "Each operator must be user:ADDRESS or serviceAccount:ADDRESS; groups, domains and the public cannot be told apart by the functions."
  }
}

variable "warehouse" {
  description = <<-EOT
    The warehouse. `location`: of its datasets. `create_datasets`: make the datasets of the pipeline's tables, too, in a
    project that has none yet. `protect_ledger`: refuse to destroy its tables. `coverage_view`: path to what
    `gaphealer sql report` printed; without one the view `coverage` is left to `gaphealer init`.
  EOT
  type = object({
    location        = optional(string, "US")
    create_datasets = optional(bool, false)
    protect_ledger  = optional(bool, true)
    coverage_view   = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^(US|EU|[a-z]+-[a-z]+[0-9]+)$", var.warehouse.location))
    error_message = "The warehouse's location must be US, EU or a region such as us-east1: where the pipeline's datasets are."
  }

  validation {
    condition     = var.warehouse.coverage_view == null ? true : fileexists(var.warehouse.coverage_view)
    error_message = "There is no such file as warehouse.coverage_view; `gaphealer sql report` prints what belongs into it."
  }
}

variable "topics" {
  description = "The pipeline's topics. `existing`: names of those that are there already and belong to somebody else; all others are created."
  type = object({
    existing = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in var.topics.existing : can(regex("^[A-Za-z][A-Za-z0-9_-]{2,254}$", name))])
    error_message = "Each of topics.existing must be a plain topic name, as pipeline.yaml says it, without projects/ before it."
  }
}

variable "schedule" {
  description = <<-EOT
    When edges are scanned: every hour at `first_minute`, each edge `minutes_apart` after the one before it, and once a
    day, at `sweep_hour` and half an hour away from its scan, over all history. `paused` keeps all of it from running.
  EOT
  type = object({
    first_minute  = optional(number, 7)
    minutes_apart = optional(number, 11)
    sweep_hour    = optional(number, 9)
    time_zone     = optional(string, "Etc/UTC")
    paused        = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(range(0, 60), var.schedule.first_minute) && contains(range(0, 60), var.schedule.minutes_apart)
    error_message = "The schedule's first_minute and minutes_apart must be whole minutes from 0 to 59."
  }

  validation {
    condition     = contains(range(0, 24), var.schedule.sweep_hour)
    error_message = "The schedule's sweep_hour must be a whole hour from 0 to 23, in its time_zone."
  }
}

variable "function" {
  description = <<-EOT
    What an edge's function runs on. `ingress`: ALLOW_INTERNAL_ONLY lets in Pub/Sub and Cloud Scheduler of this project;
    ALLOW_ALL also lets operators in from elsewhere, whom IAM and the function then check as they check everybody.
  EOT
  type = object({
    runtime       = optional(string, "python313")
    memory        = optional(string, "512M")
    cpu           = optional(number, 1)
    max_instances = optional(number, 3)
    ingress       = optional(string, "ALLOW_INTERNAL_ONLY")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^python3(1[1-9]|[2-9][0-9])$", var.function.runtime))
    error_message = "The function's runtime must be python311 or later, as pyproject.toml asks for."
  }

  validation {
    condition     = can(regex("^[0-9]+(M|Mi|G|Gi)$", var.function.memory))
    error_message = "The function's memory must be a size such as 512M or 1Gi."
  }

  validation {
    condition     = var.function.cpu >= 1 && var.function.max_instances >= 1
    error_message = "The function needs a whole CPU, below which it may serve one request at a time only, and one instance."
  }

  validation {
    condition     = contains(["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"], var.function.ingress)
    error_message = "The function's ingress must be ALLOW_INTERNAL_ONLY, ALLOW_INTERNAL_AND_GCLB or ALLOW_ALL."
  }
}

variable "alerts" {
  description = <<-EOT
    Who is told. `emails` get a notification channel each, `channels` are ids of those that exist. `lag_days`: an edge that
    is further behind is worth a message. `webhook_secret`: id of a secret in Secret Manager that holds the URL of a chat's
    webhook, `webhook_hosts` where else than to Slack and Google Chat it may lead.
  EOT
  type = object({
    emails         = optional(list(string), [])
    channels       = optional(list(string), [])
    lag_days       = optional(number, 3)
    webhook_secret = optional(string)
    webhook_hosts  = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for email in var.alerts.emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "Each of alerts.emails must be an address such as oncall@example.com."
  }

  validation {
    condition     = alltrue([for id in var.alerts.channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", id))])
    error_message = "Each of alerts.channels must be the id of a channel: projects/PROJECT/notificationChannels/NUMBER."
  }

  validation {
    condition     = var.alerts.lag_days >= 1 && floor(var.alerts.lag_days) == var.alerts.lag_days
    error_message = "The lag_days of alerts must be a whole number of days, at least 1."
  }

  validation {
    condition     = var.alerts.webhook_secret == null ? true : can(regex("^[A-Za-z0-9_-]{1,255}$", var.alerts.webhook_secret))
    error_message = "The webhook_secret of alerts must be the id of a secret of this project, not the URL and not a path."
  }
}

variable "dashboard" {
  description = "The dashboards, a function that only reads; null: none. `viewers`: members who may look. `ingress`: as an edge's, but open to browsers, whom IAM checks."
  type = object({
    viewers = list(string)
    ingress = optional(string, "ALLOW_ALL")
  })
  default = null

  validation {
    condition = var.dashboard == null ? true : alltrue([
      for member in var.dashboard.viewers : can(regex("^((user|group|serviceAccount):[^@: ]+@[^@: ]+|domain:[a-z0-9.-]+)$", member))
    ])
    error_message = "Each of the dashboard's viewers must be a user:, group:, serviceAccount: or domain: member; dashboards are never public."
  }

  validation {
    condition     = var.dashboard == null ? true : contains(["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"], var.dashboard.ingress)
    error_message = "The dashboard's ingress must be ALLOW_INTERNAL_ONLY, ALLOW_INTERNAL_AND_GCLB or ALLOW_ALL."
  }
}
