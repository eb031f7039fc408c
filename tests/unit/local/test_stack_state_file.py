"""The file by which a running stack is found counts only while its supervisor lives."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from shared.local.state import StackState, began, read_state, remove_state, write_state


@pytest.fixture
def state() -> StackState:
    return StackState(
        project="p",
        pipeline_file="pipeline.yaml",
        warehouse_url="http://127.0.0.1:1",
        pubsub_host="127.0.0.1:2",
        orchestrators={"phase2_to_phase3": "http://127.0.0.1:3"},
        processors={3: "http://127.0.0.1:4"},
        processes={"warehouse": 5},
        supervisor=os.getpid(),
        supervisor_began=began(os.getpid()) or 0.0,
    )


def test_state__written_by_this_process__comes_back_as_it_was(tmp_path: Path, state: StackState) -> None:
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    remove_state(tmp_path)
    assert read_state(tmp_path) is None


def test_state__of_another_process_with_our_number__is_not_believed(tmp_path: Path, state: StackState) -> None:
    write_state(tmp_path, replace(state, supervisor_began=state.supervisor_began - 60))
    assert read_state(tmp_path) is None


def test_state__of_another_version__is_no_stack(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"processors": {}, "who": "knows"}', encoding="utf-8")
    assert read_state(tmp_path) is None
