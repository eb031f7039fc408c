"""What charts are drawn from: where things stand, what is never too small to be seen, and how it is written."""

import re
from datetime import date, timedelta

import pytest

from shared.core.healing import BUCKETS, DAY, HOUR, MINUTE, nearest_rank
from shared.core.windows import Window
from shared.dashboard.charts import HIGH, LEAST, LOW, ROOM, WIDE, Chart, lines, mirrored, rows
from shared.dashboard.scales import Times, days, short, spoken, spoken_bucket, step

FIRST = date(2026, 1, 5)
WEEK = Window.inclusive(FIRST, FIRST + timedelta(days=6))


def on(number: int) -> date:
    return FIRST + timedelta(days=number)


def heights(chart: Chart, look: str) -> list[float]:
    (layer,) = (layer for layer in chart.layers if layer.look == look)
    return [float(found) for found in re.findall(r"v(-?[\d.]+)", layer.path)]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, 1), (4, 1), (5, 2), (8, 2), (9, 5), (20, 5), (21, 10), (4_001, 2_000), (10**9, 500_000_000)],
)
def test_step__is_the_least_that_reaches(most: int, expected: int) -> None:
    assert step(most) == expected


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (9_999, "9,999"), (20_000, "20k"), (1_500_000, "1.5M"), (3 * 10**12, "3T")]
)
def test_number__is_short_on_an_axis(number: int, written: str) -> None:
    assert short(number) == written


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (59.7, "1 min"),
        (61, "1 min"),
        (12 * MINUTE, "12 min"),
        (HOUR - 10, "1 h"),
        (3.42 * HOUR, "3.4 h"),
        (4 * HOUR, "4 h"),
        (30 * HOUR, "30 h"),
        (2 * DAY, "2 d"),
        (400 * DAY, "400 d"),
    ],
)
def test_time__is_said_as_people_do(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


def test_buckets__are_called_by_their_bounds() -> None:
    assert [spoken_bucket(*bounds) for bounds in BUCKETS] == [
        "under 1 min",
        "1 to 5 min",
        "5 to 15 min",
        "15 min to 1 h",
        "1 to 4 h",
        "4 to 12 h",
        "12 h to 1 d",
        "1 to 3 d",
        "3 to 7 d",
        "over 7 d",
    ]


def test_columns__stand_and_hang_on_one_scale() -> None:
    chart = mirrored(WEEK, {on(0): 10, on(3): 20}, {on(3): 10}, {on(3): 10})
    unit = heights(chart, "opened")[0] / -10
    assert heights(chart, "opened") == pytest.approx([-10 * unit, -20 * unit])
    assert heights(chart, "healed") == pytest.approx([10 * unit])
    (patch,) = chart.patches
    zero = next(level.at for level in chart.levels if level.label == "0")
    assert (patch.y, patch.height) == pytest.approx((zero + 10 * unit, 10 * unit))
    assert zero + 20 * unit <= HIGH - ROOM + 0.01
    assert zero - 20 * unit >= ROOM - 0.01
    assert 0 < patch.x < patch.x + patch.width < 100


def test_small_number_beside_a_huge_one__can_be_seen() -> None:
    chart = mirrored(WEEK, {on(0): 1_000_000, on(1): 1}, {on(1): 1}, {on(2): 1})
    assert heights(chart, "opened")[1] == -LEAST
    assert heights(chart, "healed") == [LEAST]
    assert chart.patches[0].height == LEAST


@pytest.mark.parametrize("length", [1, 2, 30, 366])
def test_columns__are_within_the_plane__however_many_days(length: int) -> None:
    window = Window.inclusive(FIRST, FIRST + timedelta(days=length - 1))
    chart = mirrored(window, dict.fromkeys(window, 1), {}, {})
    (path,) = (layer.path for layer in chart.layers if layer.look == "opened")
    starts = [float(found) for found in re.findall(r"M([\d.]+)", path)]
    (width,) = {float(found) for found in re.findall(r"h([\d.]+)v", path)}
    assert len(starts) == length
    assert starts[0] >= 0
    assert starts[-1] + width <= WIDE
    assert starts == sorted(starts)
    assert len(chart.spots) == length


def test_line__has_a_hole_where_a_day_has_no_value__and_its_end_is_called_by_its_name() -> None:
    chart = lines(WEEK, {"half": ("half", {on(0): 60, on(1): 600, on(3): 60}), "most": ("95 %", {on(3): 60})})
    path = {layer.look: layer.path for layer in chart.layers}
    assert re.findall(r"[ML]", path["half"]) == ["M", "L", "M"]
    assert path["half dots"].count("h.01") == 3
    assert [(tag.text, tag.look) for tag in chart.tags] == [("half: 1 min", "half"), ("95 %: 1 min", "most")]
    assert chart.tags[0].y - chart.tags[1].y >= 12  # they do not lie upon each other


def test_axis_of_times__is_one_of_factors__within_what_is_drawn() -> None:
    axis = Times(30, 5 * HOUR)
    assert [mark.label for mark in axis.marks()] == ["10 s", "1 min", "10 min", "1 h", "6 h"]
    assert (axis.at(10), axis.at(6 * HOUR)) == (0, 1)
    assert axis.at(600) - axis.at(60) == pytest.approx(axis.at(6_000) - axis.at(600))
    for least, most in ((0, 0), (1, 1), (60, 60), (5, 10 * 365 * DAY), (-50, 3)):
        assert 0 <= Times(least, most).at(least) <= Times(least, most).at(most) <= 1


def test_rows__share_one_scale__and_say_their_sum() -> None:
    found = rows(WEEK, {"a": {on(0): 2_000, on(1): 500}, "b": {on(2): 1_000}, "none": {}}, lambda amount: f"{amount} B")
    assert [(row.name, row.total, row.most) for row in found] == [
        ("a", "2500 B", "2000 B"),
        ("b", "1000 B", "1000 B"),
        ("none", "0 B", None),
    ]
    assert heights(found[0].chart, "amount")[0] == pytest.approx(-(LOW - ROOM))
    assert heights(found[1].chart, "amount")[0] == pytest.approx(-(LOW - ROOM) / 2)
    assert found[0].chart.spots[0].title == "2026-01-05: 2000 B"


@pytest.mark.parametrize("length", [1, 7, 30, 70, 71, 366])
def test_dates__are_few_enough_to_be_read(length: int) -> None:
    window = Window.inclusive(FIRST, FIRST + timedelta(days=length - 1))
    marks = list(days(window))
    assert 1 <= len(marks) <= 13
    assert len([mark for mark in marks if not mark.minor]) <= 7
    assert all(0 < mark.at < 1 for mark in marks)


def test_dates__of_years__are_months() -> None:
    window = Window.inclusive(date(2025, 3, 20), date(2026, 3, 20))
    assert [mark.label for mark in days(window)][:2] == ["Apr", "May"]
    assert "Jan 2026" in [mark.label for mark in days(window)]


def test_nearest_rank__is_a_value_that_there_is() -> None:
    assert nearest_rank([], 50) is None
    assert [nearest_rank([1, 2, 3, 4], percent) for percent in (1, 50, 51, 95, 100)] == [1, 2, 3, 4, 4]
    assert nearest_rank(list(range(1, 101)), 95) == 95
