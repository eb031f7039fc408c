"""What no emulator can show of a trial: that it has the form of the question, whose types BigQuery checks."""

import pytest

from shared import queries
from shared.core.places import Expression, Form


@pytest.mark.parametrize(
    ("form", "written", "tried"),
    [
        (Form.CONDITION, "minutes > 48", "COUNTIF(minutes > 48) AS tried"),
        (Form.CONDITION, "name LIKE '%s'", "COUNTIF(name LIKE '%s') AS tried"),
        (Form.AGGREGATE, "SUM(points)", "CAST(SUM(points) AS FLOAT64) AS tried"),
    ],
)
def test_trial__has_the_form_of_the_question__and_a_date(form: Form, written: str, tried: str) -> None:
    text = queries.trial(Expression("path", "what", form, written, "league.box", "day"))
    assert tried in text
    assert "FROM `league.box`\nWHERE `day` = @day\nGROUP BY `day`" in text
