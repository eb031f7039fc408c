"""Files that commands write beside what they print."""

from pathlib import Path

import click


def writable(path: Path | None, hint: str) -> None:
    """Returns if nothing is known to keep `path` from being written. Raises click.BadParameter, before anybody asks."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"{path.parent} is not a directory", param_hint=hint)


def write(path: Path, text: str) -> None:
    """Writes `text` with the line ends that it has. Raises click.FileError if the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise click.FileError(str(path), error.strerror or "cannot be written") from error
