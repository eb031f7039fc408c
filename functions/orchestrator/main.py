"""Name plate of the orchestrator function: one per edge, `EDGE` says which."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the bundle keeps the shape of the repository

from shared.entrypoint import main

__all__ = ["main"]
