"""Shows the story on a terminal: what starts, the coverage before and after, the cascade while it runs.

Without a terminal (in CI, in a pipe) the moving parts fall away and what is left is plain lines.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from os.path import relpath
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text

from shared.core.windows import Window
from shared.demo.calendar import STUCK, expected_games, game_days
from shared.demo.coverage import PhaseCoverage, Report
from shared.demo.story import Ending, Progress
from shared.demo.world import Made
from shared.local.pubsub_choice import Broker
from shared.local.stack import Stack

_CELL_DAYS = 28
_BAR = 28
_LINE_EVERY = 10.0  # seconds, where there is no terminal to draw on
_GIGABYTE = 2**30


class TerminalScreen:
    """A `shared.demo.story.Screen` on a rich console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._made: list[Made] = []
        self._cascade = Grid()
        self._next_line = 0.0

    def starting(self, broker: Broker) -> None:
        story = (
            "Four seasons of raw data are there. Of three post-seasons nobody told phases 3 to 6:\n"
            "259 games on 137 dates have been stuck in phase 2 ever since. Besides, one day is half\n"
            "written, one was corrected after everything had been built, one has no source at all."
        )
        self._console.print(Panel(story, title="gap healer · the NBA pipeline", title_align="left", padding=(0, 1)))
        pubsub = {"local": "the built-in Pub/Sub server", "google": "Google's Pub/Sub emulator"}[broker.name]
        self._console.print(f"Starting the local stack: bqemulator, {pubsub}, one process per function.")
        if self._console.is_terminal:
            self._live = Live(Text("  waiting for the warehouse"), console=self._console, transient=True)
            self._live.start()

    def made(self, made: Made) -> None:
        self._made.append(made)
        if self._live is not None:
            self._live.update(Text(f"  making the world: {made.table}, {made.rows:,} rows"))

    def started(self, stack: Stack, seconds: float) -> None:
        self._stop_live()
        rows = sum(made.rows for made in self._made)
        up = len(stack.describe())
        self._console.print(
            f"[green]ready[/] {up} processes, {len(self._made)} tables, {rows:,} rows, {seconds:.0f} s; "
            f"logs in {relpath(stack.run_dir / 'logs')}",
            soft_wrap=True,
        )
        self._console.print(f"look at it while it runs: {stack.dashboard}\n", soft_wrap=True)

    def before(self, found: list[PhaseCoverage]) -> None:
        self._console.print(_calendar("Coverage before", found))

    def ordered(self, window: Window, reports: Mapping[str, Report]) -> None:
        gaps = sum(report["counts"]["gaps"] for report in reports.values())
        body = f'{{"start_date": "{window.start}", "end_date": "{window.end_date}"}}'
        self._console.print(f"[bold]One order[/], to each edge: POST /scan-gaps {body}", soft_wrap=True)
        kinds: Counter[str] = Counter()
        for report in reports.values():
            kinds.update(report["by_kind"])
        told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
        first = ", ".join(str(report["counts"]["messages"]) for report in reports.values())
        self._console.print(f"{gaps:,} gaps found and remembered ({told}). Messages per edge: {first}\n")
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=4, transient=True)
            self._live.start()

    def progress(self, phases: list[Progress], seconds: float) -> None:
        self._cascade = _cascade(phases, seconds)
        if self._live is not None:
            self._live.update(self._cascade)
        elif seconds >= self._next_line:
            self._next_line = seconds + _LINE_EVERY
            told = ", ".join(f"{phase.name} {phase.complete}/{phase.expected}" for phase in phases)
            self._console.print(f"  {seconds:3.0f} s  {told}")

    def ending(self, ending: Ending, window: Window) -> None:
        self._stop_live()
        self._console.print(self._cascade)
        self._console.print()
        self._console.print(_calendar("Coverage after", ending.coverage))
        self._console.print(_left(ending.reports, window))
        self._console.print(_closing(ending, window), soft_wrap=True)

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _calendar(title: str, found: list[PhaseCoverage]) -> Group:
    """One line per phase, one cell per four weeks of the seasons, and the dates of the stuck post-seasons."""
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    for _ in STUCK:
        grid.add_column(justify="right", no_wrap=True)
    cells = list(_cells())
    grid.add_row("", _years(cells), *(Text(f"{window.start:%Y}", style="dim") for window in STUCK))
    for phase in found:
        strip = Text.assemble(*(_cell(phase.share(cell)) for cell in cells))
        numbers = [_dates(*phase.whole_dates(window)) for window in STUCK]
        grid.add_row(f"{phase.phase.phase} {phase.phase.name}", strip, *numbers)
    key = ("█", "green"), " all  ", ("▒", "yellow"), " part  ", ("░", "red"), " none; right: spring"
    legend = Text.assemble(" " * 15, "4 weeks a cell: ", *key, style="dim")
    return Group(Text(title, style="bold"), grid, legend, "")


