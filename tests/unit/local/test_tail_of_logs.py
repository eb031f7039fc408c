"""The last lines of a log, and those that are added to it."""

from pathlib import Path

import pytest

from shared.local.tail import Follower, last_lines, logs_in


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "pubsub.log").write_text("a\nb\nc\n", encoding="utf-8")
    (folder / "phase3.log").write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("count", "lines"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, [*"abc"])]
)
def test_last_lines__are_as_many_as_asked_for(logs: Path, count: int, lines: list[str]) -> None:
    assert last_lines(logs / "pubsub.log", count) == lines


def test_last_lines__of_a_long_log__are_whole_across_blocks(logs: Path) -> None:
    long = [f"{number:06} {'x' * 300}" for number in range(1_000)]
    (logs / "pubsub.log").write_text("\n".join(long), encoding="utf-8")
    assert last_lines(logs / "pubsub.log", 700) == long[-700:]
    assert last_lines(logs / "pubsub.log", 5_000) == long


def test_last_lines__of_what_is_not_there_or_no_text__are_told_nevertheless(logs: Path) -> None:
    assert last_lines(logs / "gone.log", 5) == []
    (logs / "pubsub.log").write_bytes(b"\xff\xfe\n")
    assert last_lines(logs / "pubsub.log", 5) == ["\ufffd\ufffd"]


def test_logs_in__are_named_as_their_processes(logs: Path) -> None:
    assert list(logs_in(logs.parent)) == ["phase3", "pubsub"]
    assert logs_in(logs) == {}


def said(follower: Follower) -> list[tuple[str, str]]:
    return [(line.name, line.text) for line in follower.news()]


def append(log: Path, text: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(text)


def test_follower__tells_what_was_added_since__and_nothing_twice(logs: Path) -> None:
    follower = Follower(logs.parent)
    assert said(follower) == []
    append(logs / "pubsub.log", "d\n")
    append(logs / "phase3.log", "e\n")
    append(logs / "phase9.log", "new\n")
    assert said(follower) == [("phase3", "e"), ("phase9", "new"), ("pubsub", "d")]
    assert said(follower) == []


def test_follower__half_a_line__waits_for_the_rest(logs: Path) -> None:
    follower = Follower(logs.parent)
    append(logs / "pubsub.log", "d\nhal")
    assert said(follower) == [("pubsub", "d")]
    append(logs / "pubsub.log", "f\n")
    assert said(follower) == [("pubsub", "half")]


def test_follower__a_log_that_begins_anew__is_read_from_its_start(logs: Path) -> None:
    follower = Follower(logs.parent)
    (logs / "pubsub.log").write_text("x\n", encoding="utf-8")
    assert said(follower) == [("pubsub", "x")]


def test_follower__of_one_log__minds_no_other(logs: Path) -> None:
    follower = Follower(logs.parent, "phase3")
    append(logs / "pubsub.log", "d\n")
    append(logs / "phase3.log", "e\n")
    assert said(follower) == [("phase3", "e")]
