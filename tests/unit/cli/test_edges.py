"""Which edges and tables a person means, and what he is told when there are none of that name."""

from collections.abc import Mapping
from datetime import date

import click
import pytest

from shared.cli.edges import asked_edges, checked, doors_of
from shared.operations.doors import Here
from shared.testing.pipelines import phase, pipeline, table

PIPELINE = pipeline(
    phase(2, table("raw")),
    phase(3, table("summary", reads=["raw"]), table("form", reads=["raw"])),
    phase(4, table("cache", reads=["summary"])),
    phase(5, table("export", reads=["cache"])),
)
NAMES = ["phase2_to_phase3", "phase3_to_phase4", "phase4_to_phase5"]


def asked(*named: str, phases: str | None = None, tables: str | None = None) -> dict[str, tuple[str, ...]]:
    """Returns the edges that are meant, in order, and of each the tables."""
    edges, of = asked_edges(PIPELINE, named, phases, tables)
    return {edge.name: of.get(edge.name, ()) for edge in edges}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (asked(), dict.fromkeys(NAMES, ())),
        (asked(NAMES[2], NAMES[0]), {NAMES[0]: (), NAMES[2]: ()}),
        (asked(phases="4"), {NAMES[1]: ()}),
        (asked(phases="4-9"), {NAMES[1]: (), NAMES[2]: ()}),
        (asked(phases="2-4"), {NAMES[0]: (), NAMES[1]: ()}),
        (asked(tables="cache, form,cache"), {NAMES[0]: ("form",), NAMES[1]: ("cache",)}),
        (asked(NAMES[0], tables="form"), {NAMES[0]: ("form",)}),
    ],
)
def test_edges__are_in_the_order_of_their_phases__with_their_tables(
    found: Mapping[str, tuple[str, ...]], expected: Mapping[str, tuple[str, ...]]
) -> None:
    assert list(found.items()) == list(expected.items())


@pytest.mark.parametrize(
    ("named", "phases", "tables", "said"),
    [
        (("phase9_to_phase10",), None, None, "phase9_to_phase10: expected edges of league, which are phase2_to_phase3"),
        ((), "7", None, "7: expected a phase or two, such as 4 or 3-5, of 3 .phase3., 4 .phase4., 5 .phase5."),
        ((), "four", None, "four: expected a phase or two"),
        ((), "5-3", None, "5-3: expected a phase or two"),
        ((), None, "raw", "raw: expected tables that these edges fill: summary, form, cache, export"),
        ((NAMES[0],), None, "cache", "cache: expected tables that these edges fill: summary, form"),
        ((), None, " , ", "nothing: expected tables"),
    ],
)
def test_name__that_is_not_there__is_told_with_those_that_are(
    named: tuple[str, ...], phases: str | None, tables: str | None, said: str
) -> None:
    with pytest.raises(click.BadParameter, match=said):
        asked(*named, phases=phases, tables=tables)


@pytest.mark.parametrize(
    ("fields", "hint", "said"),
    [
        ({"ignore_gates": True}, "--ignore-gates", "expected only together with force"),
        ({"sweep": True, "start_date": "2022-04-16"}, "--sweep", "expected without a range"),
        ({"kinds": ["lost"]}, "--kinds", "missing"),
        ({"reason": "x" * 501}, "--reason", "500"),
    ],
)
def test_what_the_door_would_refuse__is_wrong_usage(fields: dict[str, object], hint: str, said: str) -> None:
    with pytest.raises(click.BadParameter, match=said) as refused:
        checked(PIPELINE.edges[0], fields, date(2022, 5, 1))
    assert refused.value.param_hint == hint


def test_doors__of_half_a_local_stack__are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read from an emulator must not be sent to a real topic."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    with pytest.raises(click.UsageError, match="expected both of them or neither"):
        doors_of(PIPELINE, "a-project", (), PIPELINE.edges)


def test_doors__of_an_address_that_is_none__are_wrong_usage() -> None:
    with pytest.raises(click.BadParameter, match="expected a URL"):
        doors_of(PIPELINE, "a-project", ("nowhere",), PIPELINE.edges)


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        (("phase2_to_phase3=https://a.example",), "expected an address of phase3_to_phase4 as well"),
        (("https://{edge}.example", "phase9=https://a.example"), "phase9 is no edge: expected phase2_to_phase3"),
    ],
)
def test_doors__that_not_every_edge_has__are_wrong_usage__before_one_is_asked(
    addresses: tuple[str, ...], said: str
) -> None:
    with pytest.raises(click.BadParameter, match=said):
        doors_of(PIPELINE, "a-project", addresses, PIPELINE.edges)


def test_doors_of_this_process__let_go_of_an_edge_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that lingers outlives a command, and keeps the functions from their work for minutes."""
    for name in ("BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
        monkeypatch.setenv(name, "127.0.0.1:1")
    doors = doors_of(PIPELINE, "a-project", (), PIPELINE.edges)
    assert isinstance(doors, Here)
    left: list[str] = []
    doors.service(PIPELINE.edges[0]).timing.later(60.0, lambda: left.append("left"))
    assert left == ["left"]
