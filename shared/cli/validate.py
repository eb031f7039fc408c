"""`gaphealer validate`: is this pipeline.yaml right, what does it say, and (`--live`) is all of it really there?"""

import json
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.options import as_json, console, pipeline_file
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.findings import Findings
from shared.core.pipeline import Phase, Pipeline
from shared.core.table import Heal, Read, Table
from shared.errors import Fault, Faulty, PipelineUnfit

_EMULATORS = ("BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")


@click.command()
@pipeline_file
@click.option("--live", is_flag=True, help="Compare it with the tables and topics of --project, changing nothing.")
@click.option("--project", envvar="GOOGLE_CLOUD_PROJECT", help="Where they are; needed with --live.")
@as_json
def validate(path: Path, live: bool, project: str | None, as_json: bool) -> None:
    """Checks pipeline.yaml, alone or against what is there (--live), and names every fault at once."""
    if live and not project:
        raise click.UsageError("--live needs --project, or GOOGLE_CLOUD_PROJECT in the environment")
    findings = Findings()
    try:
        pipeline = load_pipeline(path)
        screen = console(as_json=as_json)
        _describe(screen, path, pipeline)
        if live and project:
            findings = _look(pipeline, project)
            _compare(screen, path, findings, project)
    except Faulty as error:
        _end(as_json, error.faults, findings.notes)
        raise
    _end(as_json, (), findings.notes)


def _describe(screen: Console, path: Path, pipeline: Pipeline) -> None:
    for line in _overview(pipeline):
        screen.print(line, soft_wrap=True)
    edges = ", ".join(edge.name for edge in pipeline.edges)
    screen.print(f"[bold green]{escape(str(path))}[/] is right: {len(pipeline.tables)} tables; edges {edges}")


def _compare(screen: Console, path: Path, findings: Findings, project: str) -> None:
    """Prints what is worth a thought. Raises PipelineUnfit for what is wrong."""
    if findings.notes:
        screen.print(f"\n[bold yellow]{escape(project)}[/] is worth a thought:")
    for note in findings.notes:
        screen.print(f"  [bold]{escape(note.path)}[/]  {escape(note.message)}", soft_wrap=True)
    if findings.faults:
        raise PipelineUnfit(findings.faults, source=str(path))
    screen.print(f"[bold green]{escape(str(path))}[/] fits what is in {escape(project)}")


def _end(as_json: bool, faults: Iterable[Fault], notes: Iterable[Fault]) -> None:
    if as_json:
        data = {"faults": [each.as_json() for each in faults], "notes": [each.as_json() for each in notes]}
        click.echo(json.dumps(data, indent=2))


def _look(pipeline: Pipeline, project: str) -> Findings:
    bigquery, pubsub = (os.environ.get(name) or None for name in _EMULATORS)
    if (bigquery is None) != (pubsub is None):
        raise click.UsageError(f"{' and '.join(_EMULATORS)}: expected both of them or neither")
    from shared.gcp.clients import bigquery_client  # Google's clients take a second to import
    from shared.gcp.inspection import inspect
    from shared.gcp.pubsub_admin import PubsubAdmin

    with PubsubAdmin(project, emulator=pubsub) as admin:
        return inspect(pipeline, partial(bigquery_client, project, emulator=bigquery), admin, now=utc_now())


def _overview(pipeline: Pipeline) -> Iterator[str]:
    """Yields what the file says, a line per table and one per read of it."""
    yield f"[bold]{pipeline.name}[/] in {pipeline.timezone}"
    for phase in pipeline.phases:
        yield f"\n[bold]{phase.phase} {phase.name}[/] [dim]{_topics(phase)}[/]"
        for table in phase.tables:
            heal = "" if table.heal is Heal.AUTO else f" [yellow]heal: {table.heal.value}[/]"
            yield f"  {table.name:<30} [dim]{_complete(table)}[/]{heal}"
            for read in table.reads:
                yield f"      [dim]reads[/] {escape(_read(read))}"
    yield ""


def _topics(phase: Phase) -> str:
    started = f"started by {phase.trigger_topic}, " if phase.trigger_topic else ""
    return f"{started}says so on {phase.completion_topic}" if phase.completion_topic else started.rstrip(", ")


def _read(read: Read) -> str:
    notes = [f"{read.lookback_days} days back"] if read.lookback_days else []
    notes += ["optional"] if read.optional else []
    return " or ".join(read.any_of) + (f" ({', '.join(notes)})" if notes else "")


def _complete(table: Table) -> str:
    parts = [f"{table.complete.keys:.0%} of the keys" if table.key else "any row"]
    if table.complete.rows_per_key:
        parts.append(f"{table.complete.rows_per_key:g} rows each")
    if table.bootstrap_days:
        parts.append(f"from day {table.bootstrap_days} of a season")
    return ", ".join(parts)
