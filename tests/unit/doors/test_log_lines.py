"""Whatever a caller sends, one event is one line: nobody writes a second one, or the severity of their choice."""

import json

import pytest

from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from tests.unit.doorkeeper.tokens import claims, stripped
from tests.unit.doors.house import House, envelope
from tests.unit.journal.lines import Lines, written_lines

FORGED = '{"severity": "EMERGENCY", "event": "scan_finished", "message": "all is well"}'
ODD = [
    f"x{end}{FORGED}{end}"
    for end in ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2K")
]
ODD += ['", "severity": "EMERGENCY', "\\n" + FORGED, "\x08" * 50 + FORGED]


def expect_lines(lines: Lines, events: list[str]) -> None:
    raw = lines.text.getvalue()
    assert raw.isascii()
    assert [character for character in raw if ord(character) < 32] == ["\n"] * len(events)
    assert [line["event"] for line in lines.all] == events
    assert all(line["severity"] in ("INFO", "WARNING", "ERROR") for line in lines.all)


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_what_a_caller_sends__makes_no_second_line(odd: str) -> None:
    house = House()
    with written_lines() as lines:
        house.ask("POST", "/", envelope(b"{}", messageId=odd))
        house.ask("POST", "/", {**envelope(b"{}"), "subscription": odd})
        house.ask("POST", "/", envelope(json.dumps({"game_date": odd, odd: odd}).encode()))
        house.ask("POST", "/scan-gaps", {odd: 1, "reason": odd, "tables": [odd]})
        house.ask("POST", "/scan-gaps", f"{{{json.dumps(odd)}: 1, {json.dumps(odd)}: 2}}".encode())
        house.ask("POST", "/scan-gaps?" + "".join(f"%{byte:02x}" for byte in odd.encode()) + "=1")
    expect_lines(lines, ["message_quarantined"] * 3 + ["request_refused"] * 3)


def test_completion_that_is_done__makes_no_second_line_either() -> None:
    for odd in ODD:
        house = House()
        said = {"game_date": str(house.day), "correlation_id": odd, "execution_id": odd, "status": odd}
        with written_lines() as lines:
            assert house.ask("POST", "/", envelope(json.dumps(said).encode())).status_code == 204
        expect_lines(lines, ["triggers_published", "completions_handled"])


def test_token__makes_no_second_line_either() -> None:
    house = House(doorkeeper=Doorkeeper(Auth(AuthMode.IAM)), today=True)
    with written_lines() as lines:
        for odd in ODD:
            for token in (
                stripped(claims(email=f"{odd}@example.com")),
                stripped(claims(iss=odd)),
                stripped(claims(aud=odd)),
            ):
                assert house.ask("GET", "/health?deep=1", headers={"Authorization": f"Bearer {token}"}).status_code in (
                    401,
                    403,
                )
    expect_lines(lines, ["caller_refused"] * 3 * len(ODD))


def test_long_text__is_cut() -> None:
    house = House()
    with written_lines() as lines:
        house.ask("POST", "/scan-gaps", {"x" * 60_000: 1})
        house.ask("POST", "/", envelope(b"{}", messageId="x" * 40_000))
    assert len(lines.all) == 2
    assert all(len(line) < 10_000 for line in lines.text.getvalue().splitlines())
