"""A small NBA with real processes, in three acts: before, during and after the heal.

Before: the wounds of the demo, and one slice that a check refuses. During: all of it is ordered, phase 3 is done and
phase 4 stands still with its triggers, one message is unreadable, one slice waived. After: phase 4 goes on, and the
cascade has come to its end. What can go wrong: an act is not played backwards, so who looks at them has to look in
this order.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from shared.core.windows import Window
from shared.demo.calendar import GameDay, game_days
from shared.demo.story import cascade, progress, start
from shared.demo.world import CORRECTED, HALF_WRITTEN, NO_SOURCE
from shared.gcp.sql import Sql
from shared.local.pubsub_choice import choose
from shared.local.stack import REMEMBERED, Stack
from shared.testing.waiting import eventually
from tests.acceptance.house import House, house_of

PLAYED = (
    Window.inclusive(date(2022, 2, 1), date(2022, 4, 19)),
    Window.inclusive(date(2022, 10, 18), date(2022, 12, 5)),
)
"""What there is of the league: the end of a season with four dates of its stuck post-season, the start of the next."""
STUCK = date(2022, 4, 18)
DOUBLED = date(2022, 3, 20)
"""One team of this date stands twice, which a check of `team_offense_game_summary` refuses."""
ORDERED = Window.inclusive(HALF_WRITTEN, PLAYED[0].end_date)
_STOPPED = "phase4"
_BUSY = 120.0  # seconds phase 3 has on a busy machine


class Act(StrEnum):
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


SLICES = {
    Act.BEFORE: {
        "missing": ("player_game_summary", STUCK),
        "partial": ("player_game_summary", HALF_WRITTEN),
        "stale": ("team_offense_game_summary", CORRECTED),
        "invalid": ("team_offense_game_summary", DOUBLED),
        "blocked": ("prediction_accuracy", STUCK),
        "complete": ("nbac_schedule", STUCK),
    },
    Act.DURING: {
        "healed": ("player_game_summary", STUCK),
        "in-flight": ("player_shot_zone_analysis", HALF_WRITTEN),  # of the canary
        "waived": ("player_game_summary", NO_SOURCE),
    },
    Act.AFTER: {
        "healed": ("prediction_accuracy", STUCK),
        "manual": ("published_predictions", STUCK),
    },
}
"""What is worth a look in each act: how it stands, and which slice stands so."""


def days() -> Sequence[GameDay]:
    return [day for day in game_days() if any(day.date in window for window in PLAYED)]


@dataclass
class Stage:
    """A running stack, and the act it is in."""

    house: House
    act: Act = Act.BEFORE

    @property
    def url(self) -> str:
        url = self.house.stack.dashboard
        assert url is not None
        return url

    def reach(self, act: Act) -> None:
        """Plays on to `act`. Raises ValueError for one that is over."""
        acts = list(Act)
        if acts.index(act) < acts.index(self.act):
            raise ValueError(f"the world is {self.act} the heal, and does not go back to {act}")
        while self.act is not act:
            began = time.monotonic()
            self.act = acts[acts.index(self.act) + 1]
            _PLAY[self.act](self.house)
            time.sleep(max(0.0, began + REMEMBERED + 1 - time.monotonic()))  # no page of the act before is remembered


def raised(run_dir: Path) -> Stack:
    """Returns the stack of the small world, not yet started."""
    return start(run_dir, choose("local"), days=days())


def curtain(stack: Stack) -> Stage:
    """Returns the stage that `stack`, which runs, is: before the heal."""
    house = house_of(stack)
    _double(house.sql)
    return Stage(house)


def _double(sql: Sql) -> None:
    table = "nba_analytics.team_offense_game_summary"
    sql.run(
        f"INSERT INTO `{table}` SELECT * FROM `{table}` WHERE game_date = @day AND team_id = "
        f"(SELECT MIN(team_id) FROM `{table}` WHERE game_date = @day)",
        day=DOUBLED,
    )


def _during(house: House) -> None:
    _signal(house.stack, signal.SIGSTOP)
    house.publish("nba-phase2-raw-complete", b"no message at all")
    _waive(house.stack)
    house.order(ORDERED.start, ORDERED.end_date, reason="the play-offs")

    def waits_for_phase_4() -> bool:
        third, fourth, *_ = progress(house.sql, house.stack.pipeline, ORDERED)
        return third.in_flight == 0 and fourth.in_flight > 0

    eventually(waits_for_phase_4, within=_BUSY, what="phase 3 healed and phase 4 in flight", every=0.5)


def _after(house: House) -> None:
    _signal(house.stack, signal.SIGCONT)
    for _ in cascade(house.stack, ORDERED):
        pass


_PLAY: dict[Act, Callable[[House], None]] = {Act.DURING: _during, Act.AFTER: _after}


def _signal(stack: Stack, what: signal.Signals) -> None:
    """Stops the processor of phase 4, or lets it go on: what it was sent meanwhile it then takes up."""
    pid = stack.process(_STOPPED).pid
    assert pid is not None
    os.killpg(pid, what)


def _waive(stack: Stack) -> None:
    day = ("--start-date", str(NO_SOURCE), "--end-date", str(NO_SOURCE))
    what = ("--edge", "phase2_to_phase3", *day, "--tables", "player_game_summary", "--reason", "no source ever had it")
    subprocess.run(
        [sys.executable, "-m", "shared.cli", "waive", *what],
        env={
            **os.environ,
            "BIGQUERY_EMULATOR_HOST": stack.warehouse_url,
            "GOOGLE_CLOUD_PROJECT": stack.project,
            "PIPELINE_FILE": str(stack.pipeline_file),
        },
        check=True,
        capture_output=True,
        timeout=60,
    )
