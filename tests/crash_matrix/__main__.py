"""`python -m tests.crash_matrix`: plays the matrix, and writes docs/crash-matrix.md and its sum into reliability.md."""

import logging

from shared.journal import log
from tests.crash_matrix.table import DOCUMENT, MARKS, PAGE, page, summary

if __name__ == "__main__":
    log.setLevel(logging.CRITICAL)  # what every instance says of its end is not the page
    PAGE.write_text(page(), encoding="utf-8")
    DOCUMENT.write_text(MARKS.filled(DOCUMENT.read_text(encoding="utf-8"), summary()), encoding="utf-8")
