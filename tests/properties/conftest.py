"""The server of the properties. `HYPOTHESIS_PROFILE=ci`, as in `.ci/run`, tries many more examples."""

import os

import pytest
from hypothesis import settings

from tests.conftest import BigqueryServer
from tests.properties.server import Worlds

settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def worlds(bigquery_server: BigqueryServer) -> Worlds:
    return Worlds.on(bigquery_server)
