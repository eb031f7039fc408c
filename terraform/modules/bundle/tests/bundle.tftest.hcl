# Builds real zips: hashicorp/archive works on this machine alone, and nothing stands in for it.

variables {
  repository    = "../../.."
  function      = "orchestrator"
  pipeline_file = "../../../pipeline.yaml"
}

run "the_shipped_pipeline" {
  command = plan

  assert {
    condition = toset([for path in data.archive_file.bundle.source[*].filename : dirname(path)]) == toset([
      ".", "functions/orchestrator", "shared", "shared/config", "shared/core", "shared/gcp",
      "sql", "sql/parts", "sql/schema", "sql/views",
    ])
    error_message = "The bundle is not made of the folders that the function runs from."
  }

  assert {
    condition = toset([for path in data.archive_file.bundle.source[*].filename : path if dirname(path) == "."]) == toset([
      "main.py", "pipeline.yaml", "requirements.txt",
    ])
    error_message = "At the bundle's root lies something else than what is looked for there."
  }

  assert {
    condition     = output.sha256 == filesha256(output.path) && output.md5 == filemd5(output.path)
    error_message = "The hashes are not the zip's."
  }
}

run "another_pipeline" {
  command = plan

  variables {
    pipeline_file = "../../../tests/integration/crashes/pipeline.yaml"
  }

  assert {
    condition     = contains(data.archive_file.bundle.source[*].content, file(var.pipeline_file))
    error_message = "The bundle has not the pipeline that it was given."
  }

  assert {
    condition     = output.sha256 != run.the_shipped_pipeline.sha256 && output.path != run.the_shipped_pipeline.path
    error_message = "Two pipelines share a bundle."
  }
}

run "a_directory_of_ones_own" {
  command = plan

  variables {
    output_directory = ".terraform/elsewhere"
  }

  assert {
    condition     = dirname(output.path) == ".terraform/elsewhere" && output.sha256 == run.the_shipped_pipeline.sha256
    error_message = "The place is part of the bundle."
  }
}

run "a_function_that_nobody_listed" {
  command = plan

  variables {
    function = "reporter"
  }

  expect_failures = [var.function]
}
