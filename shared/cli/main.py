"""`gaphealer`: the commands, each in a module of its own, loaded when it is called.

Exit codes: 0 done, or nothing to do · 1 gaps are left, or something is wrong with what was given, said in full ·
2 wrong usage · 3 a service does not answer or is busy, trying again helps · 130 interrupted.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from shared.cli.group import LazyGroup
from shared.errors import Faulty, GapHealerError, helps_to_try_again

COMMANDS = {
    "validate": ("shared.cli.validate:validate", "Check pipeline.yaml, alone or against what is there (--live)."),
    "init": ("shared.cli.init:init", "Create the ledger: its dataset, tables and views."),
    "scan": ("shared.cli.scan:scan", "Look for gaps, and trigger what is ready."),
    "plan": ("shared.cli.plan:plan", "Show what a backfill would do, wave by wave."),
    "backfill": ("shared.cli.backfill:backfill", "Heal a range of dates through all phases, and watch."),
    "status": ("shared.cli.status:status", "How do the phases stand, how far behind are they, who is at work?"),
    "explain": ("shared.cli.explain:explain", "Why is there (no) gap on this date, and what happens next?"),
    "history": ("shared.cli.history:history", "What happened on this date, as the ledger has it?"),
    "orders": ("shared.cli.orders:orders", "What was ordered, what is left of it; take it back."),
    "coverage": ("shared.cli.coverage:coverage", "How much is there of what is expected, per table and month?"),
    "quality": ("shared.cli.quality:quality", "What do the checks find in what is there?"),
    "waive": ("shared.cli.words:waive", "Give gaps up: no scan triggers or escalates them."),
    "unwaive": ("shared.cli.words:unwaive", "Take waivers back."),
    "withdraw": ("shared.cli.words:withdraw", "Take orders back."),
    "replay": ("shared.cli.replay:replay", "Have completions of an outage delivered again, and watch them heal."),
    "dead-letters": ("shared.cli.dead_letters:dead_letters", "Messages that were given up on: list, show, redrive."),
    "quarantine": ("shared.cli.quarantine:quarantine", "Messages nobody could read: list, show, redrive."),
    "sql": ("shared.cli.sql:sql", "Show a question as it is asked, ready to be pasted."),
    "schedule": ("shared.cli.schedule:schedule", "List, pause, resume, run or set the scheduler's jobs."),
    "up": ("shared.cli.stack:up", "Start a local stack to play with, and keep it running."),
    "down": ("shared.cli.stack:down", "End the local stack."),
    "env": ("shared.cli.stack:env", "Print what makes all commands talk to the local stack."),
    "logs": ("shared.cli.logs:logs", "Show what the local stack's processes say."),
    "demo": ("shared.cli.demo:demo", "Heal a season that has been stuck for years, on this machine."),
    "completion": ("shared.cli.completion:completion", "Print the shell's completion script."),
}


LOCAL_EXTRA = frozenset({"psutil", "bqemulator", "duckdb", "sqlglot", "numpy"})
"""What only the local stack needs, which is not installed with the command line."""


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gaphealer")
@click.option("--debug", is_flag=True, envvar="GAPHEALER_DEBUG", help="Show where in the code an error arose.")
def cli(*, debug: bool) -> None:
    """Finds and heals gaps in date-partitioned BigQuery pipelines."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; an error is shown as a message, and as a stack trace only with `--debug`."""
    run(cli, list(sys.argv[1:] if arguments is None else arguments))


def run(group: click.Group, given: Sequence[str]) -> NoReturn:
    """Runs the commands of `group`, and ends the process with one of the exit codes."""
    try:
        sys.exit(group.main(given, prog_name="gaphealer", standalone_mode=False) or 0)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  # the door of the command line: no stack trace reaches a person
        _show(error, debug=_is_debugging(given))
        again = isinstance(error, GapHealerError) and helps_to_try_again(error)
        sys.exit(3 if again else 1)


def _is_debugging(given: Sequence[str]) -> bool:
    options = given[: next((n for n, word in enumerate(given) if not word.startswith("-")), len(given))]
    return "--debug" in options or os.environ.get("GAPHEALER_DEBUG", "").lower() in ("1", "true", "yes")


def _show(error: Exception, *, debug: bool) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True, highlight=False)
    if debug:
        traceback.print_exception(error)
    match error:
        case Faulty():
            console.print(f"[bold red]{escape(error.source or 'This')}[/] {error.title}:", soft_wrap=True)
            for fault in error.faults:
                console.print(f"  [bold]{escape(fault.path)}[/]  {escape(fault.message)}", soft_wrap=True)
        case GapHealerError():
            console.print(f"[bold red]{type(error).__name__}[/] {escape(str(error))}", soft_wrap=True)
        case ModuleNotFoundError() if (error.name or "").partition(".")[0] in LOCAL_EXTRA:
            said = f"{error.name} is not installed: this command needs `pip install 'gaphealer[local]'`"
            console.print(f"[bold red]ModuleNotFoundError[/] {escape(said)}", soft_wrap=True)
        case _:
            said = f"{type(error).__name__}: {error}"
            console.print(f"[bold red]A fault of gaphealer[/] {escape(said)}", soft_wrap=True)
            console.print("`gaphealer --debug …` shows where it arose; please report it with that.", soft_wrap=True)
