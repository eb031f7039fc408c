"""The browser of this machine: found on the path, started with an empty profile, never downloaded.

What can go wrong: a browser that nobody is logged in to still asks its maker for this and that; the flags below stop
it, so that a network that is closed costs no time. Its sandbox does not run as root.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"no browser: none of {', '.join(NAMES)} is on the path; on Debian `apt-get install chromium` brings it"
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SPEAKS: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": "en_US"}
"""How dates are typed follows the browser's language."""
_UP = 90_000.0  # milliseconds it has to start on a busy machine


def find(path: str | None = None) -> str | None:
    """Returns the browser's program, looked for on `path`, by default that of the environment; None: there is none."""
    return next((found for name in NAMES if (found := shutil.which(name, path=path)) is not None), None)


def is_due() -> bool:
    """Says whether a browser must be there: CI installs it, a laptop need not have one."""
    return bool(os.environ.get("CI"))


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """Starts `program`, and ends it after the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS, timeout=_UP, env=_SPEAKS)
        try:
            yield browser
        finally:
            browser.close()
