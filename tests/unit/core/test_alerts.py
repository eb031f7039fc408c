"""What people are told of what is given up: ranges instead of dates, and an end to every list."""

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.core.alerts import MAX_GROUPS, MAX_RANGES, Alert, Group, grouped, payload
from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated

FIRST = date(2022, 4, 16)
TOO_OLD, EXHAUSTED = EscalationReason.TOO_OLD, EscalationReason.EXHAUSTED


def given_up(
    *offsets: int, table: str = "summary", kind: Kind = Kind.MISSING, reason: EscalationReason = TOO_OLD
) -> list[Escalated]:
    days = (FIRST + timedelta(days=offset) for offset in offsets)
    return [Escalated(Gap(SliceId(day, table), kind), reason) for day in days]


def alert(escalations: Iterable[Escalated]) -> Alert:
    return Alert("nba", "phase2_to_phase3", "s1", grouped(escalations))


def test_neighbouring_dates__are_a_range__in_whatever_order_they_come() -> None:
    (group,) = grouped(given_up(8, *range(8), 15, 17, 18))
    assert group.dates == "2022-04-16 to 2022-04-24 (9 dates), 2022-05-01, 2022-05-03 to 2022-05-04 (2 dates)"
    assert group.slices == 12


def test_groups__are_by_reason_and_table_and_kind__the_largest_first() -> None:
    groups = grouped(
        [
            *given_up(0),
            *given_up(1, kind=Kind.STALE),
            *given_up(2, reason=EXHAUSTED),
            *given_up(0, 1, table="other"),
        ]
    )
    assert [(group.table, group.kind, group.reason, group.dates) for group in groups] == [
        ("other", Kind.MISSING, TOO_OLD, "2022-04-16 to 2022-04-17 (2 dates)"),
        ("summary", Kind.MISSING, EXHAUSTED, "2022-04-18"),
        ("summary", Kind.MISSING, TOO_OLD, "2022-04-16"),
        ("summary", Kind.STALE, TOO_OLD, "2022-04-17"),
    ]


def test_text__says_who_speaks_of_how_much() -> None:
    assert alert(given_up(*range(9))).text == (
        "nba, phase2_to_phase3: 9 slices are handed to a person (scan s1)\n"
        "summary, missing, too_old: 2022-04-16 to 2022-04-24 (9 dates)"
    )
    assert ": 1 slice is handed" in alert(given_up(0)).text


def test_ranges_beyond_the_cap__are_counted() -> None:
    (group,) = grouped(given_up(*(2 * n for n in range(MAX_RANGES + 40))))
    assert group.dates.count(",") == MAX_RANGES - 1
    assert group.dates.endswith("2022-04-26 and 40 more")


def test_groups_beyond_the_cap__are_counted__in_text_and_log() -> None:
    many = alert(each for number in range(MAX_GROUPS + 5) for each in given_up(0, 1, table=f"t{number:02}"))
    lines = many.text.splitlines()
    assert (len(lines), lines[-1]) == (MAX_GROUPS + 2, "and 10 more")
    logged = many.as_json()
    assert (logged["slices"], logged["more_groups"]) == (2 * (MAX_GROUPS + 5), 5)
    assert isinstance(logged["groups"], list)
    assert len(logged["groups"]) == MAX_GROUPS


def test_four_seasons_given_up_at_once__fit_into_one_message() -> None:
    everything = [each for n in range(40) for each in given_up(*range(0, 1500, 2), table=f"{n:02}{'x' * 60}")]
    assert len(alert(everything).text) < 8_000


def test_payload__escapes_what_slack_would_take_for_markup() -> None:
    assert payload("a & b <!channel> &amp;\nc") == {"text": "a &amp; b &lt;!channel&gt; &amp;amp;\nc"}


@given(st.sets(st.integers(0, 400), min_size=1))
def test_ranges__hold_exactly_the_dates__and_never_touch(offsets: set[int]) -> None:
    (group,) = grouped(given_up(*offsets))
    assert [day for window in group.ranges for day in window] == [FIRST + timedelta(days=n) for n in sorted(offsets)]
    assert all(a.stop < b.start for a, b in zip(group.ranges, group.ranges[1:], strict=False))
    assert isinstance(group, Group)
