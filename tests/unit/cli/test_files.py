"""Files that a command writes: what cannot be written is said, before anybody is asked where that can be known."""

from pathlib import Path

import click
import pytest

from shared.cli.files import writable, write


def test_folder_that_is_not_there__is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.BadParameter, match="is not a directory"):
        writable(tmp_path / "nowhere" / "page.html", "--html")
    monkeypatch.chdir(tmp_path)
    writable(Path("page.html"), "--html")
    writable(None, "--html")


def test_file_that_cannot_be_written_after_all__is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(click.FileError) as refused:
        write(tmp_path, "text")
    assert str(tmp_path) in refused.value.format_message()


def test_text__is_written_with_its_own_line_ends(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "ä\n")
    assert (tmp_path / "a.csv").read_bytes() == "ä\n".encode()
