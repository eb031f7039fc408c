"""What `status`, `orders list`, `explain DATE` and `history` print: eighty columns, no colours."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from shared.cli.explain import show_day
from shared.cli.orders import told
from shared.cli.status import show
from shared.cli.trail import happened
from shared.core.coverage import SliceState, State
from shared.core.day_explanation import DayExplanation, Line
from shared.core.explanation import Next
from shared.core.gaps import SliceId
from shared.core.lease import LeaseState
from shared.core.ledger import Activity, Event, EventType
from shared.core.orders import Fate, Order
from shared.core.scans import ScanNote
from shared.core.status import EdgeStatus, Gaps, PhaseStatus, Status, TableStatus
from shared.core.windows import Window
from shared.operations.orders import Orders
from shared.testing.pipelines import pipeline

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAY = date(2026, 1, 20)
SCAN = "3f2a55d1c0ffee0000000000000000aa"


def printed(show: Callable[[Console], object]) -> list[str]:
    """Returns the lines that `show` prints, without the blanks at their ends."""
    out = StringIO()
    show(Console(file=out, width=80, highlight=False))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def lines(texts: Iterable[str]) -> list[str]:
    def show(screen: Console) -> None:
        for text in texts:
            screen.print(text, soft_wrap=True)

    return printed(show)


def table(name: str = "summary", *, complete: int = 9, expected: int = 10, lag: int | None = 0) -> TableStatus:
    newest = None if lag is None else DAY - timedelta(days=lag)
    return TableStatus(name, expected, complete, DAY if expected else None, newest, newest)


def phase(number: int, gaps: Gaps | None, *tables: TableStatus, days: int = 90) -> PhaseStatus:
    return PhaseStatus(number, f"phase[{number}]", Window.last_days(days, DAY), tables, gaps)


def edge(**given: object) -> EdgeStatus:
    plain = {"name": "phase2_to_phase3", "breaker_open": False, "settled": 0, "healed": 0, "lease": None, "last": None}
    return EdgeStatus(**{**plain, **given})  # type: ignore[arg-type]


def shown(phases: Iterable[PhaseStatus], *edges: EdgeStatus) -> list[str]:
    return printed(lambda screen: show(screen, Status("league", NOW, tuple(phases), edges)))


def test_status__names_the_reasons_for_which_gaps_are_left_alone() -> None:
    gaps = Gaps(1_200, 2, {"max_in_flight": 30, "blocked": 4}, {"too_old": 5, "breaker_open": 1})
    said = shown([phase(2, None, table("raw")), phase(3, gaps, table())])
    assert said[:6] == [
        "league, 2025-10-22 to 2026-01-20 (seen 2026-01-31T17:00:00Z)",
        "phase       complete   open  in flight  held  escalated",
        "2 phase[2]      9/10",
        "3 phase[3]      9/10  1,200          2    34          6",
        "3 phase[3], held: 30 max in flight, 4 blocked",
        "3 phase[3], escalated: 5 too old, 1 breaker open",
    ]


def test_status__says_what_is_ordered_on_other_dates() -> None:
    beyond = Gaps(3, 0, {"blocked": 2}, {"exhausted": 1})
    said = shown([phase(3, Gaps(), table())], edge(beyond=beyond))
    assert "phase2_to_phase3, ordered on other dates: 3 open, 2 blocked, 1 exhausted" in said
    assert not any("other dates" in line for line in shown([phase(3, Gaps(), table())], edge()))


def test_status__gives_lag_and_watermark__also_where_there_is_none() -> None:
    late, never = table("late", lag=3), table("never", complete=0, lag=None)
    said = shown([phase(3, Gaps(), late, never, table("nothing", complete=0, expected=0, lag=None))])
    assert said[5:8] == [
        "late            9/10        3 d  2026-01-17",
        "never           0/10  over 90 d           -",
        "nothing            -        0 d           -",
    ]


def test_status__where_edges_look_back_differently_far__says_so_of_each_phase() -> None:
    said = shown([phase(3, Gaps(), table()), phase(4, Gaps(), table("export"), days=30)])
    assert said[0] == "league (seen 2026-01-31T17:00:00Z)"
    assert any(line.startswith("3 phase[3], 2025-10-22 to 2026-01-20  complete") for line in said)
    assert any(line.startswith("4 phase[4], 2025-12-21 to 2026-01-20  complete") for line in said)


def test_status__tells_who_is_at_work__and_what_became_of_attempts() -> None:
    lease = LeaseState("revision-7/[ab]", NOW, NOW + timedelta(minutes=2))
    last = Activity(NOW, SCAN, "manual")
    window = Window.inclusive(date(2025, 11, 2), date(2026, 1, 31))
    scan = ScanNote("phase2_to_phase3", SCAN, "scan", NOW, 12.34, window, 1, 0, 1, 0, 0, 0, 3 * 2**30, 900)
    busy = edge(breaker_open=True, settled=20, healed=0, lease=lease, last=last, scan=scan)
    said = shown([phase(3, Gaps(), table())], busy, edge(name="phase3_to_phase4"), edge(lease=LeaseState()))
    assert said[said.index("phase2_to_phase3") :] == [
        "phase2_to_phase3",
        "  breaker  open, 0 of the last 20 attempts healed",
        "  lease    held since 2026-01-31T17:00:00Z until 2026-01-31T17:02:00Z",
        "           by revision-7/[ab]",
        "  scanned  2026-01-31T17:00:00Z by a scan",
        "           1 gap, 0 triggered, in 12.3 s, 3.0 GiB billed",
        "  ledger   last written 2026-01-31T17:00:00Z by a person",
        f"           scan {SCAN}",
        "phase3_to_phase4",
        "  breaker  closed, no attempt has ended yet",
        "  lease    there is none; `gaphealer init` makes one",
        "  scanned  not in the last 35 days",
        "  ledger   nothing yet",
        "phase2_to_phase3",
        "  breaker  closed, no attempt has ended yet",
        "  lease    free",
        "  scanned  not in the last 35 days",
        "  ledger   nothing yet",
    ]
    assert all(len(line) <= 80 for line in said)


def test_orders__are_told_with_all_that_has_become_of_them() -> None:
    slices = dict.fromkeys(Fate, 1_000)
    found = Order("phase2_to_phase3", NOW, "manual", SCAN, "[why]", DAY - timedelta(days=9), DAY, 8, slices)
    alone = Order("phase3_to_phase4", NOW, None, None, None, DAY, DAY, 1, {Fate.OPEN: 1})
    assert lines(told(Orders((found, alone), done=1_234))) == [
        "phase2_to_phase3",
        "  2026-01-11 to 2026-01-20, 8 dates, 7,000 slices: 1,000 healed, 1,000 no longer expected, 1,000 withdrawn, "
        "1,000 waived, 1,000 escalated, 1,000 in flight, 1,000 open",
        f"    by a person at 2026-01-31T17:00:00Z, scan {SCAN}",
        "    [why]",
        "phase3_to_phase4",
        "  2026-01-20, 1 slice: 1 open",
        "    at 2026-01-31T17:00:00Z",
        "1,234 orders of completions and scans done; --all lists them.",
    ]


NEXT = {
    Next("triggered", attempt=2, scan="scan"): "the hourly scan triggers it, attempt 2",
    Next("triggered", attempt=1): "a scan, if one reached that far, triggers it, attempt 1",
    Next("held", "blocked", ("raw|spare", "form")): "blocked by raw|spare, form",
    Next("held", "manual", ("raw",)): "manual, waits for raw",
    Next("held", "cooldown", until=NOW): "cooldown, until 2026-01-31T17:00:00Z",
    Next("escalated", "too_old", scan="sweep"): "left to a person, too old",
}


@pytest.mark.parametrize(("coming", "said"), NEXT.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_explain__of_a_date__says_what_comes_next_in_short(coming: Next, said: str) -> None:
    half = Line(3, SliceState(SliceId(DAY, "summary"), State.PARTIAL), "1 of 2 keys", coming)
    gone = Line(3, SliceState(SliceId(DAY, "summary"), State.MISSING), "expected, and there is no row", coming)
    found = DayExplanation(DAY, (half, gone))
    shown = printed(lambda screen: show_day(screen, pipeline(), found))
    assert shown[:3] == ["2026-01-20", "2 phase2", "3 phase3"]
    assert " ".join(" ".join(shown[3:]).split()) == f"summary partial 1 of 2 keys; {said} summary missing {said}"


def test_explain__of_a_date__says_why_nobody_expects_it() -> None:
    state = SliceState(SliceId(DAY, "raw"), State.NOT_EXPECTED)
    told = Line(2, state, "not expected: the calendar has nothing on this date", Next("nothing", "it is no gap"))
    shown = printed(lambda screen: show_day(screen, pipeline(), DayExplanation(DAY, (told,))))
    assert " ".join(shown[2].split()) == "raw not expected the calendar has nothing on this date"


def test_event__is_told_with_its_table_where_that_is_not_plain() -> None:
    event = Event(
        EventType.REPORTED_FAILED, NOW, "league", "phase2_to_phase3", 2, 3, "summary", DAY, 2, attempt=3, source="event"
    )
    expected = "2026-01-31T17:00:00Z summary reported failed attempt 3 by a completion (generation 2)"
    assert lines([happened(event, table="summary")]) == [expected]
    assert lines([happened(event)]) == [expected.replace("summary ", "")]
