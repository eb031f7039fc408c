"""What people read, in memory: the twin of `shared.gcp.reader`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from shared.core.gaps import Question, SliceId
from shared.core.healing import Healing
from shared.core.lease import LeaseState
from shared.core.ledger import Activity, Event
from shared.core.orders import Order, orders
from shared.core.pace import Pace, pace
from shared.core.pipeline import Edge, Pipeline
from shared.core.quality import CheckResult, SliceQuality
from shared.core.scans import ScanDay, ScanNote
from shared.core.table import Check, Table
from shared.core.windows import Window, local_date
from shared.operator_ports import Kept
from shared.testing.contents import Held, disagree, sums, too_many, violations
from shared.testing.healing import healing
from shared.testing.leases import InMemoryLeases
from shared.testing.logbook import InMemoryLogbook
from shared.testing.warehouse import InMemoryWarehouse


class InMemoryReader:
    """A `shared.operator_ports.Reader` over what lies in an `InMemoryWarehouse`, and beside it in other twins."""

    def __init__(
        self,
        warehouse: InMemoryWarehouse,
        pipeline: Pipeline,
        leases: InMemoryLeases | None = None,
        logbook: InMemoryLogbook | None = None,
    ) -> None:
        """Without any `leases` nobody ever works on an edge; without a `logbook` no scan was noted."""
        self._leases = leases or InMemoryLeases()
        self._logbook = logbook or InMemoryLogbook()
        self._warehouse = warehouse
        self._pipeline = pipeline

    def seasons(self) -> Mapping[str, Window]:
        """See `shared.operator_ports.Reader.seasons`."""
        calendar = self._pipeline.calendar
        if calendar is None or calendar.season is None:
            return {}
        days: dict[str, list[date]] = defaultdict(list)
        for row in self._warehouse.calendar():
            if row[calendar.season] is not None:
                days[str(row[calendar.season])].append(row[calendar.date])
        windows = {season: Window.around(known) for season, known in days.items()}
        return dict(sorted(windows.items(), key=lambda item: (item[1].start, item[0])))

    def events(self, window: Window, since: datetime | None = None) -> tuple[Event, ...]:
        """See `shared.operator_ports.Reader.events`."""
        known = {event.id: event for event in self._events()}.values()
        found = [e for e in known if e.date in window or (since is not None and e.at >= since)]
        return tuple(sorted(found, key=lambda e: (e.at, e.table, e.date, e.generation, e.attempt, e.type)))

    def estimate(self, question: Question) -> int:
        """See `shared.operator_ports.Reader.estimate`: memory costs nothing."""
        return 0

    def orders(self, edge: Edge, now: datetime) -> tuple[Order, ...]:
        """See `shared.operator_ports.Reader.orders`; fails where the warehouse is told to."""
        self._warehouse.fail_if_told()
        owned = {table.name for table in edge.downstream.tables}
        mine = (event for event in self._events() if event.edge == edge.name and event.table in owned)
        return orders(mine, edge=edge.name, cooldown=edge.cooldown, now=now)

    def activity(self) -> Mapping[str, Activity]:
        """See `shared.operator_ports.Reader.activity`."""
        last: dict[str, Activity] = {}
        for event in sorted(self._events(), key=lambda e: (e.edge, e.at, e.scan_id or "")):
            last[event.edge] = Activity(event.at, event.scan_id, event.source)
        return last

    def healing(self, window: Window) -> Healing:
        """See `shared.operator_ports.Reader.healing`."""
        self._warehouse.ping()  # fails if it was told to, as a question would
        return healing(self._events(), window, self._pipeline.zone)

    def pace(self, since: datetime, window: Window | None = None) -> Mapping[str, Pace]:
        """See `shared.operator_ports.Reader.pace`."""
        return pace((event for event in self._events() if window is None or event.date in window), since)

    def leases(self) -> Mapping[str, LeaseState]:
        """See `shared.operator_ports.Reader.leases`."""
        return {edge.name: self._leases.state(edge) for edge in self._pipeline.edges}

    def last_scans(self, since: datetime) -> Mapping[str, ScanNote]:
        """See `shared.operator_ports.Reader.last_scans`."""
        lately = (note for note in self._logbook.notes if note.started_at >= since)
        known = {note.edge: note for note in sorted(lately, key=lambda note: (note.started_at, note.scan_id))}
        return dict(sorted(known.items()))

    def scan_days(self, window: Window) -> tuple[ScanDay, ...]:
        """See `shared.operator_ports.Reader.scan_days`."""
        found: dict[tuple[date, str], list[ScanNote]] = defaultdict(list)
        for note in self._logbook.notes:
            if (day := local_date(note.started_at, self._pipeline.zone)) in window:
                found[day, note.edge].append(note)
        return tuple(
            ScanDay(
                edge,
                day,
                len(notes),
                sum(note.events.count for note in notes),
                sum(note.bytes_billed + note.events.bytes_billed for note in notes),
                sum(note.query_ms + note.events.query_ms for note in notes),
                max(note.seconds for note in notes),
            )
            for (day, edge), notes in sorted(found.items())
        )

    def quarantined(self, *, redriven: bool = False) -> Sequence[Kept]:
        """See `shared.operator_ports.Reader.quarantined`; fails where the warehouse is told to."""
        self._warehouse.fail_if_told()
        return [kept for kept in self._warehouse.kept() if redriven or kept.redriven_at is None]

    def quality(self, window: Window, tables: Sequence[str]) -> tuple[SliceQuality, ...]:
        """See `shared.operator_ports.Reader.quality`; fails where the warehouse is told to."""
        self._warehouse.fail_if_told()
        found = []
        for table in self._pipeline.tables.values():
            if table.name in tables:
                others = {name: self._warehouse.holds(name) for name in self._pipeline.checked_against(table.name)}
                held = self._warehouse.holds(table.name)
                found += [self._slice(table, day, held[day], others) for day in held if day in window]
        return tuple(sorted(found, key=lambda each: each.slice))

    def _slice(self, table: Table, day: date, held: Held, others: Mapping[str, Mapping[date, Held]]) -> SliceQuality:
        results = tuple(self._result(check, day, held, others) for check in table.checks)
        return SliceQuality(SliceId(day, table.name), held.rows, None if table.key is None else held.keys, results)

    def _result(self, check: Check, day: date, held: Held, others: Mapping[str, Mapping[date, Held]]) -> CheckResult:
        meanings = self._warehouse.meanings
        if check.measure is None:
            failed = too_many(check, held.group, meanings)
            return CheckResult(check, failed, bad_rows=int(violations(check, held.group, meanings)))
        theirs = others[check.against or ""].get(day, Held())
        compared = sums(check, held.group, theirs.group, meanings)
        return CheckResult(check, disagree(check, *compared), None, *map(_float, compared))

    def _events(self) -> list[Event]:
        return [event for event in self._warehouse.events if event.pipeline == self._pipeline.name]


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
