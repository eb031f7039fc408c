"""What a person can do about a slice, many of them, an order or a message: as commands to be copied.

Nothing is written from here.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.core.explanation import Explanation
from shared.core.gaps import SliceId
from shared.core.ledger import EscalationReason, EventType, history
from shared.core.orders import Order
from shared.core.pipeline import Edge
from shared.core.windows import Window
from shared.operations.quarantine import Unread


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


def on_many(dates: Window, tables: Sequence[str], edge: str | None) -> tuple[Action, ...]:
    """Returns what can be done about all gaps on `dates` at once, of `tables` or (none) of all that are filled here.

    `edge` is the only one that they are of; None: there are several.
    """
    range_ = (f"--start-date={dates.start}", f"--end-date={dates.end_date}")
    only = (f"--tables={','.join(tables)}",) if tables else ()
    ways = [
        Action("See what healing these dates would take, through all phases", _say("plan", *range_), writes=False),
        Action("Order what is missing in these dates, however old it is", _say("backfill", *range_, *only)),
    ]
    if edge is not None:
        here = (f"--edge={edge}", *range_, *only)
        give_up = _say("waive", *here, "--reason", "WHY IT NEVER COMES")
        ways.append(Action("Give all of it up: it will never come, and nobody is told again", give_up))
    return tuple(ways)


def to_withdraw(order: Order) -> Action:
    """Returns how an order is taken back, and with it any other for the same dates."""
    range_ = (f"--start-date={order.first_date}", f"--end-date={order.last_date}")
    return Action("Take back what is ordered on these dates", _say("withdraw", f"--edge={order.edge}", *range_))


def on_unread(messages: Sequence[Unread]) -> tuple[Action, ...]:
    """Returns what can be done about all messages in the quarantine at once; nothing where there are none."""
    if not messages:
        return ()
    every = ("quarantine", "redrive", "--all")
    return (
        Action("See what would go out, of those that can be read now", _say(*every, "--dry-run"), writes=False),
        Action("Publish again all that can be read now", _say(*every)),
    )


def on_one_unread(message: Unread) -> tuple[Action, ...]:
    """Returns what can be done about one message in the quarantine."""
    which = ["--", message.id] if message.id.startswith("-") else [message.id]
    looks = Action("See all of it", _say("quarantine", "show", *which), writes=False)
    if message.obstacle is not None:
        return (looks,)
    still = ", which will come back: it still cannot be read" if message.unreadable else ""
    return looks, Action(f"Publish it again{still}", _say("quarantine", "redrive", *which))


def quality_at_the_terminal(dates: Window, tables: Sequence[str]) -> Action:
    """Returns how the same is asked at the terminal."""
    range_ = (f"--start-date={dates.start}", f"--end-date={dates.end_date}")
    only = (f"--tables={','.join(tables)}",) if tables else ()
    return Action("See this at the terminal, with the latest", _say("quality", *range_, *only), writes=False)


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
