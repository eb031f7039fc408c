"""The two worlds of the contract, for pipelines that contain SQL of their own."""

from collections.abc import Callable

import pytest

from shared.core.pipeline import Pipeline
from tests.contract.conftest import NewWorld, new_world
from tests.contract.worlds import World
from tests.failures.said_in_sqlite import meanings, where

__all__ = ["new_world"]

WorldOf = Callable[[Pipeline], World]


@pytest.fixture
def world_of(new_world: NewWorld) -> WorldOf:
    """Returns a function that makes a world of a pipeline, in memory and then on the real server."""
    return lambda pipeline: new_world(pipeline, where(pipeline), meanings(pipeline))
