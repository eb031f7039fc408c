"""The questions as SQL and as plain Python: the same answers, whatever the pipeline, the tables and the ledger."""

from hypothesis import HealthCheck, Phase, given, settings

from tests.properties.server import Worlds, asked, surveyed, twin
from tests.properties.worlds import Example, examples

as_found = settings(  # a difference is shown as it was found: making it smaller takes a server many minutes
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@as_found
@given(example=examples())
def test_answers_the_same__in_sql_and_in_memory(worlds: Worlds, example: Example) -> None:
    assert asked(worlds.warehouse(example), example.question) == asked(twin(example), example.question)


@settings(as_found, max_examples=40)  # most of it is the same SQL
@given(example=examples())
def test_covers_the_same__in_sql_and_in_memory(worlds: Worlds, example: Example) -> None:
    assert surveyed(worlds.warehouse(example), example.question) == surveyed(twin(example), example.question)
