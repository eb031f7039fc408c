"""What the watcher would end: what was announced and not taken back."""

from shared.local.watch import registered


def test_registered__taken_back__is_left_alone() -> None:
    assert registered([b"+11\n", b"+12\n", b"-11\n"]) == {12}


def test_registered__a_torn_or_foreign_line__is_ignored() -> None:
    assert registered([b"+11\n", b"\n", b"+\n", b"x\n", b"+abc\n"]) == {11}
