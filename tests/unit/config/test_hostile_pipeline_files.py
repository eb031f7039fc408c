"""Files nobody would write by accident: foreign SQL in every identifier, and YAML that breaks its reader."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config import parse_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.errors import Fault, PipelineInvalid

TEXT = SHIPPED_PIPELINE.read_text(encoding="utf-8")
SHIPPED = yaml.safe_load(TEXT)
INJECTIONS = [
    "x` WHERE TRUE; DROP TABLE y; --",
    "x'), ('y",
    "x y",
    "x\n",
    "x/**/",
    "@start",
    "",
    "gam\N{FULLWIDTH LATIN SMALL LETTER E};",
]
IDENTIFIERS = [
    "pipeline",
    "calendar.table",
    "calendar.date",
    "calendar.key",
    "calendar.season",
    "phases.0.name",
    "phases.0.completion_topic",
    "phases.1.trigger_topic",
    "phases.1.tables.0.name",
    "phases.1.tables.0.table",
    "phases.1.tables.0.date",
    "phases.1.tables.0.key",
    "phases.1.tables.0.stamp",
    "phases.1.tables.3.reads.1.table",
    "phases.1.tables.0.reads.0.any_of.0",
    "phases.1.tables.0.checks.0.name",
    "phases.1.tables.0.checks.0.unique.0",
    "phases.1.tables.2.checks.1.not_null.0",
    "phases.1.tables.2.checks.3.against",
]
LEVELS = [
    "",
    "calendar",
    "policy",
    "policy.breaker",
    "phases.1",
    "phases.1.trigger",
    "phases.2.policy",
    "phases.1.tables.0",
    "phases.1.tables.0.complete",
    "phases.1.tables.0.reads.0",
    "phases.1.tables.0.checks.0",
]


def place(document: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        document = document[int(step) if step.isdigit() else step]
    return document


def spelt(path: str) -> str:
    """Returns `a.0.b` as faults spell it: `a[0].b`."""
    return "".join(f"[{s}]" if s.isdigit() else f".{s}" for s in path.split(".")).removeprefix(".")


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(PipelineInvalid) as refused:
        parse_pipeline(text)
    return refused.value.faults


@pytest.mark.parametrize("path", IDENTIFIERS)
@pytest.mark.parametrize("injection", INJECTIONS)
def test_identifier__that_is_not_plain__is_refused(path: str, injection: str) -> None:
    """Identifiers are the only text that is rendered into SQL."""
    document = copy.deepcopy(SHIPPED)
    way, _, last = path.rpartition(".")
    owner = place(document, way)
    owner[int(last) if last.isdigit() else last] = injection
    assert spelt(path) in {fault.path for fault in faults(yaml.safe_dump(document))}


@pytest.mark.parametrize("level", LEVELS)
def test_unknown_key__is_a_fault__at_every_level(level: str) -> None:
    document = copy.deepcopy(SHIPPED)
    place(document, level)["colour"] = "red"
    wanted = spelt(f"{level}.colour" if level else "colour")
    assert [fault.path for fault in faults(yaml.safe_dump(document))] == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "pipeline: 2022-13-45",
        "pipeline: !!int abc",
        "pipeline: !!bool abc",
        "pipeline: !!timestamp abc",
        "pipeline: " + "9" * 5_000,
        "[" * 3_000,
    ],
    ids=["month 13", "no int", "no bool", "no timestamp", "5,000 digits", "3,000 deep"],
)
def test_yaml_whose_values_cannot_be_built__is_refused(text: str) -> None:
    assert all(fault.path for fault in faults(text))


@pytest.mark.parametrize("span", ["9" * 18 + "d", "9" * 400 + "s"], ids=["too many days", "infinite"])
def test_duration__longer_than_any_time_span__is_a_fault(span: str) -> None:
    assert [fault.path for fault in faults(TEXT.replace("settle: 6h", f"settle: {span}"))] == ["policy.settle"]


def test_rows_per_key__without_bounds__is_a_fault() -> None:
    found = faults(TEXT.replace("rows_per_key: 14}", "rows_per_key: .inf}"))
    assert [fault.path for fault in found] == ["phases[1].tables[2].complete.rows_per_key"]


def test_column__of_other_than_ascii_letters__is_a_fault() -> None:
    found = faults(TEXT.replace("stamp: graded_at", "stamp: grad\N{LATIN SMALL LETTER E WITH ACUTE}_at"))
    assert [fault.path for fault in found] == ["phases[4].tables[0].stamp"]


def test_fault_in_a_list__hides_no_other_fault() -> None:
    document = copy.deepcopy(SHIPPED)
    document["phases"][1]["tables"][0]["reads"][0]["any_of"] = ["bad name"]
    del document["phases"][2]["trigger_topic"]
    found = {fault.path for fault in faults(yaml.safe_dump(document))}
    assert found == {"phases[1].tables[0].reads[0].any_of[0]", "phases[2].trigger_topic"}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_few_deletions__load_or_are_refused_with_a_path(data: st.DataObject) -> None:
    document = copy.deepcopy(SHIPPED)
    for _ in range(data.draw(st.integers(1, 5))):
        owner: Any = document
        step: Any = None
        while isinstance(owner, dict | list) and owner:
            step = data.draw(st.sampled_from(list(owner) if isinstance(owner, dict) else range(len(owner))))
            if not isinstance(owner[step], dict | list) or not owner[step] or data.draw(st.booleans()):
                break
            owner = owner[step]
        if owner:
            del owner[step]
    try:
        parse_pipeline(yaml.safe_dump(document))
    except PipelineInvalid as refused:
        found = refused.faults
    else:
        return
    assert found
    assert all(fault.path and fault.message for fault in found)
