"""What there is to say of slices, attempts and orders, in plain words: the same at the terminal and on a page.

Nothing here is escaped, and some of it (reasons) was written by anybody: whoever shows it escapes it.
"""

from datetime import timedelta

from shared.core.coverage import SliceState, State
from shared.core.explanation import Branch, Next
from shared.core.ledger import Event
from shared.core.report import moment
from shared.core.scans import ScanNote

SCANS = {"scan": "the hourly scan", "sweep": "the daily sweep", None: "a scan, if one reached that far,"}
_ASKED = {"event": "a completion", "scan": "a scan", "manual": "a person", "replay": "a replay"}
_WAYS_OUT = {
    True: "It is tried anew when what it reads is written again, or by a person's `force`.",
    False: "It is healed if somebody orders its date.",
}


def words(name: str) -> str:
    """Returns the name of a state, a reason or an event as people say it."""
    return name.replace("_", " ")


def asked(source: str) -> str:
    """Returns who it was that asked."""
    return _ASKED.get(source, source)


def size(count: int) -> str:
    """Returns so many bytes as people say them."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def scanned(scan: ScanNote) -> str:
    """Returns what a scan found, how long it took and what it cost; not when, and not who asked for it."""
    found = f"{scan.gaps:,} gap{'s' if scan.gaps != 1 else ''}, {scan.triggered:,} triggered" if scan.gaps else "no gap"
    cost = f", {size(scan.bytes_billed)} billed" if scan.bytes_billed else ""
    return f"{found}, in {scan.seconds:.1f} s{cost}"


def why(state: SliceState, reason: str) -> str:
    """Returns `reason` as it goes on after the state's own name, which says all there is to say of a missing slice."""
    return "" if state.state is State.MISSING else reason.removeprefix("not expected").removeprefix(": ")


def event(happened: Event) -> str:
    """Returns what happened, by whom and why; not when, and not of which generation."""
    attempt = f" attempt {happened.attempt}" if happened.attempt else ""
    by = f" by {asked(happened.source)}" if happened.source else ""
    reason = f": {happened.reason}" if happened.reason else ""
    return f"{words(happened.type)}{attempt}{by}{reason}"


def coming(found: Next) -> str:
    """Returns what the next scan does, as a sentence or two."""
    who = SCANS[found.scan]
    until = f", until {moment(found.until)}" if found.until else ""
    blocked = f", waits for {', '.join(found.blocked_by)}" if found.blocked_by else ""
    reason = words(found.reason or "")
    match found.outcome:
        case "triggered":
            return f"{who} triggers it, attempt {found.attempt}, if there is room."
        case "held":
            return f"{who} leaves it alone: {reason}{blocked}{until}."
        case "escalated":
            return f"{who} hands it to a person: {reason}. {_WAYS_OUT[found.reason == 'exhausted']}"
        case _:
            return f"nothing, {reason}."


def pace(per_minute: float, remaining: timedelta) -> str:
    """Returns how fast it goes and how long it takes at that pace."""
    return f"{per_minute:,.{0 if per_minute >= 10 else 1}f} a minute, at most {duration(remaining)} to go"


def duration(how_long: timedelta) -> str:
    """Returns `how_long` in minutes, from two hours on in hours, and from two days on in days; never as nothing."""
    minutes = max(1, round(how_long / timedelta(minutes=1)))
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60):,} h" if minutes < 48 * 60 else f"{round(minutes / 1440):,} d"


def reads(branch: Branch) -> str:
    """Returns how far back a read looks and whether it may be absent; empty for a plain one."""
    notes = [f"and {branch.read.lookback_days} days back"] if branch.read.lookback_days else []
    notes += ["optional"] if branch.read.optional else []
    return ", ".join(notes)
