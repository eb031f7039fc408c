"""One slice: what it is made of, what happened, what comes next, and commands that the command line understands."""

import re
import shlex
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from shared.cli.main import cli
from shared.core.ledger import EventType
from shared.testing.pipelines import phase, pipeline
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.explain.league import DAY, OPENING, League, phases, written

DETECTED, ORDERED, TRIGGERED, WAIVED = (
    EventType.DETECTED,
    EventType.ORDERED,
    EventType.TRIGGERED,
    EventType.WAIVED,
)
HERE = f"--edge=phase2_to_phase3 --start-date={DAY} --end-date={DAY} --tables=summary"
DATES = f"--start-date={DAY} --end-date={DAY}"


def commands(html: str) -> list[str]:
    return [unescape(command) for command in re.findall(r"<pre><code>(.*?)</code></pre>", html)]


def test_slice__is_told_as_at_the_terminal() -> None:
    league = League()
    league.put("raw")
    league.put("spare")
    league.put("summary", written(DAY, "a", rows=1))
    browser = Browser(league)
    told = text(browser.page(f"/slice/summary/{DAY}"))
    enough = "1 of 2 keys, 1 row, which is not enough: it needs 87.5% of the keys or all but 1, and 2 rows for each key"
    assert f"summary {DAY} partial {enough}" in told
    assert "The hourly scan leaves it alone: blocked, waits for raw|spare." in told
    assert "reads raw or else spare waited for raw missing spare missing" in told
    explained = league.explain("summary").as_json()
    data = browser.data(f"/api/slice/summary/{DAY}")
    assert {name: data[name] for name in explained} == explained
    assert (data["phase"], data["edge"]) == (3, "phase2_to_phase3")


def test_tree__tells_what_lies_behind__and_a_slice_only_once() -> None:
    league = League()
    for back in (1, 2):
        league.put("summary", day=DAY - timedelta(days=back))
    told = text(Browser(league).page(f"/slice/export/{DAY}"))
    assert (
        f"before it summary missing on {DAY - timedelta(days=2)} and 1 more date up to {DAY - timedelta(days=1)}"
        in told
    )
    assert "(and 3 days back)" in told
    assert "(see above)" in told


def test_slice__leads_to_its_sources__its_readers__its_neighbours_and_the_calendar() -> None:
    found = hrefs(Browser().page(f"/slice/summary/{DAY}"))
    for name in ("raw", "spare", "form", "export"):
        assert f"/slice/{name}/{DAY}" in found
    for days in (-1, 1):
        assert f"/slice/summary/{DAY + timedelta(days=days)}" in found
    assert "/coverage?start_date=2025-12-06&amp;end_date=2026-03-06&amp;tables=summary" in found
    assert f"/api/slice/summary/{DAY}" in found


def test_trail__is_a_list_in_order__with_the_ids_by_which_logs_are_found() -> None:
    league = League()
    league.happened(TRIGGERED, 2, attempt=1, source="event", trigger_id="t-1", scan_id="s-2")
    league.happened(DETECTED, 5, source="manual", reason="the <b>post</b>-season", scan_id="s-1")
    html = Browser(league).page(f"/slice/summary/{DAY}")
    (trail,) = re.findall(r'<ol class="trail">.*?</ol>', html, re.DOTALL)
    assert text(trail) == (
        "2026-01-31 12:00 UTC detected by a person: the &lt;b&gt;post&lt;/b&gt;-season scan s-1 "
        "2026-01-31 15:00 UTC triggered attempt 1 by a completion scan s-2 trigger t-1"
    )
    assert '<time datetime="2026-01-31T15:00:00Z">' in trail


def test_slice_without_a_trail__says_so() -> None:
    told = text(Browser().page(f"/slice/summary/{DAY}"))
    assert "The ledger has nothing about it." in told
    assert "Nothing, it is no gap." in told


