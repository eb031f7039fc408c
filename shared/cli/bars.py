"""How far an order is, while somebody looks: bars on a terminal, lines elsewhere."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from shared.core.pace import per_minute, to_go
from shared.core.pipeline import Pipeline
from shared.operations.plain_words import pace as pace_words

if TYPE_CHECKING:
    from shared.operations.backfill import Progress as Look
    from shared.operations.backfill import Standing


class Bars:
    """A bar for each phase on a terminal; elsewhere a line whenever something has changed."""

    def __init__(self, screen: Console, pipeline: Pipeline, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._names = names_of(pipeline)
        self._monotonic, self._began = monotonic, monotonic()
        self._tasks: dict[str, TaskID] = {}
        self._last = ""
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[rest]}"),
        )
        self._live = Live(console=screen, refresh_per_second=4)

    def __enter__(self) -> "Bars":
        if self._screen.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._screen.is_terminal:
            self._live.stop()

    def show(self, look: "Look") -> None:
        """Shows one look."""
        if self._screen.is_terminal:
            self._draw(look)
            return
        parts = (f"{self._names[each.edge]} {each.healed}/{each.seen} {left_of(each)}" for each in look.standings)
        line = "; ".join(parts)
        if line != self._last:
            pace = f"  [dim]{self._pace(look)}[/]" if self._pace(look) else ""
            self._screen.print(f"[dim]{self._seconds():5.0f} s[/]  {line}{pace}", soft_wrap=True)
        self._last = line

    def _draw(self, look: "Look") -> None:
        for each in look.standings:
            task = self._tasks.get(each.edge)
            if task is None:
                task = self._tasks[each.edge] = self._bars.add_task(self._names[each.edge], total=1, rest="")
            completed = each.healed if each.seen else 1  # nothing to do is done
            self._bars.update(task, total=max(each.seen, 1), completed=completed, rest=left_of(each))
        self._live.update(Group(self._bars, Text(self._pace(look), style="dim")), refresh=True)

    def _pace(self, look: "Look") -> str:
        """Returns how fast it goes and how long it may take: by what has healed since this command began."""
        healed = sum(each.healed for each in look.standings)
        moving = sum(each.at_work + each.ready + each.waiting + each.held.get("blocked", 0) for each in look.standings)
        speed = per_minute(healed, timedelta(seconds=self._seconds()))
        return "" if speed is None or not moving else pace_words(speed, to_go(moving, speed))

    def _seconds(self) -> float:
        return self._monotonic() - self._began


def names_of(pipeline: Pipeline) -> dict[str, str]:
    """Returns what people call each edge: the phase that it fills."""
    return {edge.name: f"{edge.downstream.phase} {edge.downstream.name}" for edge in pipeline.edges}


def left_of(standing: "Standing") -> str:
    """Returns what is left of an order on one edge, and why."""
    held = {"at work": standing.at_work, "ready": standing.ready, "waiting": standing.waiting, **standing.held}
    held["escalated"] = standing.escalated
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in held.items() if count)
