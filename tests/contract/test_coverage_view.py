"""`coverage`, the view for reports: the same as the coverage questions of all edges, each table once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.core.coverage import SliceState, State
from shared.core.gaps import Question
from shared.core.pipeline import Edge, Pipeline
from shared.core.table import Check, Expectation, Share
from shared.core.windows import Window, local_date
from shared.gcp.bigquery import BigQueryWarehouse, Reports
from shared.gcp.sql import Sql
from shared.testing.pipelines import phase, pipeline, read, table
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.league import LATER, OPENING, RAW, day, scheduled, two_games, written
from tests.contract.worlds import World

COLUMNS = [
    "pipeline",
    "phase",
    "phase_name",
    "table_name",
    "game_date",
    "state",
    "expected_keys",
    "present_keys",
    "slice_rows",
    "coverage",
    "newest",
]


def long_ago(owner: Pipeline) -> Pipeline:
    """Returns `owner` with a look-back that goes from today to just before the opening of the league's season."""
    days = (datetime.now(UTC).date() - OPENING).days + 5
    return replace(owner, policy=replace(owner.policy, sweep_lookback_days=days))


class Report:
    """The view in one world, and the questions that it should agree with."""

    def __init__(self, world: World, server: BigqueryServer) -> None:
        self.world = world
        self._sql = Sql(server.client())
        self._warehouse = BigQueryWarehouse(server.client, world.pipeline)

    def made(self) -> Reports:
        """Does what `gaphealer init` does; once more after a table has got another column."""
        return self._warehouse.create_reports()

    def rows(self) -> list[dict[str, Any]]:
        view = f"{self.world.pipeline.ledger_dataset}.coverage"
        return self._sql.run(f"SELECT * FROM `{view}` ORDER BY game_date, table_name")

    def told(self) -> list[tuple[object, ...]]:
        names = ("table_name", "game_date", "state", "expected_keys", "present_keys", "slice_rows", "newest")
        return [tuple(row[name] for name in names) for row in self.rows()]

    def asked(self) -> list[tuple[object, ...]]:
        """Returns what the questions of all edges answer over the same days."""
        owner = self.world.pipeline
        now = datetime.now(UTC)
        window = Window.last_days(owner.policy.sweep_lookback_days, local_date(now, owner.zone))
        states = [
            state
            for edge in owner.edges
            for state in self.world.warehouse.coverage(Question(edge, window, self._tables(edge), now))
        ]
        return [_facts(state) for state in sorted(states, key=lambda state: state.slice)]

    def _tables(self, edge: Edge) -> tuple[str, ...]:
        first = edge.upstream.tables if edge is self.world.pipeline.edges[0] else ()
        return tuple(table.name for table in (*first, *edge.downstream.tables))


def _facts(state: SliceState) -> tuple[object, ...]:
    return (
        state.slice.table,
        state.slice.date,
        state.state.value,
        state.expected_keys,
        state.present_keys,
        state.rows,
        state.newest,
    )


@pytest.fixture
def report(bigquery_only: NewWorld, bigquery_server: BigqueryServer) -> Any:
    """Returns a function that makes a world of a pipeline, its tables empty, and the view in it."""

    def make(owner: Pipeline) -> Report:
        made = Report(bigquery_only(long_ago(owner)), bigquery_server)
        made.made()
        return made

    return make


def test_tells_what_the_questions_tell__of_every_state_and_table_once(report: Any) -> None:
    found = report(
        pipeline(
            phase(2, RAW, table("odds", key=None)),
            phase(3, table("summary", reads=["raw"], complete=Share(rows_per_key=2), bootstrap_days=1)),
            phase(
                4, table("form", reads=[read("summary", lookback_days=2)]), table("other", reads=["summary", "odds"])
            ),
        )
    )
    two_games(found.world, days=7)
    found.world.put("odds", written(day(0), "a"), written(day(6), "a"))
    found.world.put("summary", *(written(day(n), "a", "b", rows=2) for n in (0, 1, 2)), written(day(4), "a", "b"))
    found.world.put("form", written(day(1), "a", "b"), written(day(2), "a"), written(day(9), "a"))
    found.world.put("other", written(day(1), "a", "b"), written(day(6), "a", "b", at=LATER))
    told = found.told()
    assert told == found.asked()
    assert {state for _, _, state, *_ in told} == {State.COMPLETE, State.MISSING, State.PARTIAL, State.NOT_EXPECTED}
    assert {name for name, *_ in told} == set(found.world.pipeline.tables)


