"""Completions in groups, one scan at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import ScanInProgress, WarehouseUnavailable
from shared.testing.waiting import eventually
from shared.turns import GroupCommit, PartlyDone, Turns


def test_submissions__that_arrive_meanwhile__are_committed_together() -> None:
    groups: list[list[int]] = []
    started, go_on = threading.Event(), threading.Event()

    def commit(group: list[int]) -> None:
        groups.append(group)
        started.set()
        assert go_on.wait(10)

    together = GroupCommit(commit)
    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(together.submit, 0)
        assert started.wait(10)
        rest = [pool.submit(together.submit, number) for number in range(1, 40)]
        eventually(lambda: len(together._waiting) == 39, within=10, what="all others wait")
        assert not first.done()  # acknowledged means done
        go_on.set()
        for each in [first, *rest]:
            each.result(timeout=10)
    assert groups[0] == [0]
    assert [sorted(group) for group in groups[1:]] == [list(range(1, 40))]


def test_error__reaches_those_of_its_group__and_nobody_after() -> None:
    answers = iter([WarehouseUnavailable("gone"), None])

    def commit(group: list[int]) -> None:
        if (answer := next(answers)) is not None:
            raise answer

    together = GroupCommit(commit)
    with pytest.raises(WarehouseUnavailable):
        together.submit(1)
    together.submit(2)


def test_error_of_some__reaches_them__and_no_other_of_their_group() -> None:
    started, go_on = threading.Event(), threading.Event()

    def commit(group: list[str]) -> None:
        started.set()
        assert go_on.wait(10)
        failed = {at: WarehouseUnavailable(each) for at, each in enumerate(group) if each.startswith("bad")}
        if failed:
            raise PartlyDone(failed)

    together = GroupCommit(commit)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(together.submit, "first")
        assert started.wait(10)
        rest = {each: pool.submit(together.submit, each) for each in ("bad 1", "good 1", "bad 2", "good 2")}
        eventually(lambda: len(together._waiting) == 4, within=10, what="all others wait")
        go_on.set()
        first.result(timeout=10)
        for each in ("good 1", "good 2"):
            rest[each].result(timeout=10)
        for each in ("bad 1", "bad 2"):
            with pytest.raises(WarehouseUnavailable, match=each):
                rest[each].result(timeout=10)


def test_second_scan__is_refused__and_completions_wait_for_the_first() -> None:
    turns = Turns()
    order: list[str] = []

    def complete() -> None:
        with turns.completions():
            order.append("completion")

    with turns.scan():
        with pytest.raises(ScanInProgress), turns.scan():
            pass
        waiting = threading.Thread(target=complete)
        waiting.start()
        order.append("scan")
    waiting.join(timeout=10)
    assert order == ["scan", "completion"]
    with turns.scan():
        pass
