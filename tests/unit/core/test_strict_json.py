"""JSON of one meaning, in UTF-8, or none at all."""

import json

import pytest

from shared.core.strict_json import json_object


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"{}{}", "is not JSON"),
        (b"{} \x00", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b'{"a": "\xed\xa0\x80"}', "is not JSON"),
        ('{"a": 1}'.encode("utf-16"), "is not JSON"),
        ('{"a": 1}'.encode("utf-16-le"), "is not JSON"),
        ('{"a": 1}'.encode("utf-32"), "is not JSON"),
        (b'{"a": "\n"}', "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b'{"a": 1,}', "is not JSON"),
        (b'{"a": 01}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"a":' * 100_000, "is not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"a": 1, "a": 1}', "says a more than once"),
        (b'{"a": 1, "\\u0061": 1}', "says a more than once"),
        (b'{"x": [{"b": 1, "a": 1, "b": 2, "a": 3}]}', "says a, b more than once"),
        (b'{"a": NaN}', "has NaN for a number"),
        (b'{"a": [-Infinity]}', "has -Infinity for a number"),
        (b'{"a": "\\ud800"}', "has text that is not Unicode"),
        (b'{"a": ["x\\uDFFFx"]}', "has text that is not Unicode"),
        (b'{"\\ud83d\\u0041": 1}', "has text that is not Unicode"),
        (b'{"a": "\\ude00\\ud83d"}', "has text that is not Unicode"),
    ],
    ids=lambda value: str(value[:30]),
)
def test_what_is_no_json_of_one_meaning__is_told(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        json_object(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b' {"a": [1, 2.5, null, true, {"b": {}}]}\n',
        '{"\u00e4": "\U0001f600"}'.encode(),
        b'{"a": {"b": 1}, "b": 1}',
    ],
)
def test_what_is__is_read(data: bytes) -> None:
    assert json_object(data) == json_object(data.decode()) == json.loads(data)


def test_pair_of_escapes__is_one_character__and_an_escaped_backslash_none() -> None:
    assert json_object(b'{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}') == {"a": "\U0001f600", "b": "\\ud800"}


def test_byte_order_mark__may_stand_before_it() -> None:
    assert json_object(b"\xef\xbb\xbf{}") == {}


def test_names_that_are_told__are_few_and_short() -> None:
    names = ["x" * 500, *"abcdefgh"]
    twice = "{" + ",".join(f'"{name}": 1' for name in names * 2) + "}"
    with pytest.raises(ValueError, match=r"^says a, b, c, d, e more than once$"):
        json_object(twice)
