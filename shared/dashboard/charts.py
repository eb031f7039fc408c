"""Charts as values that `templates/charts.html` writes as SVG: nothing runs in the browser, nothing is fetched.

A library was tried: pygal 3.1.3 gives each chart a style of its own and a script, which the policy of the pages refuses
(what is left is a black box), needs 390 kB for a year of three series, where a page may weigh 500, and shrinks letters
with the picture on a phone. So what stretches (bars, lines) is drawn here on a plane of 1,000 units that is as wide as
there is room; what must not (letters, dots, hatching) stands on it at percentages.

What can go wrong: a small number beside a huge one would not be seen. So nothing is lower than `LEAST`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from shared.core.windows import Window
from shared.dashboard.scales import Mark, Times, days, short, spoken, step

WIDE, HIGH, LOW = 1_000, 230, 44  # units across; pixels of a chart, and of one row of many
ROOM = 8  # pixels above the highest mark, and below the lowest
LEAST = 2.0  # pixels
CROWDED = 100  # days from which on lines are thin and dots small
LETTERS = 17  # pixels from one line of text to the next

Amounts = Mapping[date, float]
"""A number for each day; a day that is absent has none."""


@dataclass(frozen=True)
class Layer:
    """Something drawn across the plane; `look` is its class in charts.css."""

    look: str
    path: str


@dataclass(frozen=True)
class Patch:
    """A hatched part of a column: `x` and `width` in percent, `y` and `height` in pixels."""

    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Tag:
    """What the end of a line is called: `y` in pixels."""

    y: float
    text: str
    look: str


@dataclass(frozen=True)
class Spot:
    """What is said of a day when one points at it; `x` and `width` in percent."""

    x: float
    width: float
    title: str


@dataclass(frozen=True)
class Chart:
    """Everything there is to draw; the `at` of `levels` is in pixels from above, that of `dates` in percent."""

    height: int
    levels: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    layers: tuple[Layer, ...]
    spots: tuple[Spot, ...]
    patches: tuple[Patch, ...] = ()
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class Row:
    """One of several charts below each other with the same axes: its sum, and its highest day, if there is one."""

    name: str
    total: str
    most: str | None
    chart: Chart


def mirrored(
    window: Window, up: Amounts, down: Amounts, hatched: Amounts, say: Callable[[date], str] = date.isoformat
) -> Chart:
    """Returns columns for each day: `up` above a line, `down` below it, and `hatched` beneath those."""
    deep = {day: down.get(day, 0) + hatched.get(day, 0) for day in window}
    above, below = max((up.get(day, 0) for day in window), default=0), max(deep.values(), default=0)
    each = step(max(above, below), 3)
    ups, downs = _intervals(above, each), _intervals(below, each)
    unit = (HIGH - 2 * ROOM) / (each * (ups + downs))
    zero = ROOM + ups * each * unit
    levels = tuple(Mark(zero - number * each * unit, short(abs(number) * each)) for number in range(-downs, ups + 1))
    x, width = _columns(window)
    patches = []
    for day in window:
        if hatched.get(day, 0):
            y = zero + _tall(down.get(day, 0) * unit)
            patches.append(Patch(x(day) / 10, width / 10, y, _tall(hatched[day] * unit)))
    layers = (
        Layer("zero", f"M0 {zero:.5g}h{WIDE}"),
        Layer("opened", _bars(window, up, zero, -unit)),
        Layer("healed", _bars(window, down, zero, unit)),
    )
    return Chart(HIGH, levels, _dates(window), layers, _spots(window, {*up, *down, *hatched}, say), tuple(patches))


def lines(
    window: Window, series: Mapping[str, tuple[str, Mapping[date, float]]], say: Callable[[date], str] = date.isoformat
) -> Chart:
    """Returns a line for each of `series`, times on a scale of factors; a day without a value is a hole in its line.

    `series` are, by look, what the end of the line is called and its seconds; the lowest comes first.
    """
    known = [seconds for _, values in series.values() for seconds in values.values()]
    axis = Times(min(known, default=1), max(known, default=1))

    def y(seconds: float) -> float:
        return HIGH - ROOM - axis.at(seconds) * (HIGH - 2 * ROOM)

    x, width = _columns(window)
    many = " crowded" if window.days > CROWDED else ""
    layers, tags, floor = [], [], float(HIGH)
    for look, (name, values) in series.items():
        places = [(x(day) + width / 2, y(values[day])) if day in values else None for day in window]
        layers.append(Layer(f"{look}{many}", _line(places)))
        dots = "".join(f"M{place[0]:.5g} {place[1]:.4g}h.01" for place in places if place)
        layers.append(Layer(f"{look} dots{many}", dots))
        if values:
            last = max(values)
            floor = min(y(values[last]) + 4, floor - LETTERS)
            tags.append(Tag(max(floor, 12), f"{name}: {spoken(values[last])}", look))
    levels = tuple(Mark(HIGH - ROOM - mark.at * (HIGH - 2 * ROOM), mark.label) for mark in axis.marks())
    spots = _spots(window, {day for _, values in series.values() for day in values}, say)
    return Chart(HIGH, levels, _dates(window), tuple(layers), spots, tags=tuple(tags))


def rows(window: Window, series: Mapping[str, Amounts], say: Callable[[float], str] = "{:,.0f}".format) -> list[Row]:
    """Returns a chart of columns for each of `series`, all on the scale of the highest; `say` writes an amount."""
    most = max((amount for amounts in series.values() for amount in amounts.values()), default=0)
    unit = (LOW - ROOM) / (most or 1)
    levels, dates = (Mark(ROOM, ""), Mark(LOW, "")), _dates(window)

    def row(name: str, amounts: Amounts) -> Row:
        layers = (Layer("zero", f"M0 {LOW}h{WIDE}"), Layer("amount", _bars(window, amounts, LOW, -unit)))
        spots = _spots(window, amounts, lambda day: f"{day}: {say(amounts[day])}")
        return Row(
            name,
            say(sum(amounts.values())),
            say(max(amounts.values())) if amounts else None,
            Chart(LOW, levels, dates, layers, spots),
        )

    return [row(name, amounts) for name, amounts in series.items()]


def _intervals(most: float, each: float) -> int:
    return max(1, -int(-most // each))


def _columns(window: Window) -> tuple[Callable[[date], float], float]:
    """Returns where the column of a day begins, and how wide one is, in units of the plane."""
    slot = WIDE / window.days
    width = min(slot * 0.76, 60)
    return lambda day: ((day - window.start).days + 0.5) * slot - width / 2, width


def _bars(window: Window, amounts: Amounts, zero: float, unit: float) -> str:
    x, width = _columns(window)
    there = ((day, amounts[day]) for day in window if amounts.get(day))
    return "".join(
        f"M{x(day):.5g} {zero:.5g}h{width:.4g}v{_tall(amount * unit):.4g}h-{width:.4g}z" for day, amount in there
    )


def _tall(pixels: float) -> float:
    return pixels if abs(pixels) >= LEAST or not pixels else LEAST if pixels > 0 else -LEAST


def _line(places: Sequence[tuple[float, float] | None]) -> str:
    steps: Iterator[str] = (
        f"{'L' if before else 'M'}{here[0]:.5g} {here[1]:.4g}" for before, here in pairwise((None, *places)) if here
    )
    return "".join(steps)


def _dates(window: Window) -> tuple[Mark, ...]:
    return tuple(Mark(100 * mark.at, mark.label, mark.minor) for mark in days(window))


def _spots(window: Window, there: Mapping[date, float] | set[date], say: Callable[[date], str]) -> tuple[Spot, ...]:
    slot = 100 / window.days
    return tuple(Spot(number * slot, slot, say(day)) for number, day in enumerate(window) if day in there)
