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

from shared.bootstrap import utc_now
from shared.cli.options import pipeline_file, project, warehouse_of
from shared.config import load_pipeline
from shared.core.coverage import State
from shared.core.explanation import Branch, Explanation, Next, Node
from shared.core.gaps import SliceId
from shared.core.report import moment
from shared.explain import explain as explained

_COLOURS = {State.COMPLETE: "green", State.NOT_EXPECTED: "dim", State.STALE: "yellow"}
_SCANS = {"scan": "the hourly scan", "sweep": "the daily sweep", None: "a scan, if one reached that far,"}
_FEW = 4  # dates that are listed one by one


@click.command()
@click.argument("table")
@click.argument("day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--json", "as_json", is_flag=True, help="As data.")
@pipeline_file
@project
def explain(table: str, day: datetime, as_json: bool, path: Path, project: str) -> None:
    """Explains one date of one TABLE: what it is made of, what was tried, and what the next scan does."""
    pipeline = load_pipeline(path)
    if table not in pipeline.tables:
        names = ", ".join(pipeline.tables)
        raise click.BadParameter(f"{table} is not a table of {pipeline.name}: {names}", param_hint="TABLE")
    found = explained(warehouse_of(pipeline, project), pipeline, SliceId(day.date(), table), utc_now())
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
        limb = drawn.add(_reads(branch)) if len(branch.sources) != 1 else drawn
        for source in branch.sources:
            single = f"{_notes(branch)}" if limb is drawn else ""
            again = source.state.slice in seen and source.branches
            leaf = limb.add(_label(source) + single + (" [dim](see above)[/]" if again else ""))
            if not again:
                seen.add(source.state.slice)
                _grow(leaf, source, seen)
        for line in _behind(branch):
            limb.add(line)


def _behind(branch: Branch) -> Iterator[str]:
    """Yields a line for each table and state of the earlier slices that are not complete."""
    groups: dict[tuple[str, State], list[str]] = defaultdict(list)
    for state in branch.behind:
        groups[state.slice.table, state.state].append(str(state.slice.date))
    for (table, kind), days in groups.items():
        listed = days if len(days) <= _FEW else [*days[: _FEW - 1], "…", days[-1]]
        count = "" if len(days) <= _FEW else f" on {len(days)} dates"
        yield f"[dim]before: {table}[/] [{_colour(kind)}]{kind.value}[/]{count} [dim]{', '.join(listed)}[/]"


def _label(node: Node) -> str:
    state = node.state
    written = f", written {moment(state.newest)}" if state.newest else ""
    why = "" if state.state is State.MISSING else f": {escape(node.why.removeprefix('not expected: '))}"
    name = state.state.value.replace("_", " ")
    return f"[bold]{state.slice.table}[/] {state.slice.date} [{_colour(state.state)}]{name}[/]{why}{written}"


def _colour(state: State) -> str:
    return _COLOURS.get(state, "red")


def _reads(branch: Branch) -> str:
    return f"[dim]reads {escape(' or else '.join(branch.read.any_of))}[/]{_notes(branch)}"


def _notes(branch: Branch) -> str:
    notes = [f"and {branch.read.lookback_days} days back"] if branch.read.lookback_days else []
    notes += ["optional"] if branch.read.optional else []
    told = f" [dim]({', '.join(notes)})[/]" if notes else ""
    waited = " [red]← waited for[/]" if branch.met is False else ""
    return told + waited + (" [yellow]← newer[/]" if branch.newer else "")


def _tried(found: Explanation) -> Iterator[str]:
    yield "" if found.trail else "\nThe ledger has nothing about it."
    for event in found.trail:
        attempt = f" attempt {event.attempt}" if event.attempt else ""
        said = ", ".join(escape(word) for word in (event.source, event.reason) if word)
        generation = f" [dim](generation {event.generation})[/]" if event.generation > 1 else ""
        by = f" by {said}" if said else ""
        yield f"{moment(event.at)} {event.type.value.replace('_', ' ')}{attempt}{by}{generation}"


def _next(coming: Next) -> Iterator[str]:
    until = f", until {moment(coming.until)}" if coming.until else ""
    blocked = f", it waits for {escape(', '.join(coming.blocked_by))}" if coming.blocked_by else ""
    match coming.outcome:
        case "triggered":
            does = f"triggers it, attempt {coming.attempt}, if there is room"
        case "held":
            does = f"leaves it alone ({coming.reason}){blocked}{until}"
        case "escalated":
            does = f"hands it to a person ({coming.reason}); it is healed if somebody orders its date"
        case _:
            yield f"[bold]Next:[/] nothing, {coming.reason}."
            return
    yield f"[bold]Next:[/] {_SCANS[coming.scan]} {does}."
