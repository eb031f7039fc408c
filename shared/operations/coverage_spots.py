"""What can be pointed at in a calendar: days, or where those would be too many weeks, months or all of it.

Each spot says what there is to say of its slices, and may lead to somewhere else. It lies over the drawing, in the cell
of a grid of weeks and weekdays, and is the same for a pointer and for the keyboard.

What can go wrong: years of many tables are too many for a spot each. How many there may be is reckoned from what the
rest of the page weighs, so that the page stays under its weight however mixed its slices are. Days that are not
complete are the last to lose theirs: whoever looks at a calendar looks for those.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from shared.core.coverage import SliceState, State
from shared.core.standing import Prospect
from shared.operations.coverage_words import told

Link = Callable[[Sequence[SliceState]], str]
"""Says for slices that share a spot where they lead to."""
Name = Callable[[date], object]
"""Says of a day by which name its slice shares a spot with others."""


@dataclass(frozen=True)
class Grain:
    """What shares a spot: days of the same `name`; `single`: those that are not complete have one of their own, too."""

    name: Name
    single: bool


@dataclass(frozen=True)
class Spot:
    """What lies at `place`, which is a class for its week, its weekday and how many weeks it spans.

    `href` is where it leads to; None: nowhere. `stops`: the Tab key stops at it.
    """

    place: str
    text: str
    href: str | None
    stops: bool


def by_day(day: date) -> object:
    return day


def by_week(day: date) -> object:
    return (day.toordinal() - 1) // 7  # the first day of all was a Monday


@lru_cache(maxsize=4_096)  # each table asks for the same dates
def by_month(day: date) -> object:
    """A week belongs to the month in which its Monday lies, so that each month is some whole weeks."""
    monday = day - timedelta(days=day.weekday())
    return monday.year, monday.month


def altogether(day: date) -> object:
    return None


GRAINS = (
    Grain(by_day, single=False),
    *(Grain(name, single=True) for name in (by_week, by_month, altogether)),
    *(Grain(name, single=False) for name in (by_week, by_month)),
)
"""The finest first."""
LAST = Grain(altogether, single=False)


def grain(calendars: Sequence[Sequence[SliceState]], most: int) -> Grain:
    """Returns the finest grain by which `calendars`, the slices in each, have at most `most` spots; or else the last.

    Where all days of a calendar have a spot, none is shared.
    """
    broken = sum(_is_broken(state) for states in calendars for state in states)

    @lru_cache
    def shared(name: Name) -> int:
        return sum(len({name(state.slice.date) for state in states}) for states in calendars)

    for each in GRAINS:
        if (not each.single or broken <= most) and shared(each.name) + (broken if each.single else 0) <= most:
            return each
    return LAST


def spots(
    states: Sequence[SliceState], prospects: Mapping[date, Prospect], first: date, grain: Grain, link: Link | None
) -> Iterator[Spot]:
    """Yields the spots of `states`, which are in order and none before Monday `first`; those on top last."""
    origin = first.toordinal()

    def spot(here: Sequence[SliceState], *, stops: bool) -> Spot:
        numbers = (here[0].slice.date.toordinal() - origin, here[-1].slice.date.toordinal() - origin)
        place = _day(numbers[0]) if grain.name is by_day else _weeks(*numbers)
        return Spot(place, told(here, prospects), link and link(here), stops)

    for _, group in groupby(states, key=lambda state: grain.name(state.slice.date)):
        here = list(group)
        yield spot(here, stops=not grain.single and any(_is_broken(state) for state in here))
    if grain.single:
        for state in filter(_is_broken, states):
            place = _day(state.slice.date.toordinal() - origin)
            yield Spot(place, told([state], prospects), link and link([state]), stops=True)


def _is_broken(state: SliceState) -> bool:
    return state.state is not State.COMPLETE


def _day(number: int) -> str:
    week, weekday = divmod(number, 7)
    return f"x{week} y{weekday}"


def _weeks(start: int, stop: int) -> str:
    week, spanned = start // 7, stop // 7 - start // 7
    return f"x{week} w{spanned}" if spanned else f"x{week}"
