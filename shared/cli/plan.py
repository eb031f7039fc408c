"""`gaphealer plan`: what a backfill would do, through all phases, before it does anything."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.cli.edges import which_edges
from shared.cli.options import as_json, console, dates, pipeline_file, project, reader_of, warehouse_of
from shared.cli.ordering import asked_order
from shared.config import load_pipeline
from shared.core.windows import spelled
from shared.operations.forecast import Forecast, forecast
from shared.operations.rehearsal import Left, Rehearsal, Sent

_FEW_WAVES = 12  # that are shown one by one


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
    from shared.bootstrap import utc_now

    pipeline, now = load_pipeline(path), utc_now()
    order = asked_order(pipeline, project, now, reason=None, **given)
    found = forecast(warehouse_of(pipeline, project), reader_of(pipeline, project), pipeline, order, now)
    screen = console(as_json=as_json)
    _show(screen, found)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    if found.rehearsal.left:
        raise SystemExit(1)


def _show(screen: Console, found: Forecast) -> None:
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
        screen.print(_waves(rehearsal))
    if rehearsal.at_work:
        screen.print(f"{_count(len(rehearsal.at_work), 'slice')} at work already, done with the first wave.")
    for line in (*_left(rehearsal.left), *_costs(found)):
        screen.print(line, soft_wrap=True)


def _waves(rehearsal: Rehearsal) -> Table:
    edges = list(dict.fromkeys(sent.edge for wave in rehearsal.waves for sent in wave))
    grid = Table(box=None, header_style="dim", pad_edge=False)
    grid.add_column("wave", justify="right")
    for edge in edges:
        grid.add_column(edge)
    shown = rehearsal.waves if len(rehearsal.waves) <= _FEW_WAVES else rehearsal.waves[: _FEW_WAVES - 1]
    for number, wave in enumerate(shown, start=1):
        grid.add_row(str(number), *(_sent([sent for sent in wave if sent.edge == edge]) for edge in edges))
    if rest := rehearsal.waves[len(shown) :]:
        sent = [each for wave in rest for each in wave]
        cells = [f"{_count(sum(each.edge == edge for each in sent), 'date')}" for edge in edges]
        grid.add_row(f"{len(shown) + 1}-{len(rehearsal.waves)}", *cells)
    return grid


def _sent(wave: list[Sent]) -> str:
    if not wave:
        return "[dim]-[/]"
    first, last = min(sent.date for sent in wave), max(sent.date for sent in wave)
    days = f"{first}" if first == last else f"{_count(len({sent.date for sent in wave}), 'date')} {first} to {last}"
    tables = Counter(table for sent in wave for table in sent.tables)
    named = ", ".join(escape(table) for table in tables) if len(tables) <= 2 else _count(len(tables), "table")
    return f"{days}\n[dim]{named}[/]"


def _left(left: Iterable[Left]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[Left]] = defaultdict(list)
    for each in left:
        groups[each.edge, each.reason, each.waits_for].append(each)
    if groups:
        yield "[bold]Left open, and why[/]"
    for (edge, reason, waits_for), items in groups.items():
        tables = sorted({item.verdict.gap.slice.table for item in items})
        named = ", ".join(tables) if len(tables) <= 3 else _count(len(tables), "table")
        waits = f", waits for {escape(waits_for)}" if waits_for else ""
        days = sorted({item.verdict.gap.slice.date for item in items})
        when = spelled(days) if len(days) <= 6 else f"{len(days)} dates, {days[0]} to {days[-1]}"
        yield f"  {edge} [yellow]{reason.replace('_', ' ')}[/]{waits}  {_count(len(items), 'slice')} of {named}  {when}"


def _costs(found: Forecast) -> Iterator[str]:
    if found.bytes_read:
        yield f"About {_size(found.bytes_read)} to be read by the questions in between."
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


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
