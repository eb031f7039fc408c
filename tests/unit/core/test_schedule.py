"""What counts as a schedule."""

import pytest

from shared.core.schedule import JobState, read_cron


@pytest.mark.parametrize(
    "text",
    [
        "17 * * * *",
        "*/5 0-6,12 1 JAN-MAR mon-fri",
        "0 4 * * 7",
        "0,30 4-8/2 31 12 sun",
        "59 23 31 12 0",
    ],
)
def test_read_cron__of_a_schedule__returns_it(text: str) -> None:
    assert read_cron(text) == text


def test_read_cron__with_many_blanks__has_one_between_fields() -> None:
    assert read_cron("  17 *\t* *   * ") == "17 * * * *"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not 0"),
        ("17 * * *", "five fields such as `17 \\* \\* \\* \\*`.*not 4"),
        ("every 5 minutes", "not 3"),
        ("0 17 * * * *", "not 6"),
        ("60 * * * *", "60 is no minute: expected 0-59"),
        ("* 24 * * *", "24 is no hour"),
        ("* * 0 * *", "0 is no day of the month: expected 1-31"),
        ("* * * JANUARY *", "JANUARY is no month: expected 1-12 or JAN-DEC"),
        ("* * * * 8", "8 is no day of the week: expected 0-7 or SUN-SAT"),
        ("MON * * * *", "MON is no minute"),
        ("*/0 * * * *", "is no minute"),
        ("30-10 * * * *", "is no minute"),
        ("1,,2 * * * *", "is no minute"),
        ("-5 * * * *", "is no minute"),
        ("\u0665 * * * *", "is no minute"),
    ],
)
def test_read_cron__of_anything_else__names_the_field_and_what_it_may_be(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_cron(text)


def test_state__is_broken__where_nobody_paused_it() -> None:
    assert {state for state in JobState if not state.broken} == {JobState.ENABLED, JobState.PAUSED}
