"""The question as SQL and as plain Python: the same answer, whatever the pipeline, the tables and the ledger."""

from hypothesis import HealthCheck, Phase, given, settings

from tests.properties.server import Worlds, asked, surveyed, twin
from tests.properties.worlds import Example, examples


@settings(  # a difference is shown as it was found: making it smaller takes a server many minutes
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(example=examples())
def test_answers_the_same__in_sql_and_in_memory(worlds: Worlds, example: Example) -> None:
    there, here = worlds.warehouse(example), twin(example)
    assert asked(there, example.question) == asked(here, example.question)
    assert surveyed(there, example.question) == surveyed(here, example.question)
