"""Metrics and policies are built on events and fields that the functions really log, and that are documented."""

import re
from pathlib import Path

from shared.journal import Happened
from tests.terraform.configuration import TERRAFORM, resources, without_comments

TEXT = "\n".join(without_comments(path) for path in sorted((TERRAFORM / "modules" / "monitoring").glob("*.tf")))
DOCUMENTED = (TERRAFORM.parent / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_events__are_those_that_are_told() -> None:
    named = set(re.findall(r'jsonPayload\.event=\\"(\w+)\\"', TEXT))
    told = set(re.findall(r"^    (\w+) = \{\n      title ", TEXT, re.MULTILINE)) - {"lag"}
    assert {"gaps_escalated", "breaker_open", "publish_failed"} < told
    assert named | told <= set(Happened)


def test_fields__are_documented() -> None:
    fields = set(re.findall(r"jsonPayload\.(\w+)", TEXT)) - {"event"}
    assert {"lag_days", "source", "dry_run", "sweep", "edge"} <= fields
    assert {field for field in fields if f"`{field}`" not in DOCUMENTED} == set()


def test_policies_on_lines__have_a_limit() -> None:
    """Google refuses a policy on lines that could send a message for each of them."""
    on_lines = [each for each in resources() if "condition_matched_log" in each.body]
    assert on_lines
    assert [each.address for each in on_lines if "notification_rate_limit" not in each.body] == []


def test_readme__names_every_variable_and_output() -> None:
    readme = Path(TERRAFORM / "README.md").read_text(encoding="utf-8")
    for file, kind in (("variables.tf", "variable"), ("outputs.tf", "output")):
        for name in re.findall(rf'^{kind} "(\w+)"', (TERRAFORM / file).read_text(encoding="utf-8"), re.MULTILINE):
            assert f"`{name}`" in readme, name
