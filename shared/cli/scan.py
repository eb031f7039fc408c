"""`gaphealer scan`: look for gaps, and do about them what can be done now."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from shared.cli.days import Word
from shared.cli.edges import asked_edges, checked, door, doors_of, which_edges
from shared.cli.options import as_json, asked_window, console, dates, pipeline_file, project
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.plan import HoldReason
from shared.core.windows import Window, local_date

if TYPE_CHECKING:
    from shared.operations.doors import Report

_QUIET = frozenset({HoldReason.IN_FLIGHT, HoldReason.SETTLING, HoldReason.WAIVED})
"""Holds of what is being healed, is left to the live path, or will never come: nobody has to do anything."""


@click.command()
@which_edges
@dates(required=False)
@click.option("--kinds", help="Only gaps of these kinds: missing, partial, invalid, stale.")
@click.option("--sweep", is_flag=True, help="Look over all history, as the daily scan does.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--force", is_flag=True, help="Skip age, cooldown and attempts; never readiness.")
@click.option("--ignore-gates", is_flag=True, help="With --force: skip readiness as well.")
@click.option("--max-triggers", type=click.IntRange(0, 10_000), help="At most so many messages of each edge.")
@click.option("--reason", help="Why; it is kept in the ledger.")
@door
@as_json
@pipeline_file
@project
def scan(**given: Any) -> None:
    """Looks for gaps, and triggers what is ready: over the policy's days, or the dates that you say.

    Ends with 1 if gaps are left that it did nothing about.
    """
    reports: list[Any] = []
    screen = console(as_json=given["as_json"])
    try:
        for report in _scans(**given):
            reports.append(report)
            for line in _told(report):
                screen.print(line, soft_wrap=True)
    finally:  # an error of one edge is no reason to conceal what others have done
        if given["as_json"]:
            click.echo(json.dumps(reports, indent=2))
    if any(map(_leaves_gaps, reports)):
        raise SystemExit(1)


def _scans(
    *,
    path: Path,
    project: str,
    edges: tuple[str, ...],
    phases: str | None,
    tables: str | None,
    start_date: Word | None,
    end_date: Word | None,
    via_http: tuple[str, ...],
    as_json: bool,
    kinds: str | None,
    **more: Any,
) -> Iterator["Report"]:
    pipeline, now = load_pipeline(path), utc_now()
    chosen, by_edge = asked_edges(pipeline, edges, phases, tables)
    today = local_date(now, pipeline.zone)
    if kinds is not None and not _names(kinds):
        raise click.BadParameter("expected some of missing, partial, invalid, stale", param_hint="--kinds")
    some_day = None if start_date is None else Window.inclusive(today, today)
    for edge in chosen:  # all that can be said against it before anything is asked
        checked(edge, _fields(some_day, by_edge.get(edge.name, ()), kinds, more), today)
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=now)
    asked = {edge.name: _fields(window, by_edge.get(edge.name, ()), kinds, more) for edge in chosen}
    for edge in chosen:
        checked(edge, asked[edge.name], today)
    doors = doors_of(pipeline, project, via_http, chosen)
    for edge in chosen:
        yield doors.scan(edge, asked[edge.name])


def _fields(
    window: Window | None, tables: tuple[str, ...], kinds: str | None, more: dict[str, Any]
) -> dict[str, object]:
    """Returns what the door is asked: only what was said, so that a scan of the clock stays one."""
    dates = {} if window is None else window.as_json()
    named = {"tables": list(tables), "kinds": _names(kinds or "")}
    given = {**dates, **named, **more}
    return {name: value for name, value in given.items() if value is not None and value is not False and value != []}


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _told(report: "Report") -> Iterator[str]:
    counts, window = report["counts"], report["window"]
    would = "would be " if report["dry_run"] else ""
    days = f"{window['start_date']} to {window['end_date']}"
    yield f"[bold]{escape(report['edge'])}[/] [dim]{days}[/]  {_gaps(report)}"
    if counts["triggered"]:
        messages = counts["messages"] or len(report["triggers"])
        yield f"  [green]{counts['triggered']} {would}triggered[/], {messages} messages"
    if report["held_by_reason"]:
        reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in report["held_by_reason"].items())
        yield f"  [yellow]{counts['held']} held[/]: {reasons}"
    if counts["escalated"]:
        told = sorted({each["reason"].replace("_", " ") for each in report["escalated"]})
        yield f"  [red]{counts['escalated']} handed to people[/]: {', '.join(told)}"
    if counts["healed"]:
        yield f"  {counts['healed']} {'are' if report['dry_run'] else 'seen'} healed"


def _gaps(report: "Report") -> str:
    if not report["counts"]["gaps"]:
        return "[green]no gaps[/]"
    kinds = ", ".join(f"{count} {kind}" for kind, count in report["by_kind"].items())
    return f"{report['counts']['gaps']} gaps ({kinds})"


def _leaves_gaps(report: "Report") -> bool:
    held = sum(count for reason, count in report["held_by_reason"].items() if reason not in _QUIET)
    undone = report["counts"]["triggered"] if report["dry_run"] else 0
    return bool(held or undone or report["counts"]["escalated"])
