"""`gaphealer explain`: why is there (no) gap on this date, and what happens next?"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from shared.cli.days import DATE_FIRST, Day, Word, day_of
from shared.cli.options import (
    as_json,
    complete_tables,
    console,
    pipeline_file,
    project,
    table_of,
    warehouse_of,
)
from shared.cli.trail import happened, words
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.coverage import SliceState, State
from shared.core.day_explanation import DayExplanation
from shared.core.explanation import Branch, Explanation, Next, Node
from shared.core.gaps import SliceId
from shared.core.pipeline import Pipeline
from shared.core.plan import HoldReason
from shared.core.report import moment
from shared.core.windows import local_date
from shared.operations import plain_words
from shared.operations.explain import explain as explain_slice
from shared.operations.explain import explain_day

_COLOURS = {State.COMPLETE: "green", State.NOT_EXPECTED: "dim", State.STALE: "yellow"}
_FEW = 4  # dates that are listed one by one


@click.command(context_settings=DATE_FIRST)
@click.argument("day", metavar="DATE", type=Day())
@click.option(
    "--table", shell_complete=complete_tables, help="Only this table, with all it is made of and what was tried."
)
@as_json
@pipeline_file
@project
def explain(day: Word, table: str | None, as_json: bool, path: Path, project: str) -> None:
    """Explains one DATE (2022-04-16, yesterday, -30d): how each table stands, why, and what the next scan does."""
    pipeline = load_pipeline(path)
    asked_at = utc_now()
    known, on = table_of(pipeline, table), day_of(day, local_date(asked_at, pipeline.zone))
    warehouse, screen = warehouse_of(pipeline, project), console(as_json=as_json)
    if known is None:
        whole = explain_day(warehouse, pipeline, on, asked_at)
        data = whole.as_json()
        show_day(screen, pipeline, whole)
    else:
        found = explain_slice(warehouse, pipeline, SliceId(on, known), asked_at)
        data = found.as_json()
        _show(screen, found)
    if as_json:
        click.echo(json.dumps(data, indent=2))


def _show(screen: Console, found: Explanation) -> None:
    screen.print(_tree(found.node))
    screen.print("" if found.trail else "\nThe ledger has nothing about it.")
    for event in found.trail:
        screen.print(happened(event), soft_wrap=True)
    screen.print(f"[bold]Next[/]: {escape(plain_words.coming(found.next))}", soft_wrap=True)


def show_day(screen: Console, pipeline: Pipeline, whole: DayExplanation) -> None:
    """Prints a line for each table: how it stands, why, and what happens next."""
    grid = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for phase in pipeline.phases:
        grid.add_row(f"[dim]{phase.phase} {escape(phase.name)}[/]")
        for line in whole.lines:
            if line.phase == phase.phase:
                state = line.state
                told = [part for part in (_why(state, line.why), _next_in_short(line.next)) if part]
                grid.add_row(f"[bold]{state.slice.table}[/]", _standing(state.state), "; ".join(told))
    screen.print(f"[bold]{whole.date}[/]")
    screen.print(grid)


def _tree(root: Node) -> Tree:
    drawn = Tree(_label(root), guide_style="dim")
    _grow(drawn, root, {root.state.slice})
    return drawn


def _grow(drawn: Tree, node: Node, seen: set[SliceId]) -> None:
    """Adds what `node` reads; a slice that was drawn before is named again, without what it reads."""
    for branch in node.branches:
        alone = len(branch.sources) == 1
        limb = drawn if alone else drawn.add(_reads(branch))
        for source in branch.sources:
            again = source.state.slice in seen and source.branches
            notes = _notes(branch) if alone else ""
            leaf = limb.add(_label(source) + notes + (" [dim](see above)[/]" if again else ""))
            if not again:
                seen.add(source.state.slice)
                _grow(leaf, source, seen)
            limb = leaf if alone else limb
        for line in _behind(branch):
            limb.add(line)


def _behind(branch: Branch) -> Iterator[str]:
    """Yields a line for each table and state of the earlier slices that are not complete, with their dates."""
    groups: dict[tuple[str, State], list[str]] = defaultdict(list)
    for state in branch.behind:
        groups[state.slice.table, state.state].append(str(state.slice.date))
    for (table, kind), days in groups.items():
        listed = days if len(days) <= _FEW else [*days[: _FEW - 1], "…", days[-1]]
        count = f" on {len(days)} dates" if len(days) > _FEW else ""
        yield f"{table} {_standing(kind)}{count} [dim]{', '.join(listed)}[/]"


def _label(node: Node) -> str:
    state = node.state
    written = f", written {moment(state.newest)}" if state.newest else ""
    why = _why(state, node.why)
    because = f": {why}" if why else ""
    return f"[bold]{state.slice.table}[/] {state.slice.date} {_standing(state.state)}{because}{written}"


def _why(state: SliceState, why: str) -> str:
    return escape(plain_words.why(state, why))


def _reads(branch: Branch) -> str:
    return f"[dim]reads {escape(' or else '.join(branch.read.any_of))}[/]{_notes(branch)}"


def _notes(branch: Branch) -> str:
    notes = plain_words.reads(branch)
    told = f" [dim]({notes})[/]" if notes else ""
    waited = " [red](waited for)[/]" if branch.met is False else ""
    return told + waited + (" [yellow](newer)[/]" if branch.newer else "")


def _next_in_short(coming: Next) -> str:
    """Returns it as it goes into a line among others; empty where nothing happens."""
    until = f", until {moment(coming.until)}" if coming.until else ""
    match coming.outcome:
        case "triggered":
            return f"{plain_words.SCANS[coming.scan]} triggers it, attempt {coming.attempt}"
        case "held":
            joined = " by " if coming.reason == HoldReason.BLOCKED else ", waits for "
            blocked = f"{joined}{escape(', '.join(coming.blocked_by))}" if coming.blocked_by else ""
            return f"{words(coming.reason or '')}{blocked}{until}"
        case "escalated":
            return f"left to a person, {words(coming.reason or '')}"
        case _:
            return ""


def _standing(state: State) -> str:
    return f"[{_COLOURS.get(state, 'red')}]{words(state)}[/]"
