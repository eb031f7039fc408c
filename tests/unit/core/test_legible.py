"""Messages in a line, whoever wrote them."""

import pytest

from shared.core import legible
from shared.core.pipeline import CompletionFields

FIELDS = CompletionFields()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"game_date": "2022-04-16", "output_table": "raw"}', "success of raw on 2022-04-16"),
        (b'{"game_date": "2022-04-16", "status": "failed"}', "failed on 2022-04-16"),
        (
            b'{"start_date": "2022-04-16", "end_date": "2022-04-18", "status": "no_data", "output_table": "a.b"}',
            "no_data of a.b on 2022-04-16 to 2022-04-18",
        ),
        (b"not JSON", "unreadable, the message is not JSON: not JSON"),
        (b'{"day": 1}', 'unreadable, game_date is not a date such as 2022-04-16: {"day": 1}'),
    ],
)
def test_completion__says_what_ended_how(data: bytes, said: str) -> None:
    assert legible.completion(data, FIELDS) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"date": "2022-04-16", "tables": ["a", "b"]}', "trigger for 2022-04-16: a, b"),
        (b'{"date": "2022-04-16"}', 'no trigger of this pipeline: {"date": "2022-04-16"}'),
        (b"[1]", "no trigger of this pipeline: [1]"),
        (b"\xff", "unreadable, the message is not JSON: \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_trigger__says_which_tables_of_which_date(data: bytes, said: str) -> None:
    assert legible.trigger(data) == said


@pytest.mark.parametrize(
    "shown",
    [
        legible.completion(b'{"game_date": "2022-04-16", "output_table": "\\u001b[2Jx"}', FIELDS),
        legible.completion("\x1b]0;title\x07 \x9b2J".encode(), FIELDS),
        legible.trigger(b'{"date": "\\u001b[1m", "tables": ["\\u009b"]}'),
        legible.whole(b'{"a": "\\u009b2J"}'),
        legible.whole(b"\x1b[2J\nplain"),
    ],
)
def test_what_a_terminal_would_obey__never_gets_there(shown: str) -> None:
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_excerpt__is_short_and_in_one_line() -> None:
    assert legible.excerpt(b"a\n b") == "a b"
    assert legible.excerpt(b"x" * 500) == "x" * 80 + "…"


def test_whole__shows_json_in_lines_and_anything_else_as_it_is() -> None:
    assert legible.whole(b'{"a": {"b": 1}}') == '{\n  "a": {\n    "b": 1\n  }\n}'
    assert legible.whole(b"one\ntwo") == "one\ntwo"