def _cells() -> Iterable[Window]:
    """Yields four-week windows over the seasons, without the summers."""
    days = sorted(expected_games())
    start = days[0]
    while start <= days[-1]:
        cell = Window(start, start + timedelta(days=_CELL_DAYS))
        if any(day in cell for day in days):
            yield cell
        start = cell.stop


def _years(cells: list[Window]) -> Text:
    """The beginning of each season over its first cell."""
    starts = {min(day.date for day in game_days() if day.season == season): season for season in _seasons()}
    line = ""
    for position, cell in enumerate(cells):
        season = next((name for first, name in starts.items() if first in cell), None)
        if season is not None:
            line = line.ljust(position) + season
    return Text(line.ljust(len(cells)), style="dim")


def _seasons() -> list[str]:
    return sorted({day.season for day in game_days()})


def _cell(share: float | None) -> tuple[str, str]:
    if share is None:
        return " ", ""
    if share >= 1:
        return "█", "green"
    return ("▒", "yellow") if share > 0 else ("░", "red")


def _dates(whole: int, all_dates: int) -> Text:
    style = "green" if whole == all_dates else "yellow" if whole else "red"
    return Text(f"{whole}/{all_dates}", style=style)


def _cascade(phases: list[Progress], seconds: float) -> Grid:
    grid = Grid(
        title=f"The cascade, {seconds:.0f} s", title_justify="left", title_style="bold", header_style="dim", box=None
    )
    for heading in ("phase", "", "complete", "in flight", "held"):
        grid.add_column(heading, justify="left" if heading in ("phase", "") else "right", no_wrap=True)
    for phase in phases:
        done = round(_BAR * phase.complete / phase.expected)
        busy = min(_BAR - done, round(_BAR * phase.in_flight / phase.expected + 0.49))
        bar = Text.assemble(("█" * done, "green"), ("▒" * busy, "cyan"), ("·" * (_BAR - done - busy), "dim"))
        counts = (f"{phase.complete}/{phase.expected}", str(phase.in_flight or ""), str(phase.held or ""))
        grid.add_row(f"{phase.phase} {phase.name}", bar, *counts)
    return grid


def _left(reports: Mapping[str, Report], window: Window) -> Group:
    """What is still open within the order, by date and reason; of blocked slices only what is at the root of it."""
    held = [entry for report in reports.values() for entry in report["held"]]
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for entry in held:
        if date.fromisoformat(entry["date"]) in window:
            groups[entry["reason"], entry["date"] if entry["reason"] == "blocked" else ""].append(entry)
    grid = Grid.grid(padding=(0, 2))
    for (reason, _), entries in sorted(groups.items()):
        days = sorted({entry["date"] for entry in entries})
        span = days[0] if len(days) == 1 else f"{len(days)} dates from {days[0]}"
        grid.add_row(span, Text(reason, style="yellow"), f"{len(entries)} slices", _cause(reason, entries))
    return Group(Text("Still open in what was ordered, and why", style="bold"), grid, "")


def _cause(reason: str, entries: list[Mapping[str, Any]]) -> str:
    """Returns what the slices wait for: the reads that are no gaps of their own, or a person."""
    gaps = {entry["table"] for entry in entries}
    if reason != "blocked":
        return f"{', '.join(sorted(gaps))}: a person has to name it"
    roots = {label for entry in entries for label in entry["blocked_by"] if not gaps.intersection(label.split("|"))}
    return "\n".join(sorted("no " + root.replace("|", ", no ") for root in roots))


def _closing(ending: Ending, window: Window) -> Text:
    dates = len({day for day in expected_games() if day in window})
    again = sum(report["counts"]["triggered"] for report in ending.again.values())
    held = (date.fromisoformat(entry["date"]) for report in ending.reports.values() for entry in report["held"])
    open_now = sum(day in window for day in held)
    gigabytes = ending.memory_bytes / _GIGABYTE
    return Text.assemble(
        ("Healed ", "bold green"),
        (f"{ending.healed:,} slices", "bold"),
        f" on {dates} dates in ",
        (f"{ending.seconds:.0f} s", "bold"),
        f", {open_now} held for a reason; asked again, {again} triggered; {gigabytes:.1f} GB.",
    )
