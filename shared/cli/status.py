"""`gaphealer status`: how do the phases stand, how far behind is each table, and who is at work?"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.cli.days import Word
from shared.cli.options import (
    as_json,
    asked_window,
    console,
    dates,
    edge_of,
    pipeline_file,
    project,
    reader_of,
    warehouse_of,
)
from shared.cli.trail import asked, words
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.report import moment
from shared.core.scans import ScanNote
from shared.core.status import EdgeStatus, Gaps, PhaseStatus, Status, TableStatus
from shared.core.windows import Window
from shared.operations.plain_words import scanned
from shared.operations.status import NOTED
from shared.operations.status import status as found_status


@click.command()
@click.option("--edge", help="Only between these phases, such as phase2_to_phase3.")
@dates(required=False)
@as_json
@pipeline_file
@project
def status(
    edge: str | None, start_date: Word | None, end_date: Word | None, as_json: bool, path: Path, project: str
) -> None:
    """Shows how the pipeline stands, as far back as scans look or for a range of dates. Ends with 1 if gaps are left.

    A gap is open if the next scan would trigger it; else an attempt is in flight, or it is held or escalated for a
    reason. Lag is how many days a table's newest complete date lies behind the newest that is due; everything expected
    up to its watermark is complete.
    """
    pipeline = load_pipeline(path)
    now = utc_now()
    edges = () if edge is None else (edge_of(pipeline, edge),)
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=now)
    readers = warehouse_of(pipeline, project), reader_of(pipeline, project)
    found = found_status(*readers, pipeline, now, edges=edges, window=window)
    show(console(as_json=as_json), found)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    if found.left:
        raise SystemExit(1)


def show(screen: Console, found: Status) -> None:
    """Prints the phases, why gaps are left alone, the tables of each phase, and the edges."""
    screen.print(_heading(found), soft_wrap=True)
    screen.print(_phases(found))
    for line in _reasons(found):
        screen.print(line, soft_wrap=True)
    several = len({phase.window for phase in found.phases}) > 1
    for phase in found.phases:
        title = f"{_name(phase)}, {_dates(phase.window)}" if several else _name(phase)
        screen.print()
        screen.print(_tables(phase, title))
    screen.print()
    for line in (line for each in found.edges for line in _edge(each)):
        screen.print(line, soft_wrap=True)


def _heading(found: Status) -> str:
    """Returns of which dates the rest speaks; where edges look back differently far, each phase's table says it."""
    windows = {phase.window for phase in found.phases}
    dates = f", {_dates(windows.pop())}" if len(windows) == 1 else ""
    return f"[bold]{escape(found.pipeline)}[/]{dates} [dim](seen {moment(found.at)})[/]"


def _dates(window: Window) -> str:
    return f"{window.start} to {window.end_date}"


def _phases(found: Status) -> Table:
    grid = _grid("phase", "complete", "open", "in flight", "held", "escalated")
    for phase in found.phases:
        counts = [""] * 4 if phase.gaps is None else list(_counts(phase.gaps))
        grid.add_row(_name(phase), _share(phase), *counts)
    return grid


def _counts(gaps: Gaps) -> Iterator[str]:
    held, escalated = sum(gaps.held.values()), sum(gaps.escalated.values())
    for count, colour in ((gaps.open, "yellow"), (gaps.in_flight, "cyan"), (held, "yellow"), (escalated, "red")):
        yield f"[{colour}]{count:,}[/]" if count else "0"


def _reasons(found: Status) -> Iterator[str]:
    """Yields why gaps are held and escalated, and what is ordered outside of what was looked at."""
    for phase in found.phases:
        gaps = phase.gaps or Gaps()
        for what, reasons in (("held", gaps.held), ("escalated", gaps.escalated)):
            if reasons:
                yield f"[dim]{_name(phase)}, {what}:[/] {_by_reason(reasons)}"
    for edge in found.edges:
        if edge.beyond.left:
            more = {"open": edge.beyond.open, "in flight": edge.beyond.in_flight, **edge.beyond.held}
            told = _by_reason({**more, **edge.beyond.escalated})
            yield f"[dim]{edge.name}, ordered on other dates:[/] {told}"


def _by_reason(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {words(reason)}" for reason, count in reasons.items() if count)


def _tables(phase: PhaseStatus, title: str) -> Table:
    grid = _grid(title, "complete", "lag", "watermark")
    for table in phase.tables:
        grid.add_row(table.name, _share(table), _lag(table, phase), str(table.watermark or "-"))
    return grid


def _lag(table: TableStatus, phase: PhaseStatus) -> str:
    if table.lag_days is None:
        return f"[red]over {phase.window.days - 1} d[/]"
    return f"[yellow]{table.lag_days} d[/]" if table.lag_days else "0 d"


def _edge(edge: EdgeStatus) -> Iterator[str]:
    yield f"[bold]{edge.name}[/]"
    known = f"{edge.healed} of the last {edge.settled} attempts healed" if edge.settled else "no attempt has ended yet"
    yield f"  breaker  {'[red]open[/]' if edge.breaker_open else '[green]closed[/]'}, {known}"
    yield f"  lease    {_lease(edge)}"
    if edge.lease is not None and edge.lease.holder is not None:
        yield f"           [dim]by {escape(edge.lease.holder)}[/]"
    yield from _scan(edge.scan)
    if edge.last is None:
        yield "  ledger   nothing yet"
        return
    by = f" by {asked(edge.last.source)}" if edge.last.source else ""
    yield f"  ledger   last written {moment(edge.last.at)}{by}"
    if edge.last.scan_id is not None:
        yield f"           [dim]scan {escape(edge.last.scan_id)}[/]"


def _scan(scan: ScanNote | None) -> Iterator[str]:
    if scan is None:
        yield f"  scanned  not in the last {NOTED.days} days"
        return
    yield f"  scanned  {moment(scan.started_at)} by {asked(scan.source)}"
    yield f"           [dim]{scanned(scan)}[/]"


def _lease(edge: EdgeStatus) -> str:
    if edge.lease is None:
        return "[red]there is none[/]; `gaphealer init` makes one"
    if not edge.lease.is_held:
        return "free"
    return f"held since {moment(edge.lease.since)} until {moment(edge.lease.until)}"


def _grid(*headings: str) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        grid.add_column(heading, justify="right" if number else "left", no_wrap=number > 0, overflow="fold")
    return grid


def _name(phase: PhaseStatus) -> str:
    return escape(f"{phase.phase} {phase.name}")


def _share(part: PhaseStatus | TableStatus) -> str:
    colour = "green" if part.complete == part.expected else "yellow"
    return f"[{colour}]{part.complete:,}/{part.expected:,}[/]" if part.expected else "-"
