"""Name plate of the dashboard function: one for all edges, and it only reads."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the bundle keeps the shape of the repository

from shared.dashboard.entrypoint import main

__all__ = ["main"]
