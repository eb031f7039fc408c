"""The table of the failure catalogue in docs/reliability.md says what the tests say."""

from pathlib import Path

import pytest

from tests.catalogue.__main__ import DOCUMENT, MARKS, ROOT, carriers, table
from tests.catalogue.failures import FAILURES


def test_document__is_as_the_tests_are() -> None:
    """`python -m tests.catalogue` writes it anew."""
    document = DOCUMENT.read_text()
    assert MARKS.filled(document, table(carriers(ROOT / "tests"))) == document


def test_number__is_carried_by_name_by_docstring_or_by_the_module(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text('"""F03"""\ndef test_f01_so(): ...\ndef test_b():\n    """F02, F01"""\n')
    (tmp_path / "test_two.py").write_text('"""Nothing: F99, 0xF01."""\ndef test_f02(): ...\n')
    assert carriers(tmp_path) == {
        1: {"test_one.py": ["test_f01_so", "test_b"]},
        2: {"test_one.py": ["test_b"]},
        3: {"test_one.py": []},
    }


def test_failure_that_nobody_carries__is_said_to_have_no_test() -> None:
    assert table({}).count("**none**") == len(FAILURES) == 48


def test_document_without_the_marks__is_refused() -> None:
    with pytest.raises(ValueError, match="needs"):
        MARKS.filled(f"{MARKS.end}{MARKS.begin}", "")
