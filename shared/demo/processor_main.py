"""Name plate of a demo processor: one per phase, `PHASE` says which."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the repository, from wherever the framework starts

from shared.demo.processor_door import main

__all__ = ["main"]
