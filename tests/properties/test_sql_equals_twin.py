"""The question as SQL and as plain Python: the same answer, whatever the pipeline, the tables and the ledger."""

from hypothesis import HealthCheck, given, settings

from tests.properties.server import Worlds, asked, twin
from tests.properties.worlds import Example, examples


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(example=examples())
def test_answers_the_same__in_sql_and_in_memory(worlds: Worlds, example: Example) -> None:
    assert asked(worlds.warehouse(example), example.question) == asked(twin(example), example.question)
