"""`gaphealer schedule list | pause | resume | run | set`: the scheduler's jobs, for incidents."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.markup import escape

from shared.cli.options import as_json, complete_edges, console, edge_of, pipeline_file, project
from shared.config import load_pipeline
from shared.core.names import JobKind
from shared.core.report import moment
from shared.core.schedule import JobState, Schedule, read_cron
from shared.errors import GapHealerError, helps_to_try_again
from shared.operations import schedules as jobs
from shared.operations.schedules import Done, Outcome, Target
from shared.operator_ports import Schedules

_REGION = re.compile(r"[a-z][a-z0-9-]*")
_COLOURS = {JobState.ENABLED: "green", JobState.PAUSED: "yellow"}
_STILL = "Completions are still worked on as they come; `gaphealer schedule resume` lets the scans run again."
_DRIFT = "Terraform sets it back with the next apply, unless it is told the same."


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options by which a person says which jobs are meant."""
    options = (
        click.option(
            "--edge",
            "edges",
            multiple=True,
            shell_complete=complete_edges,
            help="Of this edge only, such as phase2_to_phase3; may be given several times.",
        ),
        click.option(
            "--kind",
            type=click.Choice([each.value for each in JobKind]),
            help="The hourly scans or the daily sweeps only.",
        ),
        click.option(
            "--region",
            envvar=["GAPHEALER_REGION", "GOOGLE_CLOUD_REGION"],
            required=True,
            help="Where the jobs are, such as us-east1.",
        ),
        as_json,
        pipeline_file,
        project,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def schedule() -> None:
    """Looks at the scheduler's jobs, pauses and resumes them; all jobs of all edges, unless fewer are named."""


@schedule.command("list")
@_which
@click.pass_context
def list_(ctx: click.Context, /, **given: Any) -> None:
    """Lists the jobs: state, schedule, last attempt and next run.

    Ends with 1 if one is missing, or does not run though nobody paused it.
    """
    _do(ctx, jobs.look, _looked, **given)


@schedule.command()
@_which
@click.pass_context
def pause(ctx: click.Context, /, **given: Any) -> None:
    """Keeps the jobs from running until they are resumed. Doing it twice changes nothing."""
    _do(ctx, jobs.pause, partial(_changed, "paused", "was paused before"), after=_STILL, **given)


@schedule.command()
@_which
@click.pass_context
def resume(ctx: click.Context, /, **given: Any) -> None:
    """Lets paused jobs run again. Doing it twice changes nothing."""
    _do(ctx, jobs.resume, partial(_changed, "resumed", "was running before"), **given)


@schedule.command()
@_which
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Runs the jobs once, now, paused or not.

    Does not wait for what comes of it; `gaphealer schedule list` shows how it ended.
    """
    _do(ctx, jobs.run, partial(_changed, "runs now", ""), **given)


@schedule.command("set")
@click.option("--schedule", "cron", required=True, help='As cron writes it: "17 * * * *" is every hour at 17.')
@click.option("--time-zone", help="Such as America/New_York; stays as it is if absent.")
@_which
@click.pass_context
def set_(ctx: click.Context, /, cron: str, time_zone: str | None, **given: Any) -> None:
    """Gives the jobs another schedule; a paused one stays paused."""
    try:
        cron = read_cron(cron)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--schedule") from error
    try:
        time_zone is None or ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        said = f"{time_zone}: expected a time zone such as America/New_York"
        raise click.BadParameter(said, param_hint="--time-zone") from None
    _do(ctx, partial(jobs.reschedule, cron=cron, time_zone=time_zone), _rescheduled, after=_DRIFT, **given)


def _do(
    ctx: click.Context,
    act: Callable[[Schedules, Sequence[Target]], Outcome],
    told: Callable[[Done], str],
    *,
    path: Path,
    project: str,
    region: str,
    edges: tuple[str, ...],
    kind: str | None,
    as_json: bool,
    after: str = "",
) -> None:
    if not _REGION.fullmatch(region):
        raise click.BadParameter(f"{region}: expected a region such as us-east1", param_hint="--region")
    pipeline = load_pipeline(path)
    named = [edge_of(pipeline, name) for name in dict.fromkeys(edges)] or pipeline.edges
    wanted = jobs.targets(pipeline, named, [JobKind(kind)] if kind else JobKind)
    outcome = act(_schedules(project, region), wanted)
    screen = console(as_json=as_json)
    for line in _lines(outcome, told, f"{project}, {region}"):
        screen.print(line, soft_wrap=True)
    if after and any(each.changed for each in outcome.done):
        screen.print(f"[dim]{after}[/]", soft_wrap=True)
    if as_json:
        click.echo(json.dumps(_data(outcome, project, region), indent=2))
    ctx.exit(_exit_code(outcome))


def _schedules(project: str, region: str) -> Schedules:
    emulator = os.environ.get("CLOUD_SCHEDULER_EMULATOR_HOST") or None
    if emulator is None and os.environ.get("BIGQUERY_EMULATOR_HOST"):
        raise click.UsageError("BIGQUERY_EMULATOR_HOST is set: a local stack has no Cloud Scheduler, but a ticker")
    from shared.gcp.scheduler import CloudSchedules, scheduler_client  # Google's clients take a second to import

    return CloudSchedules(partial(scheduler_client, emulator=emulator), project, region)


def _exit_code(outcome: Outcome) -> int:
    errors = [each.error for each in outcome.done if each.error is not None]
    if any(map(helps_to_try_again, errors)):
        return 3
    broken = any(each.after is not None and each.after.state.broken for each in outcome.done)
    return int(bool(errors or outcome.missing or broken))


def _lines(outcome: Outcome, told: Callable[[Done], str], place: str) -> Iterator[str]:
    names = [*(each.target.job for each in outcome.done), *(target.job for target in outcome.missing)]
    width = max(map(len, names))
    for each in outcome.done:
        said = told(each) if each.error is None else _failed(each, each.error)
        yield f"[bold]{escape(each.target.job):<{width}}[/]  {said}"
    for target in outcome.missing:
        yield f"[bold]{escape(target.job):<{width}}[/]  [red]missing[/]"
    if outcome.missing:
        count = f"{len(outcome.missing)} of {len(names)} jobs are not there"
        yield f"{count} ({escape(place)}): `terraform apply` makes them. Is it the right project and region?"


def _failed(done: Done, error: GapHealerError) -> str:
    state = f" (it is {done.before.state.value})" if done.before.state.broken else ""
    return f"[red]{type(error).__name__}[/] {escape(str(error))}{state}"


def _looked(done: Done) -> str:
    found = done.before
    coloured = f"[{_COLOURS.get(found.state, 'red')}]{found.state.value:<8}[/]"
    return f"{coloured} {escape(_when(found))}  {_last(found)}  next {_at(found.next_run)}"


def _changed(words: str, already: str, done: Done) -> str:
    return f"[green]{words}[/]" if done.changed else f"[dim]{already}[/]"


def _rescheduled(done: Done) -> str:
    if done.after is None or not done.changed:
        return f"[dim]{escape(_when(done.before))}, as before[/]"
    state = "" if done.after.state is JobState.ENABLED else f" [yellow]{done.after.state.value}[/]"
    return f"[green]{escape(_when(done.after))}[/] [dim]before: {escape(_when(done.before))}[/]{state}"


def _last(found: Schedule) -> str:
    if found.last_attempt is None:
        return "[dim]never tried[/]"
    ended = "[green]ok[/]" if found.last_error is None else f"[red]{escape(found.last_error)}[/]"
    return f"last {_at(found.last_attempt)} {ended}"


def _when(found: Schedule) -> str:
    return f"{found.cron} {found.time_zone}"


def _at(at: datetime | None) -> str:
    return moment(at) or "-"


def _data(outcome: Outcome, project: str, region: str) -> dict[str, object]:
    def told(each: Done) -> dict[str, object]:
        found = each.after or each.before
        return {
            "job": found.job,
            "edge": each.target.edge,
            "kind": each.target.kind.value,
            "state": found.state.value,
            "schedule": found.cron,
            "time_zone": found.time_zone,
            "last_attempt": moment(found.last_attempt),
            "last_error": found.last_error,
            "next_run": moment(found.next_run),
            "changed": each.changed,
            "error": each.error and str(each.error),
        }

    missing = [{"job": each.job, "edge": each.edge, "kind": each.kind.value} for each in outcome.missing]
    return {"project": project, "region": region, "jobs": [told(each) for each in outcome.done], "missing": missing}
