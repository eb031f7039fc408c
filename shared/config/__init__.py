"""Reads `pipeline.yaml` and the environment; refuses both with every fault at once."""

from pathlib import Path

from shared.core.pipeline import Pipeline


def load_pipeline(path: Path | str) -> Pipeline:
    """Returns the pipeline described in the file at `path`; see `shared.config.loader.load_pipeline`."""
    from shared.config import loader  # not above: pydantic and yaml wait, as the file does, for the first request

    return loader.load_pipeline(path)


def parse_pipeline(text: str, *, source: str = "pipeline.yaml") -> Pipeline:
    """Returns the pipeline described in `text`; see `shared.config.loader.parse_pipeline`."""
    from shared.config import loader  # as above

    return loader.parse_pipeline(text, source=source)


__all__ = ["load_pipeline", "parse_pipeline"]
