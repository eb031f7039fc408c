"""What a person at the doors of a running stack can do, for tests that tell stories."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import requests

from shared.core.windows import Window
from shared.demo import doors
from shared.demo.calendar import expected_games
from shared.demo.coverage import gap_slices
from shared.demo.story import PROJECT, manual_tables
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.sql import Sql
from shared.local.stack import Stack
from shared.ports import Message
from shared.testing.waiting import eventually


@dataclass(frozen=True)
class House:
    """A running stack, and what a person at its doors can do."""

    stack: Stack
    sql: Sql
    publisher: PubsubPublisher

    def scan(self, edge: str, **body: Any) -> doors.Report:
        return doors.scan(self.stack.orchestrators[edge], body)

    def order(self, first: date, last: date | None = None, **body: Any) -> dict[str, doors.Report]:
        window = Window.inclusive(first, last or first)
        return doors.scan_all(self.stack.orchestrators, {**doors.inclusive(window), **body})

    def open_slices(self, first: date, last: date | None = None) -> set[tuple[date, str]]:
        """Returns what is still a gap on these dates, but for the tables a person has to name."""
        manual = manual_tables(self.stack.pipeline)
        reports = self.order(first, last, dry_run=True)
        return {s for report in reports.values() for s in gap_slices(report) if s[1] not in manual}

    def healed(self, first: date, last: date | None = None, *, within: float = 90) -> None:
        """Waits until nothing is open on these dates; looks seldom, because every look costs four questions."""
        window = Window.inclusive(first, last or first)
        done = (
            "SELECT COUNT(DISTINCT game_date) AS n FROM `nba_predictions.prediction_accuracy` "
            "WHERE game_date IN UNNEST(@days)"
        )
        days = [day for day in window if day in expected_games()]
        eventually(
            lambda: self.sql.run(done, days=days)[0]["n"] == len(days), within=within, what=f"{first} graded", every=0.5
        )
        eventually(lambda: not self.open_slices(first, last), within=within, what=f"{first} healed", every=2.0)

    def publish(self, topic: str, *bodies: object) -> None:
        data = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        self.publisher.publish(topic, [Message(each) for each in data])

    def events(self, day: date, kind: str = "triggered") -> list[dict[str, Any]]:
        """Returns the ledger's events of one kind about `day`."""
        return self.sql.run(
            "SELECT table_name, edge, attempt, generation, slice_key, source FROM `nba_orchestration.gap_events` "
            "WHERE slice_date = @day AND event = @kind ORDER BY edge, table_name, attempt",
            day=day,
            kind=kind,
        )

    def rows(self, day: date) -> dict[str, int]:
        """Returns how many rows every table of phases 3 to 6 has on `day`."""
        counts = {}
        for phase in self.stack.pipeline.phases[1:]:
            for table in phase.tables:
                found = self.sql.run(f"SELECT COUNT(*) AS n FROM `{table.ref}` WHERE `{table.date}` = @day", day=day)
                counts[table.name] = int(found[0]["n"])
        return counts

    def behave(self, **behaviour: Any) -> None:
        """Tells all processors how to behave from now on."""
        for url in self.stack.processors.values():
            requests.post(f"{url}/behaviour", json=behaviour, timeout=10).raise_for_status()


def house_of(stack: Stack) -> House:
    """Returns the house that `stack` is."""
    return House(
        stack,
        Sql(bigquery_client(PROJECT, emulator=stack.warehouse_url)),
        PubsubPublisher(lambda: publisher_client(emulator=stack.pubsub_host), PROJECT),
    )
