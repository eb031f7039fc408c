"""How slices are drawn: by colour and by shape, as what they are or as what becomes of them.

What is complete is a dashed line, a dash a day, since nearly all is; anything else is a mark on each day. A gap that is
in flight, blocked or waived is drawn as that, whatever its kind, which says nothing of what comes next. One that is a
person's shows its kind, with a corner folded. (Patterns would be simpler: Chromium takes minutes to print a few
thousand of them.)

What can go wrong: tens of thousands of marks. Each is written as tersely as can be: `M12,3v0` is the fourth day of the
thirteenth week, in units of days.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from shared.core.coverage import SliceState, State
from shared.core.standing import Prospect, Standing

OWN = {Standing.IN_FLIGHT: "f", Standing.BLOCKED: "b", Standing.WAIVED: "w"}
"""The classes of what becomes of a gap, where that is drawn instead of its kind."""
KINDS = {state: state[0] for state in State}
"""The classes of what slices are."""
FOLDED = {state: f"{css}x" for state, css in KINDS.items()}
"""Those of a gap that is a person's."""
COMPLETE = KINDS[State.COMPLETE]


def css(state: SliceState, prospect: Prospect | None) -> str:
    """Returns the class of the mark of a slice."""
    if prospect is None:
        return state.state[0]
    if prospect.standing is Standing.ESCALATED:
        return FOLDED[state.state]
    return OWN.get(prospect.standing) or state.state[0]


def swatch(css: str) -> str:
    """Returns the path of a mark by itself, eight wide and high."""
    return "M4,0v8" if css == COMPLETE else "M4,4v0"


def paths(states: Sequence[SliceState], prospects: Mapping[date, Prospect], first: date) -> Mapping[str, str]:
    """Returns a path for each class that there is among `states`, which are in order and none before Monday `first`."""
    strokes: dict[str, list[str]] = defaultdict(list)
    origin = first.toordinal()
    running, start, length = "", 0, 0
    for state in states:
        day = state.slice.date
        mark = css(state, prospects.get(day)) if prospects and state.is_gap else state.state[0]
        number = day.toordinal() - origin
        if mark == running and number == start + length and number % 7:
            length += 1
            continue
        if length:
            strokes[running].append(_stroke(running, *divmod(start, 7), length))
        running, start, length = mark, number, 1
    if length:
        strokes[running].append(_stroke(running, *divmod(start, 7), length))
    return {mark: "".join(found) for mark, found in strokes.items()}


def ground(days: Iterable[int]) -> str:
    """Returns what is drawn under all marks: a dash for each of `days`, counted from the first Monday."""
    weeks: dict[int, list[int]] = defaultdict(list)
    for day in days:
        weeks[day // 7].append(day % 7)
    return "".join(_stroke(COMPLETE, week, min(of_week), len(of_week)) for week, of_week in weeks.items())


def _stroke(css: str, week: int, weekday: int, length: int) -> str:
    """Returns a stroke over days of one week: dashes for what is complete, else from mark to mark."""
    if css == COMPLETE:
        return f"M{week},{weekday}v{length - 1 or ''}.8"
    return f"M{week},{weekday}" + ("v1" * (length - 1) or "v0")
