"""How much memory a process of its own has held at once, by what the system says."""

from pathlib import Path

_STATUS = Path("/proc/self/status")
TOLD = _STATUS.exists()
"""Whether this system says it; only Linux does."""


def peak() -> int:
    """Returns the most bytes that this process has held at once (VmHWM), the interpreter and its imports included.

    Not `ru_maxrss`: that a process inherits from its parent, which in a benchmark is the larger of the two.
    """
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])
