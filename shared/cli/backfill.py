"""`gaphealer backfill`: one command for a range of dates, through all phases."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.bars import Bars, left_of, names_of
from shared.cli.edges import door, doors_of, which_edges
from shared.cli.options import as_json, console, dates, pipeline_file, project, reader_of, warehouse_of
from shared.cli.ordering import asked_order
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.pipeline import Pipeline
from shared.errors import GapHealerError

if TYPE_CHECKING:
    from shared.operations.backfill import Order, Standing
    from shared.operations.backfill import Progress as Look

NUDGE = 60.0  # seconds that what could go out may stand: completions send it on within a few


@click.command()
@dates(required=True)
@which_edges
@click.option("--force", is_flag=True, help="Skip age, cooldown and attempts, once; never readiness.")
@click.option("--max-in-flight", type=click.IntRange(1), help="At most so many dates at a time, in batches.")
@click.option("--reason", help="Why; it is kept in the ledger.")
@click.option("--watch/--no-watch", default=True, help="Look until it is done; else order, and leave it to itself.")
@click.option(
    "--every", type=click.FloatRange(0.2, 3600), default=15.0, show_default=True, help="Seconds between looks."
)
@click.option(
    "--patience",
    type=click.FloatRange(1),
    default=1_800.0,
    show_default=True,
    help="Seconds without any change after which looking ends.",
)
@door
@as_json
@pipeline_file
@project
def backfill(
    *,
    path: Path,
    project: str,
    via_http: tuple[str, ...],
    watch: bool,
    every: float,
    patience: float,
    as_json: bool,
    **given: Any,
) -> None:
    """Heals all gaps of a range of dates, phase after phase, and shows how far it is.

    What is ordered stays ordered: Ctrl-C ends the looking and nothing else, and the same command, here or elsewhere,
    goes on where the tables are. What reads a date that is not complete waits for it. Ends with 1 if gaps are left.
    """
    from shared.operations.backfill import Tempo
    from shared.operations.backfill import backfill as backfilled

    if not watch and given["max_in_flight"] is not None:
        said = "expected only with --watch, which gives out one batch after another"
        raise click.BadParameter(said, param_hint="--max-in-flight")
    pipeline = load_pipeline(path)
    order = asked_order(pipeline, project, utc_now(), **given)
    doors = doors_of(pipeline, project, via_http, order.edges)
    screen = console(as_json=as_json)
    if not watch:
        _leave(screen, doors, order, as_json=as_json)
        return
    tempo, began = Tempo(every, NUDGE, patience, time.monotonic, time.sleep), utc_now()
    last: Look | None = None
    try:
        with Bars(screen, pipeline) as bars:
            for last in backfilled(doors, order, tempo, days=_days(pipeline, project, order)):
                bars.show(last)
    except KeyboardInterrupt:
        screen.print(f"\n{_interrupted(last)}", soft_wrap=True)
        raise
    assert last is not None
    healed = _healed(pipeline, project, order, began, last)
    for line in _summary(last, pipeline, healed):
        screen.print(line, soft_wrap=True)
    if as_json:
        click.echo(json.dumps(_data(last, healed), indent=2))
    if last.batch < last.batches or any(each.gaps > each.held.get("waived", 0) for each in last.standings):
        raise SystemExit(1)


def _days(pipeline: Pipeline, project: str, order: "Order") -> list[Any]:
    """Returns the dates with gaps, which only an order in batches has to know."""
    if order.max_in_flight is None:
        return []
    from shared.operations.forecast import days_with_gaps
    from shared.operations.snapshot import take

    warehouse, reader = warehouse_of(pipeline, project), reader_of(pipeline, project)
    return list(days_with_gaps(take(warehouse, reader, pipeline, order.window, utc_now()), order))


def _interrupted(last: "Look | None") -> str:
    if last is None or not last.is_ordered:
        return "Not all of it was ordered yet; the same command does that."
    rest = "" if last.batch == last.batches else f" Batches after {last.batch} of {last.batches} are not ordered yet."
    return f"It goes on without you.{rest} The same command shows how far it is, and goes on from there."


def _healed(pipeline: Pipeline, project: str, order: "Order", began: datetime, last: "Look") -> dict[str, int]:
    """Returns, by edge, how many slices were healed: by the ledger, which knows more than looks see, or by these.

    The last looks write nothing, so what nobody announced is not in the ledger yet; and whoever asks deployed functions
    may have no right to read it.
    """
    known: Mapping[str, int] = {}
    try:
        paces = reader_of(pipeline, project).pace(began, order.window)
        known = {edge: pace.healed for edge, pace in paces.items()}
    except GapHealerError as error:
        said = f"The ledger cannot be read, so heals are counted by what looks saw: {escape(str(error))}"
        console(as_json=True).print(said, soft_wrap=True)
    return {each.edge: max(each.healed, known.get(each.edge, 0)) for each in last.standings}


def _leave(screen: Console, doors: Any, order: "Order", *, as_json: bool) -> None:
    from shared.operations.backfill import place_order

    reports = place_order(doors, order, order.window)
    for report in reports:
        counts = report["counts"]
        screen.print(
            f"[bold]{report['edge']}[/] {counts['gaps']} gaps ordered, {counts['triggered']} triggered", soft_wrap=True
        )
    screen.print(
        "Functions and hourly scans heal them from here; the same command with --watch shows how far they are.",
        soft_wrap=True,
    )
    if as_json:
        click.echo(json.dumps(reports, indent=2))


def _summary(last: "Look", pipeline: Pipeline, healed: Mapping[str, int]) -> Iterator[str]:
    names = names_of(pipeline)
    gaps = sum(each.gaps for each in last.standings)
    first = "Everything is healed" if not gaps else "Nothing moves any more"
    yield f"[bold]{first}[/]: {sum(healed.values()):,} healed, {gaps:,} left{_batches(last)}"
    for each in last.standings:
        left = f", {each.gaps:,} left: {left_of(each)}" if each.gaps else ""
        yield f"  {names[each.edge]}: {healed.get(each.edge, 0):,} healed{left}"
    if last.batch < last.batches:
        yield f"Of {last.batches} batches those after {last.batch} were not ordered; the same command does that."
    if last.is_stuck:
        yield "What is at work has not changed for a long time; `gaphealer status` shows it, and hourly scans go on."
    elif _is_blocked(last.standings):
        yield "What is blocked waits for dates that are not complete; `gaphealer explain DATE` says which."


def _batches(last: "Look") -> str:
    return f", {last.batch} of {last.batches} batches" if last.batches > 1 else ""


def _is_blocked(standings: Iterable["Standing"]) -> bool:
    return any("blocked" in standing.held for standing in standings)


def _data(last: "Look", healed: Mapping[str, int]) -> dict[str, object]:
    return {
        "is_stuck": last.is_stuck,
        "batch": last.batch,
        "batches": last.batches,
        "edges": [
            {
                "edge": each.edge,
                "seen": each.seen,
                "healed": healed.get(each.edge, 0),
                "left": each.gaps,
                "in_flight": each.at_work,
                "ready": each.ready,
                "waiting": each.waiting,
                "held_by_reason": dict(each.held),
                "escalated": each.escalated,
            }
            for each in last.standings
        ],
    }
