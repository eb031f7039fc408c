"""How slices stand, worked out from the rows that lie in memory, one slice at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shared.core.judgement import Judgement
from shared.core.table import Check, Table
from shared.core.windows import Window
from shared.testing.contents import Expected, Held, Meaning, disagree, sums, too_many


@dataclass(frozen=True)
class Contents(Judgement):
    """What is there and what should be, for one edge.

    calendar  the dates that exist; None: the upstream decides
    grown     by table whose expectation ramps up: how many keys it should have on each date
    meanings  what the SQL of checks says, in Python
    """

    held: Mapping[str, Mapping[date, Held]]
    calendar: Mapping[date, Expected] | None
    grown: Mapping[str, Mapping[date, int]]
    meanings: Mapping[str, Meaning]

    def has_rows(self, window: Window) -> bool:
        """Says whether any table has rows in `window`."""
        return any(day in window for by_date in self.held.values() for day in by_date)

    def holds(self, name: str, day: date) -> Held:
        """See `Judgement.holds`."""
        return self.held[name].get(day, Held())

    def exists(self, day: date) -> bool:
        """See `Judgement.exists`."""
        return self.calendar is None or day in self.calendar

    def is_in_season(self, table: Table, day: date) -> bool:
        """See `Judgement.is_in_season`."""
        if self.calendar is None:
            return True
        started = self.calendar[day].season_day >= table.bootstrap_days
        return started and (table.name not in self.grown or self.grown[table.name].get(day, 0) > 0)

    def planned_keys(self, table: Table, day: date) -> int | None:
        """See `Judgement.planned_keys`."""
        if table.name in self.grown:
            return self.grown[table.name].get(day, 0)
        return None if self.calendar is None else self.calendar[day].keys

    def failed_checks(self, table: Table, day: date) -> Iterator[str]:
        """See `Judgement.failed_checks`."""
        rows = self.holds(table.name, day).group
        if not rows:
            return
        for check in table.checks:
            if check.measure is None and too_many(check, rows, self.meanings):
                yield check.name
        yield from (c.name for c in table.checks if c.measure is not None and self._disagrees(c, table, day))

    def _disagrees(self, check: Check, table: Table, day: date) -> bool:
        ours, theirs = self.holds(table.name, day).group, self.holds(check.against or "", day).group
        return disagree(check, *sums(check, ours, theirs, self.meanings))
