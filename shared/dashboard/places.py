"""Where everything is: each page, the JSON behind it, and the view that both are made by.

/                       the overview                     /api/status
/coverage               the calendars                    /api/coverage
/slice/<table>/<date>   all there is to say of a slice   /api/slice/<table>/<date>
/gaps                   every gap                        /api/gaps, and as CSV /api/gaps.csv
/orders                 what was ordered                 /api/orders
/messages               what nobody could read           /api/messages
/quality                what the checks find             /api/quality
/healing                does healing work, in charts     /api/healing
/health                 probes
/openapi.json           what each of these takes and answers
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPMethod

from werkzeug.routing import Map, Rule

from shared.dashboard.calendar import calendar
from shared.dashboard.gaps import gaps
from shared.dashboard.healing import healing
from shared.dashboard.messages import messages
from shared.dashboard.orders import orders
from shared.dashboard.overview import overview
from shared.dashboard.quality import quality
from shared.dashboard.sheet import Sheet
from shared.dashboard.slice import slice_

View = Callable[..., Sheet]
"""Makes a sheet of a desk, the fields of a request, and what stands in its path."""


@dataclass(frozen=True)
class Place:
    """A view under its paths, as werkzeug's rules; `name` is the navigation's word for it, None: it is not there.

    `listing` is the path of what it lists as CSV, where it has that.
    """

    page: str
    data: str
    view: View
    name: str | None = None
    listing: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.page, self.data, *([] if self.listing is None else [self.listing]))


PLACES = (
    Place("/", "/api/status", overview, "Overview"),
    Place("/coverage", "/api/coverage", calendar, "Calendar"),
    Place("/slice/<table>/<day>", "/api/slice/<table>/<day>", slice_),
    Place("/gaps", "/api/gaps", gaps, "Gaps", "/api/gaps.csv"),
    Place("/orders", "/api/orders", orders, "Orders"),
    Place("/messages", "/api/messages", messages, "Messages"),
    Place("/quality", "/api/quality", quality, "Quality"),
    Place("/healing", "/api/healing", healing, "Healing"),
)
HEALTH, DOCUMENT = "/health", "/openapi.json"
DOORS = Map(
    [
        *(Rule(path, endpoint=place, methods=[HTTPMethod.GET]) for place in PLACES for path in place.paths),
        *(Rule(path, endpoint=path, methods=[HTTPMethod.GET]) for path in (HEALTH, DOCUMENT)),
    ],
    merge_slashes=False,
)
"""Leads from a path to its place; what is no view is its own."""
PATHS = [rule.rule for rule in DOORS.iter_rules()]
NAVIGATION = tuple((place.page, place.name) for place in PLACES if place.name is not None)
