"""`gaphealer replay`: after an outage, has the orchestrators hear again what was said in it, and watches what heals."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.moments import Moment, Spoken
from shared.cli.options import (
    as_json,
    console,
    one_world,
    pipeline_file,
    project,
    subscriptions_of,
    warehouse_of,
)
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.names import Listener, listeners
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.core.windows import FIRST_DATE, Window, local_date
from shared.errors import CalendarEmpty
from shared.operations import replay as replays
from shared.operations.open_gaps import Look, Looker
from shared.operations.replay import Reach, Summary

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@click.command()
@click.option(
    "--since", type=Moment(), required=True, help="2026-01-31T17:00Z, 2h or 3d (ago), or a date: its midnight."
)
@click.option("--until", type=Moment(), help="Only the dates up to here are watched; all since --since is delivered.")
@click.option(
    "--subscription", "names", multiple=True, metavar="NAME", help="Only this one; may be said several times."
)
@click.option("--dry-run", is_flag=True, help="Say what would be delivered again and what is open, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before it is done.")
@click.option("--watch/--no-watch", default=True, show_default=True, help="Wait and show what heals.")
@click.option("--every", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Seconds between looks.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    help="Seconds without any change after which nobody waits longer.",
)
@as_json
@pipeline_file
@project
def replay(
    since: Spoken,
    until: Spoken | None,
    names: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    watch: bool,
    every: float,
    patience: float,
    as_json: bool,
    path: Path,
    project: str,
) -> None:
    """Has the completions since a moment delivered to the orchestrators once more: for after an outage.

    Choose --since some minutes before it began. What was heard before changes nothing: every orchestrator looks at the
    tables, and keys are deterministic. Ends with 1 if retention does not reach so far, in which case nothing is sought
    anywhere, or if gaps are left but those that somebody wants left alone.
    """
    pipeline, now = load_pipeline(path), utc_now()
    begin, end = _range(since, until, pipeline, now)
    meant = _meant(pipeline, names)
    one_world()
    if not (dry_run or yes) and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here: expected --yes or --dry-run")
    window = replays.window_of(begin, end, pipeline)
    screen = console(as_json=as_json)
    told = _asked(begin, end if until else None, window, dry_run=dry_run)
    with subscriptions_of(project) as subscriptions:
        reached = replays.reach(subscriptions, meant, begin, now)
        told["subscriptions"] = [each.as_json() for each in reached]
        _print(screen, _reaches(reached))
        if any(each.refusal for each in reached):
            _print(screen, _refused(reached, begin, window))
            _end(told, as_json=as_json, code=1)
        looker = Looker(warehouse_of(pipeline, project), pipeline, replays.edges_of(pipeline, meant), window, utc_now)
        first = _first_look(screen, looker, window)
        told["open"] = None if first is None else first.counts
        _print(screen, _warned(begin, end if until else None))
        if dry_run:
            screen.print("Nothing was sought: a dry run.")
            _end(told, as_json=as_json)
        if not yes:
            click.confirm("Deliver all of it again?", abort=True, err=True)
        replays.seek(subscriptions, reached, begin)
    told["sought"] = True
    screen.print(f"[green]sought[/] subscriptions: {len(reached)}, to {moment(begin)}", soft_wrap=True)
    if first is None or not watch:
        _end(told, as_json=as_json)
    found = replays.summary([first, *_watched(screen, looker, first, every=every, patience=patience)])
    _print(screen, _summed(found, patience))
    told |= {"healed": {edge: len(slices) for edge, slices in found.healed.items()}, "left": found.left.counts}
    _end(told, as_json=as_json, code=0 if found.is_clean else 1)


def _range(since: Spoken, until: Spoken | None, pipeline: Pipeline, now: datetime) -> tuple[datetime, datetime]:
    """Returns from when to when; raises click.BadParameter for what is not past, or ends on a date before."""
    begin = since.at(now, pipeline.zone)
    if local_date(begin, pipeline.zone) <= FIRST_DATE:
        raise click.BadParameter(f"{since.text}: expected a moment after {FIRST_DATE}", param_hint="--since")
    if begin > now:
        said = f"{since.text}: expected a moment that is past; a seek into the future throws away what comes until then"
        raise click.BadParameter(said, param_hint="--since")
    if until is None:
        return begin, now
    end = until.at(now, pipeline.zone)
    if end > now:
        raise click.BadParameter(f"{until.text}: expected a moment that is past", param_hint="--until")
    if local_date(end, pipeline.zone) < local_date(begin, pipeline.zone):
        raise click.BadParameter(f"{until.text}: expected not before --since", param_hint="--until")
    return begin, end


def _meant(pipeline: Pipeline, names: Sequence[str]) -> list[Listener]:
    """Returns the orchestrators' listeners that `names` name, all for none; raises click.BadParameter for others."""
    known = {each.subscription: each for each in listeners(pipeline) if each.hears_completions}
    if unknown := [name for name in names if name not in known]:
        said = f"{', '.join(unknown)}: expected one of {', '.join(known)}"
        raise click.BadParameter(said, param_hint="--subscription")
    if not known:
        raise click.UsageError(f"{pipeline.name} has no completion topics: there is nothing to deliver again")
    return [known[name] for name in dict.fromkeys(names or known)]


