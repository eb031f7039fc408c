"""How much memory the stack's processes hold, counted so that sums are true.

gunicorn forks, and what master and worker share would count twice as resident size (RSS). Where the system tells
(Linux), shared pages are divided among those who share them (PSS); elsewhere what each has alone (USS) is summed.
"""

import psutil


def memory_of(pid: int) -> int:
    """Returns the bytes that process `pid` and its descendants hold now; 0 for what is gone."""
    try:
        process = psutil.Process(pid)
        members = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_own, members))


def _own(process: psutil.Process) -> int:
    try:
        held = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0
    except psutil.AccessDenied:
        return _resident(process)
    return int(getattr(held, "pss", held.uss))


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
