"""`gaphealer waive`, `unwaive` and `withdraw`: an operator's word on gaps and orders."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from shared.cli.days import Word as Spoken
from shared.cli.options import (
    as_json,
    asked_window,
    complete_edges,
    complete_tables,
    console,
    dates,
    edge_of,
    pipeline_file,
    project,
    tables_of,
    warehouse_of,
)
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.gaps import SliceId
from shared.core.ledger import EventType
from shared.core.pipeline import Edge, Pipeline
from shared.errors import RequestInvalid
from shared.operations import words
from shared.operations.words import Said, Wish
from shared.ports import Warehouse

Word = Callable[[Warehouse, Pipeline, Edge, Wish, datetime], Said]

_FEW = 6  # dates that are listed one by one
_WORDS = {
    EventType.WAIVED: ("waived", "would be waived", "Nothing to waive."),
    EventType.UNWAIVED: ("no longer waived", "would no longer be waived", "Nothing here is waived."),
    EventType.WITHDRAWN: ("no longer ordered", "would no longer be ordered", "Nothing here is ordered."),
}


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options by which a person says which slices are meant."""
    options = (
        click.option(
            "--edge",
            required=True,
            shell_complete=complete_edges,
            help="Between which phases, such as phase2_to_phase3.",
        ),
        dates(required=True),
        click.option(
            "--tables",
            shell_complete=complete_tables,
            help="Only these, separated by commas; all tables of the downstream phase if absent.",
        ),
        click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing."),
        as_json,
        pipeline_file,
        project,
    )
    for option in reversed(options):
        command = option(command)
    return command


_why = click.option("--reason", help="Why; it is kept in the ledger.")


@click.command()
@_which
@click.option("--reason", required=True, help="Why they will never be filled; it is kept in the ledger and shown.")
def waive(**given: Any) -> None:
    """Gives up the gaps of these dates: no scan triggers or escalates them until they are unwaived or seen filled."""
    _say(words.waive, **given)


@click.command()
@_which
@_why
def unwaive(**given: Any) -> None:
    """Takes waivers back: the gaps of these dates may be healed again."""
    _say(words.unwaive, **given)


@click.command()
@_which
@_why
def withdraw(**given: Any) -> None:
    """Takes back the orders for these dates: scans no longer trigger what is too old for them."""
    _say(words.withdraw, **given)


def _say(
    word: Word,
    *,
    path: Path,
    project: str,
    edge: str,
    start_date: Spoken,
    end_date: Spoken | None,
    tables: str | None,
    reason: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    pipeline = load_pipeline(path)
    asked = edge_of(pipeline, edge)
    if len(reason or "") > words.MAX_REASON:
        raise click.BadParameter(f"expected at most {words.MAX_REASON} characters", param_hint="--reason")
    named, at = tables_of(asked, tables), utc_now()
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=at)
    assert window is not None
    wish = Wish(window, named, reason, dry_run)
    try:
        said = word(warehouse_of(pipeline, project), pipeline, asked, wish, at)
    except RequestInvalid as error:
        raise click.BadParameter(error.faults[0].message, param_hint=f"--{error.faults[0].path}") from error
    screen = console(as_json=as_json)
    for line in _told(said, dry_run=dry_run):
        screen.print(line, soft_wrap=True)
    if as_json:
        click.echo(json.dumps(_data(said, asked, wish), indent=2))


def _told(said: Said, *, dry_run: bool) -> Iterator[str]:
    done, would, nothing = _WORDS[said.type]
    if not said.slices:
        yield nothing
    for table, days in _by_table(said.slices):
        yield f"[bold]{escape(table)}[/] [green]{would if dry_run else done}[/] {_dates(days)}"
    for table, days in _by_table(said.known):
        yield f"[bold]{escape(table)}[/] [dim]was waived before[/] {_dates(days)}"
    for table, days in _by_table(said.no_gaps):
        yield f"[bold]{escape(table)}[/] [dim]is no gap, and needs no waiver[/] {_dates(days)}"


def _by_table(slices: Iterable[SliceId]) -> Iterable[tuple[str, list[date]]]:
    groups: dict[str, list[date]] = defaultdict(list)
    for each in slices:
        groups[each.table].append(each.date)
    return groups.items()


def _dates(days: list[date]) -> str:
    listed = [str(day) for day in days]
    if len(days) <= _FEW:
        return ", ".join(listed)
    return f"on {len(days)} dates [dim]{', '.join([*listed[: _FEW - 1], '…', listed[-1]])}[/]"


def _data(said: Said, edge: Edge, wish: Wish) -> dict[str, object]:
    def listed(slices: Iterable[SliceId]) -> list[dict[str, str]]:
        return [{"date": each.date.isoformat(), "table": each.table} for each in slices]

    return {
        "said": said.type.value,
        "edge": edge.name,
        "window": wish.window.as_json(),
        "reason": wish.reason,
        "dry_run": wish.dry_run,
        "slices": listed(said.slices),
        "known": listed(said.known),
        "no_gaps": listed(said.no_gaps),
    }
