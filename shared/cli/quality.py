"""`gaphealer quality`: what do the checks of pipeline.yaml find in what is there?"""

import json
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from shared.cli.days import Word
from shared.cli.options import as_json, asked_window, console, dates, pipeline_file, project, reader_of
from shared.cli.tables import chosen, named
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.quality import CheckResult, SliceQuality, Verdict
from shared.operations.quality import Quality, TableQuality, look
from shared.operations.quality import as_json as data
from shared.operations.quality_words import allowed_by, found_by

_VERDICTS = {
    Verdict.CLEAN: ("clean", "green"),
    Verdict.CONTAMINATED: ("contaminated", "bold red"),
    Verdict.UNCHECKED: ("unchecked", "dim"),
}


@click.command()
@dates(required=True)
@named
@click.option("--all", "everything", is_flag=True, help="Show every date, and not only those that fail a check.")
@as_json
@pipeline_file
@project
@click.pass_context
def quality(
    ctx: click.Context,
    *,
    path: Path,
    project: str,
    start_date: Word,
    end_date: Word | None,
    tables: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Shows which dates fail a check of pipeline.yaml, and by how much; ends with 1 if any does.

    All rows are judged, whether or not the calendar expects their date.
    """
    pipeline = load_pipeline(path)
    names = chosen(pipeline, tables=tables)
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=utc_now())
    assert window is not None
    found = look(reader_of(pipeline, project), pipeline, names, window)
    screen = console(as_json=as_json)
    _print(screen, found, everything=everything)
    if as_json:
        click.echo(json.dumps(data(found, everything=everything), indent=2))
    if found.contaminated:
        ctx.exit(1)


def _print(screen: Console, found: Quality, *, everything: bool) -> None:
    shown = list(found.shown(everything=everything))
    for table in found.tables:
        lines = [each for each in shown if each.slice.table == table.table.name]
        if lines:
            screen.print(Text(table.table.name, style="bold"))
            for line in _slices(lines):
                screen.print(line, soft_wrap=True)
            screen.print()
    for line in _overview(found):
        screen.print(line, soft_wrap=True)
    screen.print()
    screen.print(_summary(found), soft_wrap=True)


def _slices(slices: list[SliceQuality]) -> Iterator[Text]:
    """Yields a line for each slice, and one for each of its checks."""
    checks = _aligned([_tested(each, result) for each in slices for result in each.results], indent=4)
    for each in slices:
        keys = "" if each.keys is None else f", {_many(each.keys, 'key')}"
        much = f" {_many(each.rows, 'row')}{keys}"
        yield Text.assemble(f"  {each.slice.date} ", _VERDICTS[each.verdict], (much, "dim"))
        yield from (next(checks) for _ in each.results)


def _tested(line: SliceQuality, result: CheckResult) -> list[Text]:
    style, mark = ("red", "x") if result.failed else ("dim", "·")
    told = (mark, result.check.name, found_by(line, result), f"({allowed_by(result.check)})")
    return [Text(text, style=style) for text in told]


def _overview(found: Quality) -> Iterator[Text]:
    """Yields a line for each table: how many of its dates are what, and how much is there."""
    names = ("table", "dates", *(word for word, _ in _VERDICTS.values()), "rows", "keys")
    heading = [Text(name, style="dim") for name in names]
    rows = [[Text(table.table.name), Text(f"{len(table.slices):,}"), *_counts(table)] for table in found.tables]
    return _aligned([heading, *rows], right=range(1, len(names)))


def _counts(table: TableQuality) -> Iterator[Text]:
    for verdict, (_, style) in _VERDICTS.items():
        count = table.verdicts[verdict]
        yield Text(f"{count:,}" if count else "", style=style)
    yield Text(f"{table.rows:,}")
    yield Text("" if table.keys is None else f"{table.keys:,}")


def _summary(found: Quality) -> Text:
    dates = sum(len(table.slices) for table in found.tables)
    if not dates:
        return Text(f"There are no rows from {found.window.start} to {found.window.end_date}.")
    checked = dates - sum(table.verdicts[Verdict.UNCHECKED] for table in found.tables)
    if not checked:
        return Text("None of these tables has checks.")
    style = "bold red" if found.contaminated else "bold green"
    return Text.assemble("Contaminated: ", (f"{found.contaminated:,} of {checked:,}", style), " checked slices.")


def _aligned(rows: Sequence[Sequence[Text]], *, right: Container[int] = (), indent: int = 0) -> Iterator[Text]:
    """Yields `rows` as lines whose columns stand under each other; a screen that is too narrow breaks them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for position, cell in enumerate(row):
            cell.align("right" if position in right else "left", widths[position])
            cells.append(cell)
        line = Text(" " * indent) + Text("  ").join(cells)
        line.rstrip()
        yield line


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
