"""What the shell is offered at Tab: asked as the shell asks, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.cli import main as cli
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE

NBA = load_pipeline(SHIPPED_PIPELINE)
EDGES = [edge.name for edge in NBA.edges]


def offered(line: str, *, file: Path = SHIPPED_PIPELINE) -> list[str]:
    """Returns what is offered for the last word of `line`; a blank at its end begins a new word."""
    words = f"gaphealer {line}"
    env = {
        **os.environ,
        "_GAPHEALER_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "PIPELINE_FILE": str(file),
    }
    asked = [sys.executable, "-m", "shared.cli"]
    said = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert said.stderr == ""
    return [item.partition(",")[2] for item in said.stdout.split()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__prints_a_script__that_asks_gaphealer(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["completion", shell])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"_GAPHEALER_COMPLETE={shell}_complete" in said
    assert "_gaphealer_completion" in said


def test_completion__in_bash__completes_an_edge() -> None:
    """The whole way: bash reads the script, and the script asks."""
    script = """
    gaphealer() { "$PYTHON" -m shared.cli "$@"; }; export -f gaphealer
    eval "$(gaphealer completion bash)"
    env() { command env "${@:1:$#-1}" "$PYTHON" -m shared.cli; }  # what `gaphealer` on the PATH would do
    COMP_WORDS=(gaphealer waive --edge phase2); COMP_CWORD=3
    _gaphealer_completion gaphealer; echo "${COMPREPLY[*]}"
    """
    env = {**os.environ, "PYTHON": sys.executable, "PIPELINE_FILE": str(SHIPPED_PIPELINE)}
    said = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (said.stdout, said.stderr) == ("phase2_to_phase3\n", "")


def test_commands__are_offered__all_of_them() -> None:
    assert offered("") == list(cli.COMMANDS)
    assert offered("wa") == ["waive"]
    assert offered("--de") == ["--debug"]
    assert offered("schedule p") == ["pause"]


def test_commands__are_offered__without_importing_them() -> None:
    asked = "import sys; from shared.cli.main import main\ntry: main([])\nexcept SystemExit: pass\n"
    env = {**os.environ, "_GAPHEALER_COMPLETE": "bash_complete", "COMP_WORDS": "gaphealer ", "COMP_CWORD": "1"}
    said = subprocess.run(
        [sys.executable, "-c", asked + "print(*sys.modules, file=sys.stderr)"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "plain,waive\n" in said.stdout
    assert not {"rich", "shared.cli.words", "shared.config"} & set(said.stderr.split())


@pytest.mark.parametrize("command", ["waive", "sql gaps", "schedule pause --edge phase2_to_phase3"])
def test_edges__are_those_of_the_file(command: str) -> None:
    assert offered(f"{command} --edge ") == EDGES
    assert offered(f"{command} --edge phase3") == ["phase3_to_phase4"]


def test_tables__are_those_of_the_edge__the_last_of_a_list() -> None:
    line = "waive --edge phase4_to_phase5 --tables"
    assert offered(f"{line} ") == ["player_prop_predictions"]
    assert offered("waive --tables player_game") == ["player_game_summary"]
    listed = offered("waive --edge phase2_to_phase3 --tables player_game_summary,")
    assert "player_game_summary,team_offense_game_summary" in listed
    assert "player_game_summary,player_game_summary" not in listed


def test_table__without_an_edge__is_any_of_the_file() -> None:
    assert offered("explain 2022-04-16 --table nbac_s") == ["nbac_schedule"]


def test_file_that_is_broken__offers_nothing__and_says_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "pipeline.yaml"
    broken.write_text("pipeline: [", encoding="utf-8")
    assert offered("waive --edge ", file=broken) == offered("waive --tables ", file=broken) == []


def test_file_option__is_heeded(tmp_path: Path) -> None:
    assert offered(f"waive --file {SHIPPED_PIPELINE} --edge ", file=tmp_path / "nowhere.yaml") == EDGES


def test_command_modules__import_no_client_of_google() -> None:
    """They are imported whenever somebody presses Tab behind their names."""
    modules = sorted({where.partition(":")[0] for where, _ in cli.COMMANDS.values()})
    look = (
        "import sys, importlib\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    heavy = {'google.auth', 'google.api_core', 'grpc'} & set(sys.modules)\n"
        "    if heavy: sys.exit(f'{name} imports {sorted(heavy)}')\n"
    )
    said = subprocess.run([sys.executable, "-c", look, *modules], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
