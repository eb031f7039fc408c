"""Prints the page of the crash matrix: `python -m tests.crash_matrix > docs/crash-matrix.md`."""

import logging
import sys

from shared.journal import log
from tests.crash_matrix.table import page

if __name__ == "__main__":
    log.setLevel(logging.CRITICAL)  # what every instance says of its end is not the page
    sys.stdout.write(page())
