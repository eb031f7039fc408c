"""What messages may do: come twice, come broken, come for nothing."""

from collections.abc import Iterator
from datetime import date

import pytest

from shared.core.pipeline import Phase
from shared.demo.story import PROJECT
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.testing.waiting import eventually
from tests.acceptance.house import House

pytestmark = pytest.mark.acceptance


@pytest.fixture
def ears(house: House) -> Iterator[dict[str, list[bytes]]]:
    """Listens on every topic of the pipeline; filled by `overheard`."""
    with PubsubAdmin(PROJECT, emulator=house.stack.pubsub_host) as admin:
        for topic in topics(house.stack.pipeline.phases):
            admin.ensure_pull_subscription(PullSubscription(f"ear-{topic}", topic))
        yield {}


def topics(phases: tuple[Phase, ...]) -> list[str]:
    return [topic for phase in phases for topic in (phase.trigger_topic, phase.completion_topic) if topic is not None]


def overheard(house: House) -> dict[str, list[bytes]]:
    said: dict[str, list[bytes]] = {}
    with PubsubAdmin(PROJECT, emulator=house.stack.pubsub_host) as admin:
        for topic in topics(house.stack.pipeline.phases):
            said[topic] = []
            while pulled := admin.pull(f"ear-{topic}", 100, wait=1.0):
                said[topic] += [message.data for message in pulled]
                admin.acknowledge(f"ear-{topic}", [message.ack_id for message in pulled])
    return said


def test_every_message__delivered_once_more__changes_nothing(house: House, ears: object) -> None:
    """I9: replaying what was said adds no key and no row."""
    day = date(2022, 4, 27)
    house.order(day)
    house.healed(day)
    said = overheard(house)
    assert sum(map(len, said.values())) >= 8 + 12  # triggers and completions of one date through four phases
    rows, sent = house.rows(day), house.events(day)

    for topic, bodies in said.items():
        house.publish(topic, *reversed(bodies))
    eventually(lambda: sum(map(len, overheard(house).values())) == 0, within=30, what="the replay is over")

    assert not house.open_slices(day)
    assert (house.rows(day), house.events(day)) == (rows, sent)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe not json", b"[]", b'{"game_date": "yesterday"}', b"{}"],
    ids=["bytes", "a list", "no date", "nothing"],
)
def test_unreadable_message__is_kept_and_acknowledged(house: House, body: bytes) -> None:
    """F22: one malformed message was retried 24,000 times."""
    kept = "SELECT COUNT(*) AS n FROM `nba_orchestration.quarantine`"
    before = house.sql.run(kept)[0]["n"]

    house.publish("nba-phase4-precompute-complete", body)  # two edges listen to it

    eventually(lambda: house.sql.run(kept)[0]["n"] >= before + 2, within=20, what="both edges kept it")
    assert house.sql.run(kept)[0]["n"] == before + 2  # acknowledged: it does not come again


def test_completion__of_a_date_without_games__is_nothing_to_anybody(house: House) -> None:
    day = date(2022, 7, 14)
    house.publish("nba-phase2-raw-complete", {"game_date": str(day), "output_table": "nba_raw.bdl_player_boxscores"})
    house.scan("phase2_to_phase3", dry_run=True)
    assert house.events(day) == []
