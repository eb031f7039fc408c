"""What the healer is for: history that nobody announced heals through all phases, by itself."""

from collections.abc import Iterator
from datetime import date

import pytest

from shared.demo import world
from shared.testing.waiting import eventually
from tests.acceptance.house import House

pytestmark = pytest.mark.acceptance


@pytest.fixture
def silence(house: House) -> Iterator[None]:
    """Processors that do their work and tell nobody, until the test is over."""
    house.behave(mode="silent")
    yield
    house.behave(mode="normal")


def test_order__of_stuck_dates__cascades_through_all_phases(house: House) -> None:
    first, last = date(2022, 4, 20), date(2022, 4, 21)
    assert {edge.split("_")[2] for edge in house.stack.orchestrators} == {"phase3", "phase4", "phase5", "phase6"}
    before = house.open_slices(first, last)
    assert len(before) == 2 * 12  # five tables in phase 3, five in phase 4, one each in 5 and 6

    reports = house.order(first, last)

    assert reports["phase2_to_phase3"]["counts"]["messages"] == 2
    assert reports["phase5_to_phase6"]["counts"]["messages"] == 0  # nothing is started before its upstream is there
    house.healed(first, last)
    rows = house.rows(first)
    assert rows["player_game_summary"] == 21 * 3  # three games that day
    assert rows["prediction_accuracy"] > 0


def test_order__again_after_it_is_done__triggers_nothing(house: House) -> None:
    day = date(2022, 4, 22)
    house.order(day)
    house.healed(day)
    rows, sent = house.rows(day), house.events(day)

    again = house.order(day)

    assert [report["counts"]["triggered"] for report in again.values()] == [0, 0, 0, 0]
    assert (house.rows(day), house.events(day)) == (rows, sent)


def test_completion__of_a_phase_nobody_announced__starts_the_cascade_like_a_live_one(house: House) -> None:
    day = date(2022, 4, 23)

    house.publish("nba-phase2-raw-complete", {"game_date": str(day), "output_table": "SomethingNobodyKnows"})

    house.healed(day)
    assert {event["source"] for event in house.events(day)} == {"event"}


def test_scans_alone__with_processors_that_stay_silent__heal_all_phases(house: House, silence: None) -> None:
    """F33: the original wound. Nobody publishes a completion; only the clock asks."""
    day = date(2022, 4, 24)
    house.order(day)

    def scheduled_scans_leave_nothing() -> bool:
        for edge in house.stack.orchestrators:
            house.scan(edge)
        return not house.open_slices(day)

    eventually(scheduled_scans_leave_nothing, within=120, what=f"{day} healed by scans")
    assert {event["attempt"] for event in house.events(day)} == {1}


def test_half_written_day__looks_present__and_is_made_whole(house: House) -> None:
    """F02: 2.8 rows per game where a healthy day has 21."""
    day = world.HALF_WRITTEN
    assert house.open_slices(day) == {(day, "player_game_summary")}

    house.order(day)

    house.healed(day)
    assert house.rows(day)["player_game_summary"] == 21 * 12


def test_day_without_source__stays_blocked__and_says_by_what(house: House) -> None:
    """F31: nothing downstream is started, and no attempt is spent, while phase 2 has nothing."""
    day = world.NO_SOURCE
    house.order(day)

    def only_blocked() -> bool:
        return len(house.open_slices(day)) == 11

    eventually(only_blocked, within=30, what="the one table that needs only the schedule is healed")
    report = house.scan("phase2_to_phase3", start_date=str(day), end_date=str(day))
    held = {entry["table"]: entry for entry in report["held"]}
    assert held["team_offense_game_summary"]["reason"] == "blocked"
    assert held["team_offense_game_summary"]["blocked_by"] == ["nbac_team_boxscore|nbac_gamebook_player_stats"]
    assert [event["table_name"] for event in house.events(day)] == ["upcoming_team_game_context"]


def test_published_tables__are_not_rewritten__unless_a_person_names_them(house: House) -> None:
    """F32: published outputs are overwritten by nobody's scan."""
    day = date(2022, 4, 26)
    house.order(day, force=True)
    house.healed(day)
    assert house.rows(day)["published_predictions"] == 0

    named = house.scan(
        "phase5_to_phase6", start_date=str(day), end_date=str(day), tables=["published_predictions"], reason="asked for"
    )

    assert named["counts"]["triggered"] == 1
    eventually(lambda: house.rows(day)["published_predictions"], within=30, what="the export is written")
