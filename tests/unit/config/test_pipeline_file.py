"""A pipeline.yaml is taken as it is meant, or refused with everything that is wrong with it."""

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.config import load_pipeline, parse_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.table import Heal, Share
from shared.errors import PipelineInvalid

SHIPPED = yaml.safe_load(SHIPPED_PIPELINE.read_text(encoding="utf-8"))


def small(**changes: Any) -> dict[str, Any]:
    """Returns a right document of two phases; `changes` are by path, such as `phases.1.tables.0.key`."""
    document: dict[str, Any] = {
        "pipeline": "league",
        "timezone": "America/New_York",
        "calendar": {"table": "raw.schedule", "date": "game_date", "key": "game_id", "season": "season_year"},
        "phases": [
            {"phase": 2, "name": "raw", "tables": [{"name": "raw", "table": "raw.raw", "date": "game_date"}]},
            {
                "phase": 3,
                "name": "analytics",
                "trigger_topic": "phase3-trigger",
                "tables": [
                    {"name": "one", "table": "a.one", "date": "game_date", "key": "game_id", "reads": ["raw"]},
                    {"name": "two", "table": "a.two", "date": "game_date", "reads": ["one"]},
                ],
            },
        ],
    }
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = document
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def faults(document: object) -> dict[str, str]:
    with pytest.raises(PipelineInvalid) as refused:
        parse_pipeline(yaml.safe_dump(document))
    return {fault.path: fault.message for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"lookback": 3}, "lookback"),
        ({"policy": {"lookback_day": 3}}, "policy.lookback_day"),
        ({"phases__1__tables__0__colour": "red"}, "phases[1].tables[0].colour"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "/etc/passwd"}, "timezone"),
        ({"policy": {"settle": "soon"}}, "policy.settle"),
        ({"policy": {"cooldown": 120}}, "policy.cooldown"),
        ({"policy": {"max_in_flight": 0}}, "policy.max_in_flight"),
        ({"policy": {"max_triggers_per_day": 0}}, "policy.max_triggers_per_day"),
        ({"policy": {"max_days_per_request": 3661}}, "policy.max_days_per_request"),
        ({"policy": {"max_bytes_billed": "50 GB"}}, "policy.max_bytes_billed"),
        ({"policy": {"max_bytes_billed": "9MiB"}}, "policy.max_bytes_billed"),
        ({"policy": {"max_bytes_billed": 10485760}}, "policy.max_bytes_billed"),
        ({"phases__1__policy": {"max_bytes_billed": "1GiB"}}, "phases[1].policy.max_bytes_billed"),
        ({"policy": {"max_attempts": "5"}}, "policy.max_attempts"),
        ({"phases__1__trigger_topic": None}, "phases[1].trigger_topic"),
        ({"phases__1__phase": 2}, "phases[1].phase"),
        ({"phases__1__tables__0__table": "a.one` WHERE 1=1 --"}, "phases[1].tables[0].table"),
        ({"phases__1__tables__0__table": "one"}, "phases[1].tables[0].table"),
        ({"phases__1__tables__0__date": "a`b"}, "phases[1].tables[0].date"),
        ({"phases__1__tables__0__key": "x; DROP TABLE y"}, "phases[1].tables[0].key"),
        ({"phases__1__tables__0__name": "a'b"}, "phases[1].tables[0].name"),
        ({"calendar__season": "a-b"}, "calendar.season"),
        ({"phases__1__tables__1__name": "one"}, "phases[1].tables[1].name"),
        ({"phases__1__tables__0__reads": ["nowhere"]}, "phases[1].tables[0].reads[0]"),
        ({"phases__0__tables__0__reads": ["one"]}, "phases[0].tables[0].reads[0]"),
        ({"phases__1__tables__0__reads": ["one"]}, "phases[1].tables[0].reads[0]"),
        ({"phases__1__tables__0__reads": ["two"]}, "phases[1].tables[0].reads"),
        ({"phases__1__tables__0__reads": [{"table": "raw", "any_of": ["raw"]}]}, "phases[1].tables[0].reads[0]"),
        ({"phases__1__tables__1__complete": {"rows_per_key": 3}}, "phases[1].tables[1].complete.rows_per_key"),
        ({"phases__1__tables__0__complete": {"keys": 1.5}}, "phases[1].tables[0].complete.keys"),
        ({"phases__1__trigger": {"fields": {"x": "$nobody"}}}, "phases[1].trigger.fields.x"),
        ({"phases__1__tables__0__heal": "sometimes"}, "phases[1].tables[0].heal"),
        ({"phases__1__tables__0__checks": [{"name": "empty"}]}, "phases[1].tables[0].checks[0]"),
        ({"phases": []}, "phases"),
    ],
)
def test_fault__is_found_where_it_is(changes: dict[str, Any], path: str) -> None:
    assert path in faults(small(**changes))


def test_bootstrap__without_a_season__is_a_fault() -> None:
    """F12"""
    found = faults(small(calendar__season=None, policy={"bootstrap_days": 14}))
    assert "policy.bootstrap_days" in found


