"""Where everything is: each page, the JSON behind it, and the view that both are made by.

/                       the overview                     /api/status
/coverage               the calendars                    /api/coverage
/slice/<table>/<date>   all there is to say of a slice   /api/slice/<table>/<date>
/healing                does healing work, in charts     /api/healing
/health                 probes
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPMethod

from werkzeug.routing import Map, Rule

from shared.dashboard.calendar import calendar
from shared.dashboard.healing import healing
from shared.dashboard.overview import overview
from shared.dashboard.sheet import Sheet
from shared.dashboard.slice import slice_

View = Callable[..., Sheet]
"""Makes a sheet of a desk, the fields of a request, and what stands in its path."""


@dataclass(frozen=True)
class Place:
    """A view under its two paths, as werkzeug's rules; `name` is the navigation's word for it, None: not in it."""

    page: str
    data: str
    view: View
    name: str | None = None


PLACES = (
    Place("/", "/api/status", overview, "Overview"),
    Place("/coverage", "/api/coverage", calendar, "Calendar"),
    Place("/slice/<table>/<day>", "/api/slice/<table>/<day>", slice_),
    Place("/healing", "/api/healing", healing, "Healing"),
)
HEALTH = "/health"
DOORS = Map(
    [
        *(
            Rule(path, endpoint=place, methods=[HTTPMethod.GET])
            for place in PLACES
            for path in (place.page, place.data)
        ),
        Rule(HEALTH, endpoint=None, methods=[HTTPMethod.GET]),
    ],
    merge_slashes=False,
)
"""Leads from a path to its place; `None` is for the probes."""
PATHS = [rule.rule for rule in DOORS.iter_rules()]
NAVIGATION = tuple((place.page, place.name) for place in PLACES if place.name is not None)