def test_complete_slice__has_nothing_to_be_done() -> None:
    assert commands(Browser().page(f"/slice/summary/{DAY}")) == [f"gaphealer explain {DAY} --table summary"]


def test_gap__can_be_ordered_or_given_up() -> None:
    league = League()
    league.put("summary")
    html = Browser(league).page(f"/slice/summary/{DAY}")
    assert commands(html) == [
        f"gaphealer explain {DAY} --table summary",
        f"gaphealer plan {DATES}",
        f"gaphealer backfill {DATES} --tables=summary",
        f"gaphealer backfill {DATES}",
        f"gaphealer waive {HERE} --reason 'WHY IT NEVER COMES'",
    ]
    assert text(html).count("(changes nothing)") == 2


def test_gap_that_was_tried_too_often__can_be_ordered_by_force() -> None:
    league = League()
    league.put("summary")
    for attempt in range(1, 6):
        league.happened(TRIGGERED, 100 - attempt, attempt=attempt)
    html = Browser(league).page(f"/slice/summary/{DAY}")
    assert f"gaphealer backfill {DATES} --tables=summary --force" in commands(html)
    assert f"gaphealer history {DAY}" in commands(html)


def test_gap_that_is_ordered__can_be_withdrawn__and_one_that_is_waived_unwaived() -> None:
    league = League()
    league.put("summary")
    league.happened(ORDERED, 5)
    assert f"gaphealer withdraw {HERE}" in commands(Browser(league).page(f"/slice/summary/{DAY}"))
    league.happened(WAIVED, 4)
    waived = commands(Browser(league).page(f"/slice/summary/{DAY}"))
    assert f"gaphealer unwaive {HERE}" in waived
    assert not [command for command in waived if " waive " in command or " backfill " in command]


def test_first_phase__is_nobodys_to_heal() -> None:
    league = League()
    league.put("raw")
    browser = Browser(league)
    html = browser.page(f"/slice/raw/{DAY}")
    assert "The first phase is filled from outside the pipeline" in text(html)
    assert "It reads no table of the pipeline." in text(html)
    assert commands(html) == [f"gaphealer explain {DAY} --table raw"]
    assert browser.data(f"/api/slice/raw/{DAY}")["edge"] is None


def every_command() -> list[str]:
    league = League()
    league.put("summary")
    league.happened(ORDERED, 200)
    gap = commands(Browser(league).page(f"/slice/summary/{DAY}"))
    for attempt in range(1, 6):
        league.happened(TRIGGERED, 100 - attempt, attempt=attempt)
    tried = commands(Browser(league).page(f"/slice/summary/{DAY}"))
    league.happened(WAIVED, 4)
    return list(dict.fromkeys([*gap, *tried, *commands(Browser(league).page(f"/slice/summary/{DAY}"))]))


def test_commands__are_understood_by_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    said = every_command()
    assert len(said) >= 9
    for line in said:
        program, verb, *arguments = shlex.split(line)
        assert program == "gaphealer"
        command = cli.get_command(cli.make_context("gaphealer", [verb]), verb)
        assert command is not None
        assert command.make_context(verb, arguments).params["project"] == "demo"


def test_names_of_tables__are_quoted_and_escaped() -> None:
    odd = '<script>"&'
    named = [replace(phases()[0].tables[0], name=odd), *phases()[0].tables[1:]]
    league = League(pipeline(phase(2, *named), phase(3, replace(phases()[1].tables[0], reads=()))))
    browser = Browser(league)
    for path in ("/", "/coverage", f"/slice/%3Cscript%3E%22%26/{OPENING}"):
        html = browser.page(path)
        assert html.count("<script") == 1  # its own
        assert "&lt;script&gt;" in html
    assert f"/slice/%3Cscript%3E%22%26/{OPENING}" in hrefs(browser.page("/coverage"))
    (command,) = commands(html)
    assert shlex.split(command) == ["gaphealer", "explain", str(OPENING), "--table", odd]