def test_table_that_needs_nothing__without_a_calendar__is_a_fault() -> None:
    found = faults(small(calendar=None, phases__1__tables__0__reads=[{"table": "raw", "optional": True}]))
    assert "phases[1].tables[0].reads" in found


def test_all_faults__come_at_once__of_shape_and_of_sense() -> None:
    document = small(
        timezone="Mars",
        policy={"settle": "soon", "lookback_day": 3},
        phases__1__trigger_topic=None,
        phases__1__tables__0__reads=["nowhere", "two"],
        phases__1__tables__1__table="a.two; DROP",
    )
    assert faults(document).keys() == {
        "timezone",
        "policy.settle",
        "policy.lookback_day",
        "phases[1].trigger_topic",
        "phases[1].tables[0].reads[0]",
        "phases[1].tables[0].reads",
        "phases[1].tables[1].table",
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "just words", "a: [", "a: 1\na: 2", "pipeline: a\npipeline: b", "? [1, 2]\n: 3", "\x00"]
)
def test_text_that_is_no_pipeline__is_refused_with_a_path(text: str) -> None:
    with pytest.raises(PipelineInvalid) as refused:
        parse_pipeline(text)
    assert refused.value.faults
    assert all(fault.path for fault in refused.value.faults)


def test_file_that_is_not_there__is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineInvalid, match=r"nowhere\.yaml"):
        load_pipeline(tmp_path / "nowhere.yaml")


places: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.just([]) | st.just({}),
    st.lists,
    max_leaves=3,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_change_of_the_shipped_file__loads_or_is_refused__and_nothing_worse(data: st.DataObject) -> None:
    document = copy.deepcopy(SHIPPED)
    place: Any = document
    while True:
        step = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        deeper = place[step]
        if not isinstance(deeper, dict | list) or not deeper or data.draw(st.booleans()):
            break
        place = deeper
    place[step] = data.draw(places)
    try:
        parse_pipeline(yaml.safe_dump(document))
    except PipelineInvalid as refused:
        found = refused.faults
    else:
        return
    assert found


def test_policies__are_inherited_from_pipeline_to_phase_to_table() -> None:
    document = small(
        policy={"settle": "1h", "cooldown": "30m", "max_attempts": 7},
        phases__1__policy={"cooldown": "10m", "bootstrap_days": 14},
        phases__1__tables__0__policy={"max_attempts": 2},
        phases__1__tables__1__bootstrap_days=25,
    )
    one, two = parse_pipeline(yaml.safe_dump(document)).phases[1].tables
    assert (one.policy.settle, one.policy.cooldown) == (timedelta(hours=1), timedelta(minutes=10))
    assert (one.policy.max_attempts, two.policy.max_attempts) == (2, 7)
    assert (one.bootstrap_days, two.bootstrap_days) == (14, 25)


def test_gate__is_completeness_unless_it_is_given() -> None:
    share = {"keys": 0.9, "rows_per_key": 14}
    document = small(phases__1__tables__0__complete=share)
    assert parse_pipeline(yaml.safe_dump(document)).tables["one"].gate == Share(0.9, 14)
    document = small(phases__1__tables__0__complete=share, phases__1__tables__0__gate={"keys": 0.5})
    assert parse_pipeline(yaml.safe_dump(document)).tables["one"].gate == Share(0.5, 0)


def test_shipped_pipeline__is_the_nbas() -> None:
    nba = load_pipeline(SHIPPED_PIPELINE)
    assert [edge.name for edge in nba.edges] == [f"phase{n}_to_phase{n + 1}" for n in range(2, 6)]
    reads = {table.name: [read.label for read in table.reads] for table in nba.tables.values() if table.reads}
    assert reads["player_game_summary"] == [
        "nbac_gamebook_player_stats|bdl_player_boxscores",
        "team_offense_game_summary",
    ]
    assert len(reads["ml_feature_store_v2"]) == len(reads["player_composite_factors"]) == 4
    lookbacks = {(t.name, r.label): r.lookback_days for t in nba.tables.values() for r in t.reads if r.lookback_days}
    assert lookbacks == {
        ("upcoming_player_game_context", "player_game_summary"): 30,
        ("team_defense_zone_analysis", "team_defense_game_summary"): 33,
        ("player_shot_zone_analysis", "player_game_summary"): 33,
    }
    assert {table.bootstrap_days for table in nba.phases[1].tables} == {0}
    late = {t.name: t.bootstrap_days for p in nba.phases[2:] for t in p.tables if t.bootstrap_days != 14}
    assert late == {"team_defense_zone_analysis": 35, "player_shot_zone_analysis": 25}
    assert [table.name for table in nba.tables.values() if table.heal is not Heal.AUTO] == ["published_predictions"]
    assert {nba.tables[n].date for n in ("player_daily_cache", "team_defense_zone_analysis")} == {
        "cache_date",
        "analysis_date",
    }
    assert (nba.tables["prediction_accuracy"].stamp, nba.tables["ml_feature_store_v2"].stamp) == (
        "graded_at",
        "updated_at",
    )
