"""Messages that did not get through: what is in the quarantine, safely, and where dead letters are."""

import base64
import json
from datetime import timedelta

import pytest

from shared.config.settings import SHIPPED_PIPELINE
from shared.core.names import listeners
from shared.dashboard.messages import SHOWN
from shared.ports import Quarantined
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.dashboard.commands import assert_understood, commands
from tests.unit.explain.league import NOW

EDGE, BY = "phase2_to_phase3", "projects/p/subscriptions/phase2_to_phase3-on-phase3-complete"
EVIL = b'</code><script>alert(1)</script>\x1b[31m\x00\xff"&'


def kept(browser: Browser, id_: str, data: bytes, *, hours: float = 1, why: str = "no date", edge: str = EDGE) -> None:
    """Puts a message into the quarantine, as Pub/Sub pushed it."""
    message = {"data": base64.b64encode(data).decode(), "attributes": {}, "messageId": id_}
    body = json.dumps({"message": message, "subscription": BY}).encode()
    browser.league.warehouse.quarantine(Quarantined(NOW - timedelta(hours=hours), edge, why, id_, BY, body))


def test_quarantine__has_of_each_message_when_where_why_and_how_it_begins() -> None:
    browser = Browser()
    kept(browser, "7", b'{"when": "2026-01-30"}', hours=2)
    kept(browser, "7", b'{"when": "2026-01-30"}', hours=1, edge="phase3_to_phase4")
    kept(browser, "8", b'{"game_date": "2026-01-30"}', hours=3, why="it was not known yet")
    told = text(browser.page("/messages"))
    assert "2 messages that nobody could read." in told
    assert "7 2026-01-31 16:00 UTC , phase2_to_phase3 and phase3_to_phase4, 2 times" in told
    assert (
        "Why it is here no date It begins {&#34;when&#34;: &#34;2026-01-30&#34;} Now it still cannot be read:" in told
    )
    assert "Now it can be read: success on 2026-01-30; it goes to phase3-complete" in told
    first, second = browser.data("/api/messages")["quarantine"]
    assert (first["id"], first["times"], first["begins"]) == ("7", 2, '{"when": "2026-01-30"}')
    assert (second["id"], second["unreadable_now"], second["reason"]) == ("8", None, "it was not known yet")


def test_body__is_shown_as_text__whatever_is_in_it() -> None:
    browser = Browser()
    kept(browser, "9", EVIL, why="<b>why</b>")
    browser.league.warehouse.quarantine(Quarantined(NOW, EDGE, "<i>", "", "<u>", EVIL))
    html = browser.page("/messages")
    assert html.count("<script") == 1  # its own
    for tag in ("<b>why", "<i>", "<u>", "\x1b", "\x00"):
        assert tag not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_message__that_is_published_again__is_shown_only_when_asked_for() -> None:
    browser = Browser()
    kept(browser, "7", b"{}")
    kept(browser, "8", b"{}")
    browser.league.warehouse.mark_redriven(["7"], NOW)
    html = browser.page("/messages")
    assert [each["id"] for each in browser.data("/api/messages")["quarantine"]] == ["8"]
    assert "/messages?all=1" in hrefs(html)
    told = browser.data("/api/messages?all=1")
    assert ({each["id"] for each in told["quarantine"]}, told["waiting"]) == ({"7", "8"}, 1)
    assert "published again 2026-01-31 17:00 UTC" in text(browser.page("/messages?all=1"))


def test_commands__publish_it_again__where_that_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    browser = Browser()
    kept(browser, "7", b"{}")
    kept(browser, "-8 x", b"{}")
    browser.league.warehouse.quarantine(Quarantined(NOW, EDGE, "no message", "9", "", b"nothing of Pub/Sub"))
    found = [line for line in commands(browser.page("/messages")) if line.startswith("gaphealer")]
    assert found == [
        "gaphealer quarantine redrive --all --dry-run",
        "gaphealer quarantine redrive --all",
        "gaphealer quarantine show 9",
        "gaphealer quarantine show 7",
        "gaphealer quarantine redrive 7",
        "gaphealer quarantine show -- '-8 x'",
        "gaphealer quarantine redrive -- '-8 x'",
        "gaphealer dead-letters list",
    ]
    for line in found:
        assert_understood(line)


def test_dead_letters__of_everybody_who_listens__are_where_their_names_say() -> None:
    browser = Browser()
    told = browser.data("/api/messages")["dead_letters"]
    html = browser.page("/messages")
    assert told["command"] == "gaphealer dead-letters list"
    expected = [(each.name, each.topic, each.dead_letters) for each in listeners(browser.league.pipeline)]
    assert [(e["listener"], e["topic"], e["dead_letters"]) for e in told["subscriptions"]] == expected
    for _, _, subscription in expected:
        assert f"<code>{subscription}</code>" in html
        assert f"gcloud pubsub subscriptions pull {subscription} --limit=100" in commands(html)
    assert "--auto-ack" not in html  # that would take them away


def test_alert__is_called_as_terraform_calls_it__and_is_of_orchestrators_alone() -> None:
    silence = (SHIPPED_PIPELINE.parent / "terraform/modules/monitoring/silence.tf").read_text(encoding="utf-8")
    assert '"Gap healer, ${var.pipeline}: dead letters of ${each.key}"' in silence
    boxes = Browser().data("/api/messages")["dead_letters"]["subscriptions"]
    assert {box["listener"]: box["alert"] for box in boxes} == {
        EDGE: f"Gap healer, league: dead letters of {EDGE}",
        "phase3_to_phase4": "Gap healer, league: dead letters of phase3_to_phase4",
        "phase2": None,
        "phase3": None,
        "phase4": None,
    }


def test_empty_quarantine__is_said() -> None:
    assert "The quarantine is empty: every message could be read." in text(Browser().page("/messages"))


def test_overview__leads_to_the_messages() -> None:
    browser = Browser()
    assert hrefs(browser.page("/")).count("/messages") == 1  # the navigation
    kept(browser, "7", b"{}")
    browser.later()
    assert hrefs(browser.page("/")).count("/messages") == 2


def test_page__at_its_worst__says_how_many_more_there_are__and_weighs_at_most_500_kilobytes() -> None:
    browser = Browser()
    for number in range(SHOWN + 7):
        kept(browser, f"{number:020}", b'"' * 2_000, why="'" * 2_000)
    html = browser.page("/messages")
    assert f"The latest {SHOWN} of {SHOWN + 7}; 7 more are not on this page" in text(html)
    assert len(html.encode()) <= 500_000
    assert len(browser.data("/api/messages")["quarantine"]) == SHOWN + 7
