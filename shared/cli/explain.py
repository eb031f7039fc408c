"""`gaphealer explain`: why is this slice (not) a gap, and what happens next?"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from shared.cli.options import complete_tables, now, pipeline_file, project, warehouse_of
from shared.config import load_pipeline
from shared.core.coverage import State
from shared.core.explanation import Branch, Explanation, Next, Node
from shared.core.gaps import SliceId
from shared.core.report import moment
from shared.core.windows import FIRST_DATE, LAST_DATE
from shared.operations.explain import explain as explained

_COLOURS = {State.COMPLETE: "green", State.NOT_EXPECTED: "dim", State.STALE: "yellow"}
_SCANS = {"scan": "the hourly scan", "sweep": "the daily sweep", None: "a scan, if one reached that far,"}
_WAYS_OUT = {
    True: "It is tried anew when what it reads is written again, or by a person's `force`.",
    False: "It is healed if somebody orders its date.",
}
_FEW = 4  # dates that are listed one by one
_ASKED = {"event": "a completion", "scan": "a scan", "manual": "a person", "replay": "a replay"}


@click.command()
@click.argument("table", shell_complete=complete_tables)
@click.argument("day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--json", "as_json", is_flag=True, help="As data.")
@pipeline_file
@project
def explain(table: str, day: datetime, as_json: bool, path: Path, project: str) -> None:
    """Explains one date of one TABLE: what it is made of, what was tried, and what the next scan does."""
    pipeline = load_pipeline(path)
    if not FIRST_DATE <= day.date() <= LAST_DATE:
        raise click.BadParameter(f"expected a date from {FIRST_DATE} to {LAST_DATE}", param_hint="DATE")
    if table not in pipeline.tables:
        names = ", ".join(pipeline.tables)
        raise click.BadParameter(f"{table} is not a table of {pipeline.name}: {names}", param_hint="TABLE")
    found = explained(warehouse_of(pipeline, project), pipeline, SliceId(day.date(), table), now())
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return
    console = Console(highlight=False)
    console.print(_tree(found.node))
    for line in (*_tried(found), *_next(found.next)):
        console.print(line, soft_wrap=True)


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
    why = "" if state.state is State.MISSING else f": {escape(node.why.removeprefix('not expected: '))}"
    return f"[bold]{state.slice.table}[/] {state.slice.date} {_standing(state.state)}{why}{written}"


def _reads(branch: Branch) -> str:
    return f"[dim]reads {escape(' or else '.join(branch.read.any_of))}[/]{_notes(branch)}"


def _notes(branch: Branch) -> str:
    notes = [f"and {branch.read.lookback_days} days back"] if branch.read.lookback_days else []
    notes += ["optional"] if branch.read.optional else []
    told = f" [dim]({', '.join(notes)})[/]" if notes else ""
    waited = " [red](waited for)[/]" if branch.met is False else ""
    return told + waited + (" [yellow](newer)[/]" if branch.newer else "")


def _tried(found: Explanation) -> Iterator[str]:
    yield "" if found.trail else "\nThe ledger has nothing about it."
    for event in found.trail:
        attempt = f" attempt {event.attempt}" if event.attempt else ""
        generation = f" [dim](generation {event.generation})[/]" if event.generation > 1 else ""
        by = f" by {escape(_ASKED.get(event.source, event.source))}" if event.source else ""
        reason = f": {escape(event.reason)}" if event.reason else ""
        yield f"{moment(event.at)} {_words(event.type)}{attempt}{by}{reason}{generation}"


def _next(coming: Next) -> Iterator[str]:
    who = _SCANS[coming.scan]
    until = f", until {moment(coming.until)}" if coming.until else ""
    blocked = f", waits for {escape(', '.join(coming.blocked_by))}" if coming.blocked_by else ""
    reason = _words(coming.reason or "")
    match coming.outcome:
        case "triggered":
            yield f"[bold]Next[/]: {who} triggers it, attempt {coming.attempt}, if there is room."
        case "held":
            yield f"[bold]Next[/]: {who} leaves it alone: {reason}{blocked}{until}."
        case "escalated":
            yield f"[bold]Next[/]: {who} hands it to a person: {reason}. {_WAYS_OUT[coming.reason == 'exhausted']}"
        case _:
            yield f"[bold]Next[/]: nothing, {reason}."


def _standing(state: State) -> str:
    return f"[{_COLOURS.get(state, 'red')}]{_words(state)}[/]"


def _words(name: str) -> str:
    return name.replace("_", " ")
