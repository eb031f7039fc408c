"""Terraform and Python call things by the same names, and wait for each other long enough: see `facts.py`."""

from pathlib import Path

import pytest

from tests.terraform.facts import files, table_of


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_facts__are_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `make terraform-facts`, then `make terraform`"


def test_table__is_read_by_a_parser() -> None:
    """The other half of the comparison has to see what the first could miss."""
    statement = (
        "CREATE TABLE IF NOT EXISTS `l.t` (\n  a STRING NOT NULL,\n  b INT64\n)\n"
        "PARTITION BY RANGE_BUCKET(b, GENERATE_ARRAY(0, 10, 2))\nCLUSTER BY a, b\nOPTIONS (description = 'x')"
    )
    assert table_of(statement) == {
        "columns": [
            {"name": "a", "type": "STRING", "mode": "REQUIRED"},
            {"name": "b", "type": "INTEGER", "mode": "NULLABLE"},
        ],
        "by_day": None,
        "by_range": ["b", "0", "10", "2"],
        "cluster_by": ["a", "b"],
    }
