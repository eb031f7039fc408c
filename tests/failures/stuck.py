"""A league stuck in phase 2: games that `raw` has and `summary` has not, and a ledger in which attempts have failed."""

from datetime import date, datetime, timedelta

from shared.core.ledger import Event, EventType
from shared.core.pipeline import Pipeline
from shared.core.table import Policy
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, RAW, hour, scheduled, written
from tests.contract.worlds import World
from tests.failures.healer import Healer
from tests.failures.nba import NBA

DAY = NOW.date() - timedelta(days=2)
"""A date that has settled, and is young enough to be healed without being asked for."""


def league(policy: Policy = NBA.policy) -> Pipeline:
    """Returns a pipeline whose `summary` reads `raw`, under one policy."""
    return pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw"], policy=policy), policy=policy))


def without_summary(world: World, *days: date, at: datetime = NOW) -> Healer:
    """Returns the healer of a world in which phase 2 has a game on each of `days`, and phase 3 none."""
    world.put("calendar", *(scheduled(day, "a") for day in days))
    world.put("raw", *(written(day, "a") for day in days))
    return Healer(world, SettableClock(at))


def failures(world: World, day: date, attempts: int, ago: float) -> list[Event]:
    """Returns what the ledger has of a slice at which `attempts` failed, the last one `ago` hours before NOW."""
    sent = [(hour(ago + 24 * (attempts - number)), number) for number in range(1, attempts + 1)]
    kinds = EventType.TRIGGERED, EventType.REPORTED_FAILED
    return [world.event(kind, "summary", day, at, attempt=number) for at, number in sent for kind in kinds]
