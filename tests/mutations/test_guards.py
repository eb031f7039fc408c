"""Every guard that `make mutations` takes out is where it says, and so are the tests that must notice."""

import pytest

from tests.mutations.guards import GUARDS, ROOT, Guard, GuardMoved


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_guard__is_where_it_was__and_its_tests_are_there(guard: Guard) -> None:
    assert guard.taken_out(ROOT)
    assert list(guard.missing_tests(ROOT)) == []


def test_guard_that_was_moved__is_an_error_and_no_success() -> None:
    moved = Guard("moved", "shared/core/caps.py", "no such text", "", ())
    with pytest.raises(GuardMoved):
        moved.taken_out(ROOT)


def test_guards__have_names_of_their_own() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
