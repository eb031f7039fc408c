"""What there is to say of each page: the fields it takes, and the schema of the JSON behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.coverage import State
from shared.core.gaps import Kind
from shared.core.ledger import EscalationReason, EventType
from shared.core.orders import Fate
from shared.core.pipeline import Pipeline
from shared.core.plan import HoldReason
from shared.core.quality import Verdict
from shared.core.standing import Standing
from shared.dashboard.asked import DATES, bys
from shared.dashboard.described_work import headway_schema, healing_schema, scan_schema
from shared.operations.gap_list import NAMES, REASONS
from shared.schemas import COUNT, DATE, FLAG, KIND, MOMENT, TALLY, TEXT, Schema, growing, list_, one_of, optional, ref

Parameter = dict[str, Any]

WINDOW: Schema = growing(dict.fromkeys(DATES, DATE))
_SAID = "2022-04-16, today, yesterday, -30d, or a season of the calendar"


@dataclass(frozen=True)
class Description:
    """A view in a sentence, the fields of its address, and what its JSON looks like."""

    summary: str
    parameters: tuple[Parameter, ...]
    data: Schema


def described(pipeline: Pipeline) -> Mapping[str, Description]:
    """Returns what there is to say of each place, by the path of its page."""
    dates = _dates()
    tables = _some("tables", pipeline.tables, "Which tables; without it all.")
    path = (
        {"name": "table", "in": "path", "required": True, "schema": one_of(pipeline.tables)},
        {
            "name": "day",
            "in": "path",
            "required": True,
            "schema": {**TEXT, "examples": ["2022-04-16", "today", "-30d"]},
        },
    )
    by = _field("by", one_of(bys(pipeline)), "Into what the dates are parted.")
    kind = _some("kind", Kind, "Which kinds; without it all.")
    standing = _some("standing", NAMES, "How they stand, or for which reason; without it in any way.")
    edge = _some("edge", [edge.name for edge in pipeline.edges], "Which edges; without it all.")
    names = one_of(each.name for each in pipeline.edges)
    one_edge = _field("edge", names, "Which edge; without it all together.")
    done = _field("all", one_of(["1"]), "Those of completions and scans that are done, too.")
    again = _field("all", one_of(["1"]), "Those that were published again, too.")
    verdict = _some("verdict", Verdict, "Of which verdicts; without it all.")
    return {
        "/": Description("How the phases stand.", dates, ref("Status")),
        "/coverage": Description("What is there of what should be.", (*dates, by, tables), ref("Coverage")),
        "/slice/<table>/<day>": Description("All there is to say of one slice.", path, ref("Slice")),
        "/gaps": Description("Every gap, the oldest first.", (*dates, tables, kind, standing), ref("Gaps")),
        "/orders": Description("What was ordered, and what is left.", (edge, done), ref("Orders")),
        "/messages": Description("What nobody could read, the latest first.", (again,), ref("Messages")),
        "/quality": Description("What the checks find.", (*dates, tables, verdict), ref("Quality")),
        "/healing": Description("Whether healing works.", (*dates, one_edge), ref("Healing")),
    }


def schemas(pipeline: Pipeline) -> dict[str, Schema]:
    """Returns the schemas by name."""
    table, edge = one_of(pipeline.tables), one_of(each.name for each in pipeline.edges)
    action = growing({"purpose": TEXT, "command": TEXT, "writes": FLAG})
    return {
        "Status": _status(table, edge),
        "Coverage": _coverage(table),
        "Slice": {**_slice(table, edge, action)},
        "Source": growing(_facts(table)),
        "Gaps": _gaps(table, edge),
        "Orders": _orders(edge),
        "Messages": _messages(action),
        "Quality": _quality(table),
        "Healing": healing_schema(edge),
    }


def _status(table: Schema, edge: Schema) -> Schema:
    counts = growing(
        {"open": COUNT, "in_flight": COUNT, "held": COUNT, "held_by_reason": TALLY, "escalated": COUNT,
         "escalated_by_reason": TALLY}
    )  # fmt: skip
    dates = dict.fromkeys(("watermark", "newest_complete", "newest_due"), optional(DATE))
    of_table = growing({"table": table, "expected": COUNT, "complete": COUNT, "lag_days": optional(COUNT), **dates})
    phase = growing(
        {"phase": COUNT, "name": TEXT, "window": WINDOW, "expected": COUNT, "complete": COUNT,
         "gaps": optional(counts), "tables": list_(of_table)}
    )  # fmt: skip
    of_edge = growing(
        {
            "edge": edge,
            "breaker": growing({"open": FLAG, "settled": COUNT, "healed": COUNT}),
            "lease": optional(
                growing({"held": FLAG, "holder": optional(TEXT), **dict.fromkeys(("since", "until"), _AT)})
            ),
            "last_activity": optional(growing({"at": MOMENT, "scan_id": optional(TEXT), "source": optional(TEXT)})),
            "last_scan": optional(scan_schema()),
            "beyond": counts,
        }
    )
    return growing(
        {
            "pipeline": TEXT, "at": MOMENT, "left": COUNT, "phases": list_(phase), "edges": list_(of_edge),
            "window": optional(WINDOW), "quarantine": growing({"messages": COUNT, "latest": _AT}),
            "headway": headway_schema(),
        }
    )  # fmt: skip


def _coverage(table: Schema) -> Schema:
    numbers = {"expected": COUNT, "complete": COUNT, "counts": TALLY, "standings": optional(TALLY)}
    period = growing({"period": TEXT, "start_date": DATE, "end_date": DATE, **numbers})
    of_table = growing({"phase": COUNT, "table": table, **numbers, "periods": list_(period)})
    return growing({"pipeline": TEXT, "window": WINDOW, "by": TEXT, **numbers, "tables": list_(of_table)})


def _facts(table: Schema) -> dict[str, Schema]:
    return {
        "date": DATE, "table": table, "state": one_of(State), "why": TEXT, "expected_keys": optional(COUNT),
        "present_keys": COUNT, "rows": COUNT, "newest": _AT, "because": list_(TEXT), "blocked_by": list_(TEXT),
    }  # fmt: skip


def _slice(table: Schema, edge: Schema, action: Schema) -> Schema:
    """Returns the schema of a slice; what it reads is absent where it was written out before."""
    behind = growing({"date": DATE, "table": table, "state": one_of(State)})
    read = growing(
        {"any_of": list_(table), "lookback_days": COUNT, "optional": FLAG, "met": {"type": ["boolean", "null"]},
         "newer": FLAG, "sources": list_(ref("Source")), "behind": list_(behind)}
    )  # fmt: skip
    coming = growing(
        {"outcome": one_of(["triggered", "held", "escalated", "nothing"]), "reason": optional(TEXT),
         "blocked_by": list_(TEXT), "until": _AT, "attempt": optional(COUNT),
         "scan": optional(one_of(["scan", "sweep"]))}
    )  # fmt: skip
    event = growing({"at": MOMENT, "event": one_of(EventType), "generation": COUNT})
    return growing(
        {"phase": COUNT, "edge": optional(edge), **_facts(table), "reads": list_(read), "tried": list_(event),
         "next": coming, "actions": list_(action)}
    )  # fmt: skip


def _gaps(table: Schema, edge: Schema) -> Schema:
    by_standing = _counts(*Standing)
    by_reason = {f"{standing}_by_reason": TALLY for standing in REASONS}
    reason = one_of([*HoldReason, *EscalationReason])
    gap = growing(
        {
            "date": DATE, "phase": COUNT, "edge": edge, "table": table, "kind": KIND, "standing": one_of(Standing),
            "reason": optional(reason), "blocked_by": list_(TEXT), "until": _AT, "first_seen": _AT, "attempts": COUNT,
            "generation": {"type": "integer", "minimum": 1},
        }
    )  # fmt: skip
    return growing(
        {
            "pipeline": TEXT, "at": MOMENT, "window": optional(WINDOW),
            "windows": list_(growing({"edge": edge, **dict.fromkeys(DATES, DATE)})),
            "found": COUNT, "count": COUNT, "by_standing": growing({**by_standing, **by_reason}),
            "by_kind": growing(_counts(*Kind)), "beyond": COUNT, "gaps": list_(gap), "truncated": FLAG,
        }
    )  # fmt: skip


def _orders(edge: Schema) -> Schema:
    order = {
        "edge": edge, "ordered_at": MOMENT,
        **dict.fromkeys(("source", "scan_id", "reason", "withdraw"), optional(TEXT)),
        **dict.fromkeys(DATES, DATE), **_counts("dates", "slices", "left", *Fate),
    }  # fmt: skip
    return growing({"pipeline": TEXT, "at": MOMENT, "orders": list_(growing(order)), "done": COUNT})


def _messages(action: Schema) -> Schema:
    unknown = dict.fromkeys(("topic", "obstacle", "unreadable_now"), optional(TEXT))
    message = {
        "id": TEXT, "received_at": MOMENT, "edges": list_(TEXT), "reason": TEXT, "subscription": TEXT, "times": COUNT,
        "redriven_at": _AT, "says": TEXT, "begins": TEXT, **unknown, "actions": list_(action),
        "attributes": {"type": "object", "additionalProperties": TEXT},
    }  # fmt: skip
    box = dict.fromkeys(("listener", "topic", "subscription", "dead_letters", "command"), TEXT)
    boxes = list_(growing({**box, "alert": optional(TEXT)}))
    return growing(
        {"pipeline": TEXT, "at": MOMENT, "waiting": COUNT, "quarantine": list_(growing(message)),
         "dead_letters": growing({"command": TEXT, "subscriptions": boxes})}
    )  # fmt: skip


def _quality(table: Schema) -> Schema:
    verdicts = _counts(*Verdict)
    of_table = {"phase": COUNT, "table": table, "dates": COUNT, **verdicts, "rows": COUNT, "keys": optional(COUNT)}
    check = growing({"check": TEXT, "rule": one_of(["bad", "unique", "not_null", "measure"]), "failed": FLAG})
    slice_ = {
        "date": DATE, "table": table, "verdict": one_of(Verdict), "rows": COUNT, "keys": optional(COUNT),
        "checks": list_(check),
    }  # fmt: skip
    return growing(
        {"pipeline": TEXT, "at": MOMENT, "window": WINDOW, "contaminated": COUNT, "tables": list_(growing(of_table)),
         "slices": list_(growing(slice_)), "count": COUNT, "truncated": FLAG}
    )  # fmt: skip


def _counts(*names: str) -> dict[str, Schema]:
    return {str(name): COUNT for name in names}


def _dates() -> tuple[Parameter, ...]:
    first = _field("start_date", {**TEXT, "examples": ["2022-04-16", "-30d"]}, f"The first date: {_SAID}.")
    last = _field("end_date", {**TEXT, "examples": ["today", "yesterday"]}, "The last date, which counts as well.")
    return first, last


def _field(name: str, schema: Schema, told: str) -> Parameter:
    return {"name": name, "in": "query", "required": False, "description": told, "schema": schema}


def _some(name: str, words: Iterable[str], told: str) -> Parameter:
    """Returns a field that says several words, with commas between them."""
    return {**_field(name, list_(one_of(words)), f"{told} Several by commas."), "style": "form", "explode": False}


_AT = optional(MOMENT)
