"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def pipeline_file(command: Command) -> Command:
    """Adds `--file`, the pipeline's description."""
    return click.option(
        "--file",
        "path",
        type=click.Path(path_type=Path),
        default=Path("pipeline.yaml"),
        show_default=True,
        envvar="PIPELINE_FILE",
        help="The pipeline's description.",
    )(command)
