"""Which pages are looked at in which act: every place of the dashboard by itself, and what lies beside them.

Pages follow from `PLACES`, so that a new one is looked at without being named here. One whose path has a part that
nobody has said a value for is an error, not left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from shared.dashboard.places import DOORS, PLACES, Place
from tests.browser.stage import PLAYED, SLICES, STUCK, Act


@dataclass(frozen=True)
class Spot:
    """A page to look at in an act; `name` is also its picture's."""

    act: Act
    name: str
    path: str
    status: int = 200

    def __str__(self) -> str:
        return f"{self.act}-{self.name}"


_RANGE = f"start_date={PLAYED[0].start}&end_date={PLAYED[0].end_date}"
_BREAK = "start_date=2022-02-19&end_date=2022-02-22"
"""The All-Star days, on which nothing is expected."""
_BESIDE = (
    Spot(Act.BEFORE, "overview-of-a-range", f"/?{_RANGE}"),
    Spot(Act.BEFORE, "overview-of-nothing", f"/?{_BREAK}"),
    Spot(Act.BEFORE, "coverage-of-a-table", f"/coverage?{_RANGE}&by=month&tables=player_game_summary"),
    Spot(Act.BEFORE, "coverage-of-nothing", f"/coverage?{_BREAK}"),
    Spot(Act.BEFORE, "no-page", "/nothing", 404),
    Spot(Act.BEFORE, "no-table", f"/slice/nothing/{STUCK}", 404),
    Spot(Act.BEFORE, "no-date", "/coverage?start_date=2022-02-30&by=fortnight", 400),
    Spot(Act.BEFORE, "no-calendar", "/coverage?start_date=1999-01-01&end_date=1999-01-31", 503),
)
"""Views of the places, empty ones, and refusals."""


def spots() -> list[Spot]:
    """Returns all there is to look at, act by act in the order in which they are played."""
    found = [*_of_places(), *_BESIDE]
    return sorted(found, key=lambda spot: list(Act).index(spot.act))


def _of_places() -> Iterator[Spot]:
    for act in Act:
        for place in PLACES:
            for said, values in _values(place, act):
                name = "-".join(filter(None, (_name(place.page), said)))
                path = place.page
                for part, value in values.items():
                    path = path.replace(f"<{part}>", quote(value, safe=""))
                yield Spot(act, name, path)


def _values(place: Place, act: Act) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields what stands in the path of `place`, each with a name; raises LookupError for what nobody has said."""
    (parts,) = {frozenset(rule.arguments) for rule in DOORS.iter_rules() if rule.rule == place.page}
    if not parts:
        yield "", {}
    elif parts == {"table", "day"}:
        for said, (table, day) in SLICES[act].items():
            yield said, {"table": table, "day": str(day)}
    else:
        raise LookupError(f"{place.page}: tests/browser/spots.py has no values for {', '.join(sorted(parts))}")


def _name(rule: str) -> str:
    return rule.partition("<")[0].strip("/").replace("/", "-").replace(".", "-") or "overview"
