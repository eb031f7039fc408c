"""`gaphealer plan`: what a backfill would do, through all phases, before it does anything."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.cli.bars import names_of
from shared.cli.edges import which_edges
from shared.cli.options import as_json, console, dates, pipeline_file, project, reader_of, warehouse_of
from shared.cli.ordering import asked_order
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.gaps import SliceId
from shared.core.plan import HoldReason
from shared.core.windows import spelled
from shared.operations.forecast import Forecast, forecast
from shared.operations.plain_words import size
from shared.operations.rehearsal import Left, Rehearsal, Sent

_FEW_WAVES = 8  # that are shown one by one
_FEW_DAYS = 6


@click.command()
@dates(required=True)
@which_edges
@click.option("--force", is_flag=True, help="As `backfill --force` would.")
@click.option("--max-in-flight", type=click.IntRange(1), help="As `backfill --max-in-flight` would.")
@as_json
@pipeline_file
@project
def plan(*, path: Path, project: str, as_json: bool, **given: Any) -> None:
    """Shows what `backfill` with the same options would do, wave by wave through all phases, and changes nothing.

    It is played through in memory by the code that heals, as if every processor built all it is asked for. Ends with 1
    if gaps would be left.
    """
    pipeline, now = load_pipeline(path), utc_now()
    order = asked_order(pipeline, project, now, reason=None, **given)
    found = forecast(warehouse_of(pipeline, project), reader_of(pipeline, project), pipeline, order, now)
    screen = console(as_json=as_json)
    _show(screen, found, names_of(pipeline))
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    if any(left.reason != HoldReason.WAIVED for left in found.rehearsal.left):
        raise SystemExit(1)


def _show(screen: Console, found: Forecast, names: Mapping[str, str]) -> None:
    rehearsal, window = found.rehearsal, found.rehearsal.window
    days = f"{window.start} to {window.end_date}"
    if not rehearsal.waves:
        screen.print(f"[bold]{days}[/]: nothing would go out.", soft_wrap=True)
    else:
        screen.print(
            f"[bold]{days}[/]: {_count(rehearsal.slices, 'slice')} in {_count(rehearsal.messages, 'message')}, "
            f"{_count(len(rehearsal.waves), 'wave')}",
            soft_wrap=True,
        )
        screen.print(_waves(rehearsal, names, screen.width))
    if rehearsal.at_work:
        screen.print(f"{_count(len(rehearsal.at_work), 'slice')} at work already, done with the first wave.")
    for line in (*_left(rehearsal.left, names), *_costs(found)):
        screen.print(line, soft_wrap=True)


def _waves(rehearsal: Rehearsal, names: Mapping[str, str], width: int) -> Table:
    grid = Table(box=None, header_style="dim", pad_edge=False)
    grid.add_column("wave", justify="right", min_width=4)
    grid.add_column("phase", no_wrap=True, min_width=max(map(len, names.values())))
    grid.add_column("dates", justify="right", min_width=5)
    grid.add_column("slices", justify="right", min_width=6)
    grid.add_column("from", min_width=10)
    grid.add_column("to", min_width=10)
    grid.add_column("tables", no_wrap=True)
    shown = rehearsal.waves if len(rehearsal.waves) <= _FEW_WAVES else rehearsal.waves[: _FEW_WAVES - 1]
    parts = [(str(number), wave) for number, wave in enumerate(shown, start=1)]
    if rest := rehearsal.waves[len(shown) :]:
        parts.append((f"{len(shown) + 1}-{len(rehearsal.waves)}", tuple(sent for wave in rest for sent in wave)))
    for number, wave in parts:
        edges = [edge for edge in names if any(sent.edge == edge for sent in wave)]
        for place, edge in enumerate(edges):
            row = _row(names[edge], [sent for sent in wave if sent.edge == edge], width - 50)
            grid.add_row("" if place else number, *row)
    return grid


def _row(name: str, sent: list[Sent], room: int) -> tuple[str, ...]:
    days = {each.date for each in sent}
    tables = Counter(table for each in sent for table in each.tables)
    slices = tables.total()
    listed = ", ".join(sorted(tables))
    named = listed if len(listed) <= room else _count(len(tables), "table")
    return name, f"{len(days)}", f"{slices}", f"{min(days)}", f"{max(days)}", escape(named)


def _left(left: Sequence[Left], names: Mapping[str, str]) -> Iterator[str]:
    """Yields, for each phase and reason, how much is left; of what waits only what nothing else here waits for."""
    here = {item.verdict.gap.slice for item in left}
    groups: dict[tuple[str, str], list[Left]] = defaultdict(list)
    for each in left:
        groups[each.edge, each.reason].append(each)
    if groups:
        yield "[bold]Left open, and why[/]"
    for (edge, reason), items in groups.items():
        days = sorted({item.verdict.gap.slice.date for item in items})
        when = f"on {spelled(days)}" if len(days) <= _FEW_DAYS else f"on {len(days)} dates, {days[0]} to {days[-1]}"
        roots = sorted({root for item in items for root in _roots(item, here)})
        waits = f": no {escape(', '.join(roots))}" if roots else ""
        yield f"  {names[edge]} [yellow]{reason.replace('_', ' ')}[/] {_count(len(items), 'slice')} {when}{waits}"


def _roots(item: Left, here: Set[SliceId]) -> Iterator[str]:
    """Yields the reads that `item` waits for and that are none of those left open here themselves."""
    where = item.verdict.gap.slice
    for label in item.waits_for:
        if not any(SliceId(where.date, name) in here for name in label.split("|")):
            yield label


def _costs(found: Forecast) -> Iterator[str]:
    if found.bytes_read:
        yield f"About {size(found.bytes_read)} to be read by the questions in between."
    if found.rehearsal.waves:
        yield (
            f"About {_time(found.duration)}, as long as heals have taken of late."
            if found.duration is not None
            else "How long it takes nobody knows yet: nothing has healed of late on these edges."
        )


def _time(duration: timedelta) -> str:
    minutes = duration.total_seconds() / 60
    return (
        f"{duration.total_seconds():.0f} s"
        if minutes < 2
        else f"{minutes:.0f} min"
        if minutes < 120
        else f"{minutes / 60:.1f} h"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
