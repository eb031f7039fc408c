"""`gaphealer`: the commands, each in a module of its own, loaded when it is called.

Exit codes: 0 done, or nothing to do · 1 something is wrong with what was given, said in full · 2 wrong usage ·
3 the warehouse does not answer, trying again helps · 130 interrupted.
"""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.demo import demo
from shared.cli.explain import explain
from shared.cli.init import init
from shared.cli.operators import unwaive, waive, withdraw
from shared.cli.sql import sql
from shared.cli.validate import validate
from shared.errors import Faulty, GapHealerError, WarehouseUnavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gaphealer")
def cli() -> None:
    """Finds and heals gaps in date-partitioned BigQuery pipelines."""


for _command in (validate, init, explain, waive, unwaive, withdraw, sql, demo):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; an error of ours is shown as a message, never as a stack trace."""
    errors = Console(stderr=True, highlight=False)
    try:
        sys.exit(cli.main(arguments, standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Faulty as error:
        errors.print(f"[bold red]{escape(error.source or 'This')}[/] {error.title}:")
        for fault in error.faults:
            errors.print(f"  [bold]{escape(fault.path)}[/]  {escape(fault.message)}", soft_wrap=True)
        sys.exit(1)
    except GapHealerError as error:
        errors.print(f"[bold red]{type(error).__name__}[/] {escape(str(error))}")
        sys.exit(3 if isinstance(error, WarehouseUnavailable) else 1)
