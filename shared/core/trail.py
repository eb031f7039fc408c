"""What happened to slices, as the ledger tells it: event by event, oldest first."""

from dataclasses import dataclass
from datetime import date

from shared.core.ledger import Event
from shared.core.report import moment

_MORE = ("edge", "trigger_id", "key", "scan_id", "correlation_id")


@dataclass(frozen=True)
class DayTrail:
    """Everything that happened to the slices of one date; `table` None: to those of all tables."""

    date: date
    table: str | None
    events: tuple[Event, ...]

    def as_json(self) -> dict[str, object]:
        """Returns it as JSON-ready values, with the ids by which logs and messages can be found."""
        events = [{"table": event.table, **told(event, *_MORE)} for event in self.events]
        return {"date": self.date.isoformat(), "table": self.table, "events": events}


def told(event: Event, *more: str) -> dict[str, object]:
    """Returns `event` as JSON-ready values, without what it does not have; `more` names fields beyond the usual."""
    known: dict[str, object] = {"at": moment(event.at), "event": event.type.value, "generation": event.generation}
    fields = ("attempt", "kind", "source", "reason", *more)
    return known | {name: value for name in fields if (value := getattr(event, name))}
