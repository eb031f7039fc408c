"""What the tests of the local stack share."""

import pytest

from tests.conftest import BigqueryServer
from tests.integration.local.dataset import Dataset


@pytest.fixture
def ds(bigquery_server: BigqueryServer) -> Dataset:
    """Returns a new dataset on the server that all tests share."""
    return Dataset(bigquery_server)