def test_tells_what_the_questions_tell__of_checks_sums_chains_and_ramps(report: Any) -> None:
    sums = Check("points", measure="SUM(points)", against="box", tolerance=0.01)
    known = Check("known", not_null=("game_id",))
    grown = table("grown", reads=["box"], expect=Expectation(every="game_id", of="box", after=2))
    found = report(
        pipeline(
            phase(2, table("box", checks=(known,)), table("spare")),
            phase(3, table("summary", reads=[read("box", "spare")], checks=(sums,)), grown),
        )
    )
    world = found.world
    world.put("calendar", *(scheduled(day(n), "a", "b") for n in range(6)))
    world.put("spare", *(written(day(n), "a", "b") for n in (3, 4)))
    box = [written(day(0), "a", "b"), written(day(1), "a", None), written(day(2), "a", "b", at=LATER)]
    box += [written(day(5), "a"), written(day(9), "a")]
    world.put("box", *([{**row, "points": 10} for row in rows] for rows in box))
    summary = [(written(day(0), "a", "b"), 10), (written(day(2), "a", "b"), 10), (written(day(5), "a", "b"), 7)]
    world.put("summary", *([{**row, "points": points} for row in rows] for rows, points in summary))
    world.put("grown", written(day(2), "a"))
    found.made()
    told = found.told()
    assert told == found.asked()
    assert {state for _, _, state, *_ in told} == set(State)


def test_tells_what_the_questions_tell__without_a_calendar(report: Any) -> None:
    tables = table("summary", reads=["raw"]), table("other", reads=["summary", read("odds", optional=True)])
    found = report(pipeline(phase(2, RAW, table("odds")), phase(3, *tables), calendar=None))
    found.world.put("raw", *(written(day(number), "a", "b") for number in (0, 1)))
    found.world.put("odds", written(day(2), "a"))
    found.world.put("summary", written(day(1), "a", "b"), written(day(3), "a"))
    told = found.told()
    assert told == found.asked()
    assert {state for _, _, state, *_ in told} == {State.COMPLETE, State.MISSING, State.NOT_EXPECTED}


def test_has_what_a_report_needs__and_how_much_is_there_of_what_is_expected(report: Any) -> None:
    odds = table("odds", key=None)
    found = report(pipeline(phase(2, RAW, odds), phase(3, table("summary", reads=["raw"], complete=Share(0.5)))))
    two_games(found.world, days=2)
    found.world.put("summary", written(day(0), "a"), written(day(1), "a", "b", "c"), written(day(2), "a"))
    found.world.put("odds", written(day(0), "a"))
    rows = found.rows()
    assert list(rows[0]) == COLUMNS
    assert {(row["pipeline"], row["phase"], row["phase_name"], row["table_name"]) for row in rows} == {
        (found.world.pipeline.name, 2, "phase2", "raw"),
        (found.world.pipeline.name, 2, "phase2", "odds"),
        (found.world.pipeline.name, 3, "phase3", "summary"),
    }
    assert [(row["table_name"], row["state"], row["coverage"]) for row in rows] == [
        ("odds", "complete", 1.0),
        ("raw", "complete", 1.0),
        ("summary", "complete", 0.5),
        ("odds", "missing", 0.0),
        ("raw", "complete", 1.0),
        ("summary", "complete", 1.0),
        ("summary", "not_expected", None),
    ]


def test_reaches_as_far_back_as_the_sweep__and_up_to_today(
    bigquery_only: NewWorld, bigquery_server: BigqueryServer
) -> None:
    owner = pipeline(timezone="Pacific/Kiritimati", calendar=None)  # 14 hours ahead: a day before UTC has it
    world = bigquery_only(replace(owner, policy=replace(owner.policy, sweep_lookback_days=3)))
    today = local_date(datetime.now(UTC), owner.zone)
    world.put("raw", *(written(today - timedelta(days=n), "a") for n in range(-1, 6)))
    found = Report(world, bigquery_server)
    found.made()
    dates = [row["game_date"] for row in found.rows() if row["table_name"] == "raw"]
    assert dates == [today - timedelta(days=n) for n in (3, 2, 1, 0)]


def test_over_a_table_that_is_not_there__is_refused__by_name(
    bigquery_only: NewWorld, bigquery_server: BigqueryServer
) -> None:
    found = Report(bigquery_only(pipeline()), bigquery_server)
    found.world.tables.drop(found.world.ref("summary"))
    refused = found.made()
    (fault,) = refused.refused
    assert refused.made == ()
    assert fault.path == f"{found.world.pipeline.ledger_dataset}.coverage"
    assert fault.message.startswith("this view cannot be made: ")
    assert found.world.ref("summary") in fault.message
