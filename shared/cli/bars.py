"""How far an order is, while somebody looks: bars on a terminal, lines elsewhere."""

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from shared.core.pipeline import Pipeline

if TYPE_CHECKING:
    from shared.operations.backfill import Progress as Look
    from shared.operations.backfill import Standing


class Bars:
    """A bar for each phase on a terminal; elsewhere a line whenever something has changed."""

    def __init__(self, screen: Console, pipeline: Pipeline) -> None:
        self._screen = screen
        self._names = names_of(pipeline)
        self._began = time.monotonic()
        self._tasks: dict[str, TaskID] = {}
        self._last = ""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}  {task.fields[rest]}"),
            console=screen,
            disable=not screen.is_terminal,
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, look: "Look") -> None:
        """Shows one look."""
        line = "; ".join(
            f"{self._names[each.edge]} {each.healed}/{each.seen} {left_of(each)}" for each in look.standings
        )
        if not self._screen.is_terminal:
            if line != self._last:
                self._screen.print(f"[dim]{self._seconds():5.0f} s[/]  {line}{self._pace(look)}", soft_wrap=True)
            self._last = line
            return
        for each in look.standings:
            task = self._tasks.get(each.edge)
            if task is None:
                task = self._tasks[each.edge] = self._progress.add_task(self._names[each.edge], total=None, rest="")
            rest = left_of(each) + (self._pace(look) if each is look.standings[-1] else "")
            self._progress.update(task, total=max(each.seen, 1), completed=each.healed if each.seen else 1, rest=rest)

    def _pace(self, look: "Look") -> str:
        """Returns how fast it goes and how long it may take: by what has healed since this command began."""
        healed = sum(each.healed for each in look.standings)
        moving = sum(each.at_work + each.ready + each.waiting + each.held.get("blocked", 0) for each in look.standings)
        minutes = self._seconds() / 60
        if not healed or not moving:
            return ""
        return (
            f"  [dim]{healed / minutes:.0f} a minute, at most {max(1, round(moving / (healed / minutes)))} min to go[/]"
        )

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def names_of(pipeline: Pipeline) -> dict[str, str]:
    """Returns what people call each edge: the phase that it fills."""
    return {edge.name: f"{edge.downstream.phase} {edge.downstream.name}" for edge in pipeline.edges}


def left_of(standing: "Standing") -> str:
    """Returns what is left of an order on one edge, and why."""
    held = {"at work": standing.at_work, "ready": standing.ready, "waiting": standing.waiting, **standing.held}
    held["escalated"] = standing.escalated
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in held.items() if count)
