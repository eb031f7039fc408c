"""What people read, in memory: the twin of `shared.gcp.reader`."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from shared.core.gaps import Question
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.core.windows import Window
from shared.testing.warehouse import InMemoryWarehouse


class InMemoryReader:
    """A `shared.ports.Reader` over what lies in an `InMemoryWarehouse`."""

    def __init__(self, warehouse: InMemoryWarehouse, pipeline: Pipeline) -> None:
        self._warehouse = warehouse
        self._pipeline = pipeline

    def seasons(self) -> Mapping[str, Window]:
        """See `shared.ports.Reader.seasons`."""
        calendar = self._pipeline.calendar
        if calendar is None or calendar.season is None:
            return {}
        days: dict[str, list[date]] = defaultdict(list)
        for row in self._warehouse.calendar():
            if row[calendar.season] is not None:
                days[str(row[calendar.season])].append(row[calendar.date])
        windows = {season: Window.around(known) for season, known in days.items()}
        return dict(sorted(windows.items(), key=lambda item: (item[1].start, item[0])))

    def events(self, window: Window, since: datetime) -> tuple[Event, ...]:
        """See `shared.ports.Reader.events`."""
        known = {event.id: event for event in self._warehouse.events if event.pipeline == self._pipeline.name}
        found = [event for event in known.values() if event.date in window or event.at >= since]
        return tuple(sorted(found, key=lambda e: (e.at, e.generation, e.attempt, e.type, e.table, e.date)))

    def estimate(self, question: Question) -> int:
        """See `shared.ports.Reader.estimate`: memory costs nothing."""
        return 0
