"""The server of the properties. `--hypothesis-profile=ci` tries many more examples."""

import pytest
from hypothesis import settings

from tests.conftest import BigqueryServer
from tests.properties.server import Worlds

settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True)


@pytest.fixture(scope="session")
def worlds(bigquery_server: BigqueryServer) -> Worlds:
    return Worlds.on(bigquery_server)
