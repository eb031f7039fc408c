"""The command line as a whole: what it costs to start, how it ends, and what it says when something breaks."""

import resource
import subprocess
import sys

import click
import pytest

from shared.cli import main as cli
from shared.errors import Fault, GapHealerError, PipelineInvalid, SourceMissing, WarehouseUnavailable


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help__names_every_command__and_imports_none_of_them() -> None:
    """The limit is 0.3 s; Google's clients alone take longer than that."""
    asked = "import sys; from shared.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    listed = python("-c", asked + "print(*sorted(sys.modules), file=sys.stderr)")
    assert all(f"\n  {name} " in listed.stdout for name in cli.COMMANDS)
    heavy = {
        "google.auth",
        "google.api_core",
        "rich",
        "yaml",
        "pydantic",
        "jinja2",
        "flask",
        "requests",
        "shared.config",
    }
    assert not heavy & set(listed.stderr.split())


def test_help__takes_less_than_a_third_of_a_second() -> None:
    """Of the processor: what else is at work on the machine says nothing of the command."""

    def took() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert python("-m", "shared.cli", "--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)

    assert min(took() for _ in range(5)) < 0.3


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command__is_where_the_list_says__and_says_the_same_of_itself(name: str) -> None:
    command = cli.cli.get_command(click.Context(cli.cli), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_command_that_is_not_there__is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["heal"])
    assert ended.value.code == 2
    assert "No such command 'heal'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PipelineInvalid([Fault("phases[0]", "expected a name")], source="p.yaml"), 1, "phases[0]  expected a name"),
        (SourceMissing("no [table] of that name"), 1, "SourceMissing no [table] of that name"),
        (WarehouseUnavailable("BigQuery does not answer"), 3, "WarehouseUnavailable BigQuery does not answer"),
        (GapHealerError("odd"), 1, "odd"),
        (ZeroDivisionError("by zero"), 1, "A fault of gaphealer ZeroDivisionError: by zero"),
        (click.UsageError("no"), 2, "no"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_error__is_a_message_and_a_code__and_a_trace_only_when_asked_for(
    error: BaseException, code: int, said: str, debug: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def broken() -> None:
        raise error

    group = click.Group("gaphealer", {"broken": broken}, params=list(cli.cli.params))
    with pytest.raises(SystemExit) as ended:
        cli.run(group, [*(["--debug"] if debug else []), "broken"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (code, "")
    assert said in err
    shown = debug and isinstance(error, Exception) and not isinstance(error, click.ClickException)
    assert ("Traceback" in err) == shown
