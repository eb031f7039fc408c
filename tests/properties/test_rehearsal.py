"""What a rehearsal has to go by is enough: it sees the gaps that the tables themselves show."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings

from shared.errors import CalendarEmpty
from shared.operations.snapshot import take
from shared.operations.stage import Stage
from shared.testing.reader import InMemoryReader
from tests.contract.worlds import ordered
from tests.properties.server import twin
from tests.properties.worlds import NOW, Example, examples


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(example=examples())
def test_sees_the_same_gaps__by_the_states_of_slices_as_by_their_rows(example: Example) -> None:
    """Everything a slice's own row of the coverage question does not say, such as a source's share, follows from it."""
    tables, question = twin(example), example.question
    try:
        seen = tables.gaps(question)
        reader = InMemoryReader(tables, example.pipeline)
        snapshot = take(tables, reader, example.pipeline, question.window, NOW)
    except CalendarEmpty:
        assume(False)  # there is nothing to rehearse
    imagined = Stage(snapshot).gaps(question)
    assert ordered(imagined) == replace(ordered(seen), has_dates=True)
