"""Takes the pictures of the README and of docs/: `python -m tests.browser.pictures`.

They show `make demo` in the middle of its heal: all of a post-season is ordered, phase 3 is well on its way, what
comes after it has begun. They are taken once so much has been healed, so that another run shows much the same.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, FloatRect

from shared.core.windows import Window
from shared.demo.calendar import STUCK
from shared.demo.story import Progress, cascade, order_window, start
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from tests.acceptance.house import house_of
from tests.browser.chromium import MISSING, find, running
from tests.browser.visit import visiting

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SHOWN = Window.inclusive(STUCK[0].start.replace(month=3, day=1), STUCK[0].end_date)
_RANGE = f"start_date={SHOWN.start}&end_date={SHOWN.end_date}"
PICTURES = {
    "dashboard-overview": (f"/?{_RANGE}", False, ".flow"),
    "dashboard-calendar": (f"/coverage?{_RANGE}&by=month&tables={{tables}}", True, "article:nth-of-type(2)"),
}
"""Where, whether dark, and up to what."""
_PHASE = 4  # the calendar's
_MIDWAY = 0.4  # of phase 4


def main() -> None:
    program = find()
    if program is None:
        raise SystemExit(MISSING)
    with (
        tempfile.TemporaryDirectory() as place,
        start(Path(place), choose("local")) as stack,
        running(program) as browser,
    ):
        window = order_window(full=False)
        house_of(stack).order(window.start, window.end_date, reason="the post-season of 2022")
        for phases in cascade(stack, window):  # its scans go on until the pictures are there
            if _is_midway(phases):
                for name in PICTURES:
                    _take(browser, stack, name)
                return


def _is_midway(phases: list[Progress]) -> bool:
    (phase,) = [phase for phase in phases if phase.phase == _PHASE]
    return phase.complete >= _MIDWAY * phase.expected


def _take(browser: Browser, stack: Stack, name: str) -> None:
    path, dark, last = PICTURES[name]
    (phase,) = [phase for phase in stack.pipeline.phases if phase.phase == _PHASE]
    assert stack.dashboard is not None
    with visiting(browser, stack.dashboard) as visit:
        visit.go(path.format(tables=",".join(table.name for table in phase.tables)), moves=True)
        page = visit.look(dark=dark)
        tall = page.evaluate("last => document.querySelector(last).getBoundingClientRect().bottom + scrollY + 12", last)
        clip = FloatRect(x=0, y=0, width=page.evaluate("innerWidth"), height=tall)
        page.screenshot(path=IMAGES / f"{name}.png", full_page=True, clip=clip)
        print(IMAGES / f"{name}.png")  # noqa: T201  this is a command


if __name__ == "__main__":
    main()
