"""Reads `pipeline.yaml` and the environment; refuses both with every fault at once."""

from shared.config.loader import load_pipeline, parse_pipeline

__all__ = ["load_pipeline", "parse_pipeline"]
