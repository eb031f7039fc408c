"""The fold of the ledger is algebra: no order, no repetition, nobody else's events change a history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.core.ledger import Event, EventType, History, fold, history
from tests.properties.worlds import ledgers


@given(events=ledgers(), data=st.data())
def test_folds_the_same__in_any_order_and_however_often(events: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    assert fold(data.draw(st.permutations([*events, *again]))) == fold(events)


@given(events=ledgers())
def test_folds_each_slice_by_itself(events: list[Event]) -> None:
    where = {(event.table, event.date) for event in events}
    by_hand: Mapping[tuple[str, date], History] = {
        slice_: history(event for event in events if (event.table, event.date) == slice_) for slice_ in where
    }
    assert fold(events) == by_hand


@given(events=ledgers().filter(bool))
def test_opens_anew__by_an_event_of_a_later_generation(events: list[Event]) -> None:
    """Whatever was said before, a new generation knows nothing but its own beginning."""
    last = events[-1]
    generation = 1 + max(event.generation for event in events)
    reopened = replace(last, type=EventType.REOPENED, generation=generation)
    expected = History(generation, open=True, detected_at=last.at)
    assert fold([*events, reopened])[last.table, last.date] == expected