def _watched(screen: Console, looker: Looker, last: Look, *, every: float, patience: float) -> Iterator[Look]:
    """Yields looks, and prints those that differ from the one before."""
    began = time.monotonic()
    looks = replays.watch(
        looker.look,
        clock=utc_now,
        pause=time.sleep,
        every=timedelta(seconds=every),
        patience=timedelta(seconds=patience),
    )
    for look in looks:
        if look != last:
            told = "; ".join(f"{edge} {_counted(counts)}" for edge, counts in look.counts.items() if counts)
            screen.print(f"[dim]{time.monotonic() - began:4.0f} s[/]  {escape(told) or 'nothing open'}", soft_wrap=True)
        last = look
        yield look


def _reaches(reached: Sequence[Reach]) -> Iterator[str]:
    for each in reached:
        kept = f"[bold]{escape(each.subscription)}[/] [dim]on topic {escape(each.topic)}[/]"
        if each.subscribed is not None:
            acknowledged = ", acknowledged ones too" if each.subscribed.retains_acknowledged else ""
            kept += f" keeps messages {_spelled(each.subscribed.retention)}{acknowledged}"
            if each.subscribed.topic_retention is not None:
                kept += f", its topic {_spelled(each.subscribed.topic_retention)}"
            if each.earliest is not None:
                kept += f"; back to {moment(each.earliest)} at the earliest"
        yield kept + (f"; [red]not possible[/]: {escape(each.refusal)}" if each.refusal else "")


def _refused(reached: Sequence[Reach], since: datetime, window: Window) -> Iterator[str]:
    refused = sum(each.refusal is not None for each in reached)
    yield (
        f"[bold red]Nothing was sought[/], on no subscription: {refused} of {len(reached)} cannot be sought back to "
        f"{moment(since)}. The tables know what is missing all the same; for these dates instead:"
    )
    yield f"  gaphealer scan --start-date {window.start} --end-date {window.end_date}"
    if refused < len(reached):
        yield "Those that reach so far can be sought alone, each with --subscription."


def _first_look(screen: Console, looker: Looker, window: Window) -> Look | None:
    """Returns what is open now, and prints it; None where the calendar leaves nothing to watch."""
    try:
        first = looker.look()
    except CalendarEmpty as error:
        screen.print(f"[yellow]What heals cannot be watched[/]: {escape(str(error))}.", soft_wrap=True)
        return None
    screen.print(f"Open on {window.start} to {window.end_date} now:")
    for edge, counts in first.counts.items():
        screen.print(f"  [bold]{escape(edge)}[/] {_counted(counts) or 'nothing'}", soft_wrap=True)
    return first


def _warned(since: datetime, until: datetime | None) -> Iterator[str]:
    if until is not None:
        yield (
            f"Pub/Sub knows no end of a seek: what was published after {moment(until)} comes again as well, which is "
            "harmless; --until only bounds the dates that are watched."
        )
    yield (
        f"What was published before {moment(since)} and is not acknowledged yet is taken for acknowledged by a seek; "
        "scans find what it was about."
    )


def _summed(found: Summary, patience: float) -> Iterator[str]:
    if found.left.under_way:
        yield f"[yellow]Nobody waits any longer[/]: nothing has changed for {patience:g} s. It may go on without us."
    for edge, slices in found.healed.items():
        left = _counted(found.left.counts[edge])
        yield f"[bold]{escape(edge)}[/] [green]healed {len(slices)}[/], still open: {left or 'nothing'}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in counts.items())


def _spelled(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"


def _asked(since: datetime, until: datetime | None, window: Window, *, dry_run: bool) -> dict[str, object]:
    return {
        "since": moment(since),
        "until": moment(until),
        "window": window.as_json(),
        "dry_run": dry_run,
        "sought": False,
    }


def _print(screen: Console, lines: Iterator[str]) -> None:
    for line in lines:
        screen.print(line, soft_wrap=True)


def _end(told: Mapping[str, object], *, as_json: bool, code: int = 0) -> NoReturn:
    """Ends the command, with what it has to tell as data if that is asked for."""
    if as_json:
        click.echo(json.dumps(told, indent=2))
    raise click.exceptions.Exit(code)
