"""Everything that pipeline.yaml names in the warehouse has its place, at the table in which it must be."""

from shared.core.pipeline import Calendar
from shared.core.places import Column, Expression, Fit, Form, Place, places
from shared.core.table import Check, Expectation
from shared.testing.pipelines import phase, pipeline, table

WHERE = "phases[1].tables[0]"


def test_places__of_the_calendar__holds_its_columns_and_its_condition() -> None:
    calendar = Calendar("league.schedule", "game_date", key="game_id", season="season", where="status = 3")
    (first, *_) = places(pipeline(calendar=calendar))
    assert first == Place(
        "calendar",
        "league.schedule",
        (
            Column("calendar.date", "game_date", Fit.DATE),
            Column("calendar.key", "game_id", Fit.COUNTABLE),
            Column("calendar.season", "season", Fit.GROUPABLE),
        ),
        (
            Expression(
                "calendar.where", "the calendar's where", Form.CONDITION, "status = 3", "league.schedule", "game_date"
            ),
        ),
    )


def test_places__without_a_calendar__are_the_tables_in_their_order() -> None:
    found = [(place.path, place.ref) for place in places(pipeline(calendar=None))]
    assert found == [("phases[0].tables[0]", "league.raw"), (WHERE, "league.summary")]


def test_places__hold_what_another_table_names_in_them() -> None:
    """`raw` is asked for a column and for sums, and its own date stays the first of its columns."""
    summary = table(
        "summary",
        expect=Expectation(every="team", of="raw"),
        checks=(
            Check("points", measure="SUM(points)", against="raw"),
            Check("minutes", measure="SUM(minutes)", against="raw", theirs="SUM(mins)"),
        ),
    )
    raw, own = places(pipeline(phase(2, table("raw", date="day", key=None)), phase(3, summary), calendar=None))
    assert raw.date == Column("phases[0].tables[0].date", "day", Fit.DATE)
    assert raw.columns[-1] == Column(f"{WHERE}.expect.every", "team", Fit.GROUPABLE)
    assert raw.expressions == (
        Expression(
            f"{WHERE}.checks[0].measure",
            "the check points of summary against raw",
            Form.AGGREGATE,
            "SUM(points)",
            "league.raw",
            "day",
        ),
        Expression(
            f"{WHERE}.checks[1].theirs",
            "the check minutes of summary against raw",
            Form.AGGREGATE,
            "SUM(mins)",
            "league.raw",
            "day",
        ),
    )
    assert [(e.path, e.what, e.sql) for e in own.expressions] == [
        (f"{WHERE}.checks[0].measure", "the check points of summary", "SUM(points)"),
        (f"{WHERE}.checks[1].measure", "the check minutes of summary", "SUM(minutes)"),
    ]


def test_places__hold_the_columns_of_checks() -> None:
    checks = (
        Check("once", unique=("game_id", "team")),
        Check("named", not_null=("team",)),
        Check("short", bad="m < 1"),
    )
    *_, own = places(pipeline(phase(2, table("raw")), phase(3, table("summary", checks=checks))))
    assert own.columns[3:] == (
        Column(f"{WHERE}.checks[0].unique[0]", "game_id", Fit.ANY),
        Column(f"{WHERE}.checks[0].unique[1]", "team", Fit.ANY),
        Column(f"{WHERE}.checks[1].not_null[0]", "team", Fit.NULLABLE),
    )
    (expression,) = own.expressions
    assert (expression.form, expression.path) == (Form.CONDITION, f"{WHERE}.checks[2].bad")
