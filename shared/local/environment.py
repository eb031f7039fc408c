"""The environment of the stack's processes: built from nothing, so that nothing real is inherited.

A laptop of a data engineer is full of credentials and project variables. A local function that found them could
write to a real project; so only a short list of harmless variables passes, and the places where Google's
libraries look for credentials (the home directory, gcloud's configuration, the metadata server) lead nowhere.
"""

import os
from collections.abc import Mapping
from pathlib import Path

HARMLESS = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "VIRTUAL_ENV", "JAVA_HOME")
_ROOT = Path(__file__).resolve().parents[2]


def local_environment(home: Path, *, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns what a process of the stack may know; `home` is an (empty) directory of its own."""
    return {
        **{name: inherited[name] for name in HARMLESS if name in inherited},
        "HOME": str(home),
        "PYTHONPATH": str(_ROOT),
        "PYTHONUNBUFFERED": "1",
        "CLOUDSDK_CONFIG": str(home / "no-gcloud"),
        "NO_GCE_CHECK": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
