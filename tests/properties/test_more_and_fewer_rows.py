"""What taking rows away, adding some and shifting all stamps must do to an answer, whatever the right answer is.

Every slice of the world has an open gap in its ledger. So an answer speaks of each: a gap, healed (expected and
complete), or not expected.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shared.core.gaps import Answer, Kind, Question, SliceId
from shared.core.ledger import Event, EventType, Outcome
from shared.core.table import Table
from shared.core.windows import Window
from shared.ports import Warehouse
from shared.testing.pipelines import edge_of
from tests.properties.server import Worlds, asked, twin
from tests.properties.worlds import DAYS, KEYS, NAME, NOW, Example, examples

calm = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
few = settings(calm, max_examples=8)  # a server takes half a second for each


class InMemory:
    """Builds the twin, where `Worlds` fills a server."""

    def warehouse(self, example: Example) -> Warehouse:
        return twin(example)


def all_open(example: Example) -> Example:
    """Returns `example` asked about everything, with an open gap for every slice."""
    edge = edge_of(example.pipeline)
    names = tuple(table.name for table in edge.downstream.tables)
    at = NOW - timedelta(days=1)
    events = [
        Event(EventType.DETECTED, at, NAME, edge.name, 2, 3, table=name, date=day, generation=1)
        for name in names
        for day in DAYS
    ]
    question = Question(edge, Window.around(DAYS), names, NOW, tuple(DAYS))
    return replace(example, events=events, question=question)


def complete(answer: Answer | str, example: Example) -> list[SliceId]:
    """Returns the slices that are expected and complete."""
    assume(isinstance(answer, Answer))
    assert isinstance(answer, Answer)
    tables = edge_of(example.pipeline).downstream.tables
    assert len(answer.gaps) + len(answer.closed) == len(tables) * len(DAYS), "every slice is spoken of once"
    return [ended.slice for ended in answer.closed if ended.outcome is Outcome.HEALED]


def names(table: Table, name: str) -> bool:
    """Says whether what is right for `table` follows from more than the presence of the table called `name`."""
    reads = [read for read in table.reads if name in read.any_of and not table.is_own_past(read)]
    chained = any(len(read.any_of) > 1 or read.lookback_days for read in reads)
    expected = table.expect is not None and table.expect.of == name
    return chained or expected or any(check.against == name for check in table.checks)


def taking_away_makes_a_gap(worlds: Worlds | InMemory, example: Example, data: st.DataObject) -> None:
    tables = example.pipeline.tables
    before = complete(asked(worlds.warehouse(example), example.question), example)
    assume(before)
    gone = data.draw(st.sampled_from(before))
    left = [row for row in example.rows[gone.table] if row["day"] != gone.date]
    emptied = replace(example, rows={**example.rows, gone.table: left})
    after = asked(worlds.warehouse(emptied), emptied.question)
    assert isinstance(after, Answer)
    assert [gap.kind for gap in after.gaps if gap.slice == gone] == [Kind.MISSING]
    kept = {s for s in before if s.date != gone.date and not names(tables[s.table], gone.table)}
    assert kept <= set(complete(after, emptied))


def adding_makes_no_gap(worlds: Worlds | InMemory, example: Example, data: st.DataObject) -> None:
    tables = example.pipeline.tables
    before = complete(asked(worlds.warehouse(example), example.question), example)
    plain = {table.name for table in tables.values() if table.complete.rows_per_key == 0 and not table.checks}
    choice = [slice_ for slice_ in before if slice_.table in plain]
    assume(choice)
    more = data.draw(st.sampled_from(choice))
    keys = data.draw(st.lists(st.sampled_from([*KEYS, "y", None]), min_size=1, max_size=4))
    rows: list[Any] = [{"day": more.date, "k": key, "v": 1, "stamp": None} for key in keys]
    fuller = replace(example, rows={**example.rows, more.table: [*example.rows[more.table], *rows]})
    kept = {slice_ for slice_ in before if not names(tables[slice_.table], more.table)}
    assert more in kept
    assert kept <= set(complete(asked(worlds.warehouse(fuller), fuller.question), fuller))


def shifting_all_stamps_changes_nothing(worlds: Worlds | InMemory, example: Example, data: st.DataObject) -> None:
    by = data.draw(st.sampled_from([timedelta(microseconds=1), timedelta(days=-400), timedelta(hours=7)]))
    rows = {
        name: [{**row, "stamp": row["stamp"] + by} if row.get("stamp") else row for row in held]
        for name, held in example.rows.items()
    }
    shifted = replace(example, rows=rows)
    before, after = (asked(worlds.warehouse(world), world.question) for world in (example, shifted))
    if isinstance(before, Answer):
        before = replace(before, gaps=tuple(replace(g, newest=g.newest and g.newest + by) for g in before.gaps))
    assert before == after


WORLDS = examples().map(all_open)
LAWS = [taking_away_makes_a_gap, adding_makes_no_gap, shifting_all_stamps_changes_nothing]


@calm
@given(example=WORLDS, data=st.data())
@pytest.mark.parametrize("law", LAWS)
def test_holds_in_memory(law: Any, example: Example, data: st.DataObject) -> None:
    law(InMemory(), example, data)


@few
@given(example=WORLDS, data=st.data())
@pytest.mark.parametrize("law", LAWS)
def test_holds_in_sql(worlds: Worlds, law: Any, example: Example, data: st.DataObject) -> None:
    law(worlds, example, data)
