"""What is not the answer it should be is an error: nobody takes it for clean."""

from datetime import date
from typing import Any

import pytest

from shared.core.gaps import SliceId
from shared.core.quality import CheckResult, SliceQuality
from shared.core.table import Check
from shared.errors import AnswerUnreadable
from shared.gcp import quality_rows
from shared.testing.pipelines import table

DAY = date(2025, 10, 21)
CHECKS = Check("once", unique=("player",)), Check("sums", measure="SUM(points)", against="raw")
TABLES = {"summary": table("summary", checks=CHECKS), "raw": table("raw")}
NOTHING: dict[str, Any] = dict.fromkeys(
    ("table_name", "slice_date", "slice_rows", "slice_keys", "position", "bad_rows", "our_sum", "their_sum")
)
ONCE = {**NOTHING, "table_name": "summary", "slice_date": DAY, "slice_rows": 2, "slice_keys": 1, "is_failed": True}
FIRST, SECOND = {**ONCE, "position": 0, "bad_rows": 1}, {**ONCE, "position": 1, "our_sum": 1.0, "is_failed": False}


def test_rows__are_put_together_by_slice__whatever_their_order() -> None:
    raw = {**NOTHING, "table_name": "raw", "slice_date": DAY, "slice_rows": 3, "slice_keys": 3, "is_failed": False}
    results = CheckResult(CHECKS[0], True, 1), CheckResult(CHECKS[1], False, None, 1.0, None)
    assert quality_rows.quality([SECOND, raw, FIRST], TABLES) == (
        SliceQuality(SliceId(DAY, "raw"), 3, 3),
        SliceQuality(SliceId(DAY, "summary"), 2, 1, results),
    )


def test_nothing_to_report__is_one_row_that_says_so() -> None:
    assert quality_rows.quality([{**NOTHING, "is_failed": False}], TABLES) == ()


@pytest.mark.parametrize(
    "found",
    [[], [FIRST], [FIRST, FIRST], [{**FIRST, "table_name": "form"}, SECOND], [{"table_name": "summary"}]],
    ids=["no_row", "a_check_is_missing", "a_check_twice", "foreign_table", "other_columns"],
)
def test_answer_of_another_shape__is_an_error(found: list[dict[str, Any]]) -> None:
    with pytest.raises(AnswerUnreadable):
        quality_rows.quality(found, TABLES)
