"""What the rows of `sql/quality.sql` say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from shared.core.gaps import SliceId
from shared.core.quality import CheckResult, SliceQuality
from shared.core.table import Table
from shared.errors import AnswerUnreadable
from shared.gcp.rows import Row, readable, where_of


def quality(found: Iterable[Row], tables: Mapping[str, Table]) -> tuple[SliceQuality, ...]:
    """Returns what the rows of `sql/quality.sql` say. Raises AnswerUnreadable: no row at all, or of another shape."""
    with readable("quality"):
        rows = list(found)
        if not rows:
            raise AnswerUnreadable("the question about quality was answered without a row")
        slices: dict[SliceId, list[Row]] = defaultdict(list)
        for row in rows:
            if row["table_name"] is not None:
                slices[where_of(row)].append(row)
        return tuple(
            SliceQuality(
                where,
                rows=lines[0]["slice_rows"],
                keys=lines[0]["slice_keys"],
                results=tuple(_results(lines, tables[where.table])),
            )
            for where, lines in sorted(slices.items())
        )


def _results(lines: list[Row], table: Table) -> Iterator[CheckResult]:
    """Yields what each check of `table` found, in their order; there has to be a line for each."""
    found = {line["position"]: line for line in lines if line["position"] is not None}
    if len(found) != len(table.checks):
        raise ValueError(f"{len(found)} of the {len(table.checks)} checks of {table.name}")
    for position, check in enumerate(table.checks):
        line = found[position]
        yield CheckResult(check, line["is_failed"], line["bad_rows"], line["our_sum"], line["their_sum"])
