"""The counts that the reliability tests and the load run judge by."""

from tests.four_counts import count


def test_counts__what_did_not_come_and_what_should_not_have() -> None:
    counts = count({"a", "b", "c"}, ["a", "x", "b", "x"])
    assert (set(counts.lost), set(counts.unexpected)) == ({"c"}, {"x"})
    assert (counts.duplicated, counts.recovered) == (0, 0)


def test_counts__every_time_too_many__of_what_was_due() -> None:
    assert count({"a", "b"}, ["a", "a", "a", "b", "x", "x"]).duplicated == 2


def test_counts_as_recovered__what_was_refused_and_came_all_the_same() -> None:
    counts = count({"a", "b", "c"}, ["a", "c"], refused={"a", "b"})
    assert counts.recovered == 1
    assert str(counts) == "1 lost, 0 unexpected, 0 duplicated, 1 recovered"
