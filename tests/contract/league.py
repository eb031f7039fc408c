"""The little league in which the scenarios play: its days, its rows, and what is said about its gaps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.core.gaps import Answer, Closed, Gap, Kind, SliceId
from shared.core.ledger import History, Outcome
from shared.core.pipeline import Pipeline
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.worlds import World

RAW = table("raw")
OPENING = date(2021, 10, 19)
NOW = datetime(2022, 3, 1, 12, tzinfo=UTC)
WRITTEN = datetime(2022, 2, 1, 3, 4, 5, 678901, tzinfo=UTC)
LATER = WRITTEN + timedelta(hours=1)


def reading_raw(**given: Any) -> Pipeline:
    """Returns a pipeline whose `summary` (phase 3) reads `raw` (phase 2) and is described by `given`."""
    return pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw"], **given)))


def day(number: int) -> date:
    """Returns the date `number` days after the opening of the season."""
    return OPENING + timedelta(days=number)


def hour(number: float) -> datetime:
    """Returns the moment `number` hours before NOW: the ledger's past."""
    return NOW - timedelta(hours=number)


def scheduled(on: date, *games: str, season: int = 2021, game_type: str = "regular") -> list[Row]:
    """Returns the calendar's rows of one date."""
    return [{"game_date": on, "game_id": game, "season_year": season, "game_type": game_type} for game in games]


def written(on: date, *games: str | None, rows: int = 1, at: datetime | None = WRITTEN) -> list[Row]:
    """Returns `rows` rows for each of `games`, None standing for rows without a key."""
    return [{"game_date": on, "game_id": game, "processed_at": at} for game in games for _ in range(rows)]


def missing(on: date, table: str = "summary", *, keys: int | None = 2, blocked_by: tuple[str, ...] = ()) -> Gap:
    """Returns the gap of a slice without any row."""
    return Gap(SliceId(on, table), Kind.MISSING, expected_keys=keys, blocked_by=tuple(sorted(blocked_by)))


def partial(on: date, table: str = "summary", *, found: int, rows: int, **given: Any) -> Gap:
    """Returns the gap of a slice that is half written, ready unless said otherwise."""
    plain: dict[str, Any] = {"expected_keys": 2, "newest": WRITTEN}
    return Gap(SliceId(on, table), Kind.PARTIAL, present_keys=found, rows=rows, **{**plain, **given})


def invalid(on: date, *because: str, table: str = "summary", **given: Any) -> Gap:
    """Returns the gap of a slice that has a row for each of two games, and fails the checks that `because` names."""
    plain: dict[str, Any] = {"expected_keys": 2, "present_keys": 2, "rows": 2, "newest": WRITTEN}
    return Gap(SliceId(on, table), Kind.INVALID, because=because, **{**plain, **given})


def stale(on: date, *because: str, table: str = "summary", **given: Any) -> Gap:
    """Returns the gap of a slice that has a row for each of two games, older than the reads that `because` names."""
    return replace(invalid(on, *because, table=table, **given), kind=Kind.STALE)


def answer(*gaps: Gap, **given: Any) -> Answer:
    """Returns an answer with these gaps, in the order of their slices."""
    return Answer(tuple(sorted(gaps, key=lambda gap: gap.slice)), **given)


def closed(on: date, history: History, table: str = "summary", outcome: Outcome = Outcome.HEALED) -> Closed:
    return Closed(SliceId(on, table), outcome, history)


def two_games(world: World, *, days: int = 1) -> None:
    """Schedules games a and b on the first `days` days, and writes them into `raw`."""
    dates = [day(number) for number in range(days)]
    world.put("calendar", *(scheduled(on, "a", "b") for on in dates))
    world.put("raw", *(written(on, "a", "b") for on in dates))
