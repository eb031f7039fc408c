"""The league's calendar, restated, comes out at the numbers it is known by."""

from collections import Counter
from datetime import date

from shared.demo.calendar import STUCK, expected_games, game_days, stuck_dates
from shared.demo.world import HALF_WRITTEN, NO_SOURCE


def test_seasons__have_their_dates_and_games() -> None:
    dates: dict[str, set[date]] = {}
    games: Counter[str] = Counter()
    for day in game_days():
        dates.setdefault(day.season, set()).add(day.date)
        games[day.season] += day.games
    assert {season: (len(days), games[season]) for season, days in dates.items()} == {
        "2021-22": (215, 1327),
        "2022-23": (214, 1324),
        "2023-24": (209, 1322),
        "2024-25": (216, 1327),
    }
    assert sum(map(len, dates.values())) == 854


def test_stuck_post_seasons__are_259_games_on_137_dates() -> None:
    stuck = stuck_dates()
    assert (len(stuck), sum(expected_games()[day] for day in stuck)) == (137, 259)
    types = Counter(day.game_type for day in game_days() if day.date in stuck)
    assert types == {"playoffs": 134, "play_in": 3}


def test_all_star_games__are_never_expected__and_play_ins_are() -> None:
    """F10, F11"""
    only_all_star = {d.date for d in game_days() if not d.counts} - expected_games().keys()
    assert len(only_all_star) == 8
    assert sum(d.games for d in game_days()) == 5300
    assert date(2024, 12, 17) in expected_games()


def test_wounds__are_on_game_days__outside_the_stuck_ones() -> None:
    assert {HALF_WRITTEN, NO_SOURCE} <= expected_games().keys()
    assert not any(day in window for day in (HALF_WRITTEN, NO_SOURCE) for window in STUCK)
