"""What the documents say is there, is there: commands with their options, links, variables and outputs of Terraform.

They are read, not run; `tests/acceptance/test_readme_commands.py` runs those of the README.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from shared.cli.main import COMMANDS, cli
from shared.demo.story import ROOT

TERRAFORM = ROOT / "terraform"
FOREIGN = {".venv", ".git", ".gaphealer", ".terraform", ".pytest_cache", ".hypothesis", "build", "dist"}
DOCUMENTS = sorted(
    path for path in ROOT.rglob("*.md") if not FOREIGN & set(path.relative_to(ROOT).parts)
)  # those of installed packages are somebody else's

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


@documents
def test_commands__exist_with_their_options(document: Path) -> None:
    wrong = [f"gaphealer {shlex.join(said)}: {why}" for said in commands(text(document)) if (why := fault(said))]
    assert not wrong, "\n".join(wrong)


@documents
def test_links__lead_somewhere(document: Path) -> None:
    lost = [link for link in _LINK.findall(_FENCED.sub("", text(document))) if not leads_somewhere(document, link)]
    assert not lost


def test_variables_and_outputs_of_terraform__exist() -> None:
    outputs, variables = declared("output", "outputs.tf"), declared("variable", "variables.tf")
    for document in DOCUMENTS:
        said = text(document)
        assert set(re.findall(r"terraform (?:-chdir=terraform )?output (?:-\w+ )*(\w+)", said)) <= outputs, document
        blocks = "\n".join(body for language, body in _FENCED.findall(said) if language == "hcl")
        named = {*re.findall(r"^(\w+) *=", blocks, re.MULTILINE), *re.findall(r"`(\w+) = \{ \w+ = ", said)}
        assert named <= variables, document


@pytest.mark.parametrize(
    "said",
    [
        "scann --dry-run",
        "scan --dryrun",
        "schedule hush",
        "sql everything",
        "orders list|forget",
        "schedule list --edge a --schedule x",
        "down now",
    ],
)
def test_command_that_is_not_there__is_found(said: str) -> None:
    assert fault(shlex.split(said))


@pytest.mark.parametrize(
    "said",
    [
        "scan --start-date A --dry-run",
        "explain DATE --table TABLE",
        "schedule list|pause|resume",
        "completion bash",
        "sql gaps --edge E",
        "--debug …",
        "backfill --max-in-flight 5",
    ],
)
def test_command_that_is_there__is_none(said: str) -> None:
    assert fault(shlex.split(said)) is None


def test_commands__are_found_where_they_stand() -> None:
    said = (
        "Say `gaphealer waive --reason …`, `scan --dry-run`, `plan`.\n"
        '```console\n$ gaphealer up && eval "$(gaphealer env)"  # it\'s here\n'
        "$ gaphealer scan \\\n  --sweep | jq .\n$ make demo\ngaphealer says something\n```\n"
    )
    assert list(commands(said)) == [
        ["up"],
        ["env"],
        ["scan", "--sweep"],
        ["waive", "--reason", "…"],
        ["scan", "--dry-run"],
    ]


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def commands(said: str) -> Iterator[list[str]]:
    """Yields the arguments of each command of ours: in blocks behind `$ `, and between back-ticks.

    Between them a name of a command counts without `gaphealer`, too, if an option follows it.
    """
    for language, block in _FENCED.findall(said):
        if language in ("console", "bash", "sh"):
            for line in re.findall(r"^\$ (.*)", block.replace("\\\n", " "), re.MULTILINE):
                yield from _called(line)
    names = "|".join(COMMANDS)
    for inline in re.findall(r"`([^`\n]+)`", _FENCED.sub("", said)):
        if inline.startswith("gaphealer "):
            yield from _called(inline)
        elif re.match(rf"(?:{names}) --", inline):
            yield from _called(f"gaphealer {inline}")


def _called(line: str) -> Iterator[list[str]]:
    """Yields the arguments of each `gaphealer` in a line of a shell, without comments and what comes after."""
    line = re.sub(r"\s#\s.*", "", line)
    for called in re.findall(r"(?:^|[ (])gaphealer( .*?)?(?=\)\"|\)$| && | \| | > |;|$)", line):
        yield shlex.split(called)


def fault(said: Sequence[str]) -> str | None:
    """Returns what is wrong with the arguments `said`, of which values are not looked at, or None."""
    command: click.Command = cli
    context = click.Context(cli, info_name="gaphealer")
    left = list(said)
    if left and left[0].startswith("-"):  # an option of all of them
        return _unparsed(cli, context, left)
    while isinstance(command, click.Group) and left:
        first, *left = left
        names = first.split("|")
        found = [command.get_command(context, name) for name in names]
        if None in found:
            return f"there is no {first}"
        command = next(each for each in found if each is not None)
        if len(names) > 1 and not left:
            return None
        context = click.Context(command, info_name=names[0], parent=context)
    return _unparsed(command, context, left)


def _unparsed(command: click.Command, context: click.Context, left: list[str]) -> str | None:
    try:
        values, rest, _ = command.make_parser(context).parse_args(list(left))
    except click.UsageError as error:
        is_mention = isinstance(error, click.BadOptionUsage) and left[-1] == error.option_name  # `coverage --html`
        return None if is_mention else error.format_message()
    if rest and not isinstance(command, click.Group):
        return f"nothing is to stand behind it: {' '.join(rest)}"
    for each in command.params:
        value = values.get(each.name or "")
        if isinstance(each.type, click.Choice) and isinstance(value, str) and not value.isupper():
            unknown = set(value.split("|")) - set(each.type.choices)
            if unknown:
                return f"{each.name} may not be {', '.join(sorted(unknown))}"
    return None


def leads_somewhere(document: Path, link: str) -> bool:
    """Says whether a relative link of `document` leads to a file that is there, and to the heading that it names."""
    if re.match(r"[a-z]+:", link):
        return True  # out on the internet: nobody asks there in a test
    place, _, anchor = link.partition("#")
    target = (document.parent / place).resolve() if place else document
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in headings(target)


def headings(document: Path) -> set[str]:
    """Returns the anchors of the headings of `document`, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", _FENCED.sub("", text(document)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def declared(kind: str, file: str) -> set[str]:
    """Returns the names of the variables or outputs of Terraform's root."""
    return set(re.findall(rf'^{kind} "(\w+)"', text(TERRAFORM / file), re.MULTILINE))
