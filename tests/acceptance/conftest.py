"""The demo's whole stack, started once for all acceptance tests: nothing in them is a stand-in.

Each test works on dates of its own, so that none sees another's doings.
"""

from collections.abc import Iterator

import pytest

from shared.demo.story import start
from shared.local.pubsub_choice import choose
from tests.acceptance.house import House, house_of
from tests.real_parts import exercised


@pytest.fixture(scope="session")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with start(tmp_path_factory.mktemp("acceptance"), choose("local")) as stack:
        real = ("the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes")
        exercised(request.config, *real)
        yield house_of(stack)
