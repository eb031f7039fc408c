"""Which real parts a run exercised: its closing lines name every one that was, and every one that was not."""

import pytest

PARTS = (
    "the BigQuery emulator",
    "the built-in Pub/Sub server",
    "Google's Pub/Sub emulator",
    "functions-framework processes",
    "Terraform",
    "Chromium",
)
_SEEN = pytest.StashKey[dict[str, str]]()
_TOLD = pytest.StashKey[list[str]]()


def exercised(config: pytest.Config, *parts: str) -> None:
    """Notes that `parts` ran for real."""
    config.stash.setdefault(_SEEN, {}).update(dict.fromkeys(parts, ""))


def absent(config: pytest.Config, part: str, reason: str) -> None:
    """Notes why `part` could not run."""
    config.stash.setdefault(_SEEN, {}).setdefault(part, reason)


def told(config: pytest.Config, line: str) -> None:
    """Notes what a test measured, for people who read the run's end."""
    config.stash.setdefault(_TOLD, []).append(line)


def closing_lines(config: pytest.Config) -> list[str]:
    """Returns what is said at the end of a run."""
    seen = config.stash.get(_SEEN, {})
    ran = [part for part in PARTS if seen.get(part) == ""]
    rest = [f"{part} ({seen.get(part) or 'no test of this run needs it'})" for part in PARTS if part not in ran]
    lines = [*config.stash.get(_TOLD, []), f"real parts exercised: {', '.join(ran) or 'none'}"]
    return [*lines, f"not exercised: {', '.join(rest)}"] if rest else lines
