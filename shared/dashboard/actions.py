"""What a person can do about a slice: as commands to be copied, because nothing is written from here."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from shared.core.explanation import Explanation
from shared.core.gaps import SliceId
from shared.core.ledger import EscalationReason, EventType, history
from shared.core.pipeline import Edge


@dataclass(frozen=True)
class Action:
    """A command, and what it is good for; `writes`: it changes something."""

    purpose: str
    command: str
    writes: bool = True


def actions(found: Explanation, edge: Edge | None) -> tuple[Action, ...]:
    """Returns what can be done about the slice that `found` explains; `edge` None: its phase is filled from outside."""
    where = found.node.state.slice
    looks = Action(
        "See this at the terminal, with the latest", _command("explain", where, "--table", where.table), writes=False
    )
    return (looks, *(_about(found, where, edge) if edge is not None else ()))


def _about(found: Explanation, where: SliceId, edge: Edge) -> Iterator[Action]:
    known = history(found.trail)
    dates = (f"--start-date={where.date}", f"--end-date={where.date}")
    only = (f"--tables={where.table}",)
    here = (f"--edge={edge.name}", *dates, *only)
    if found.node.state.is_gap:
        yield Action("See what healing it would take, through all phases", _say("plan", *dates), writes=False)
        if known.waived:
            yield Action("Let it be healed after all", _say("unwaive", *here))
        else:
            forced = found.next.reason in (EscalationReason.EXHAUSTED, "cooldown")
            yield Action(
                "Order it once more, whatever was tried before" if forced else "Order it, however old it is",
                _say("backfill", *dates, *only, *(["--force"] if forced else [])),
            )
            yield Action("Order the whole date, through all phases", _say("backfill", *dates))
            yield Action(
                "Give it up: it will never come, and nobody is told again",
                _say("waive", *here, "--reason", "WHY IT NEVER COMES"),
            )
    if known.open and known.ordered:
        yield Action("Take the order for it back", _say("withdraw", *here))
    if any(event.type is EventType.TRIGGERED for event in found.trail):
        yield Action("See what happened to all tables on this date", _command("history", where), writes=False)


def _command(verb: str, where: SliceId, *more: str) -> str:
    return _say(verb, str(where.date), *more)


def _say(*words: str) -> str:
    return shlex.join(["gaphealer", *words])
