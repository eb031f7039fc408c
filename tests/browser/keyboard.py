"""A person with no mouse: where the Tab key stops, and whether one sees it.

Some controls have several stops of their own (the parts of a date), so that the same one may come up to `PARTS` times
in a row; where it does not have the focus itself, the browser draws a frame around the part that has. What can go
wrong: a frame is declared and yet not drawn, so one stop of each kind is looked at, too: the pixels around it have to
be others than without the focus.
"""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FloatRect, Page

PARTS = 5
_HERE = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  window.stops ??= new Map();
  if (!window.stops.has(e)) window.stops.set(e, window.stops.size);
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  return {number: window.stops.get(e), kind: e.closest("svg") ? "svg " + e.tagName : e.tagName.toLowerCase(),
    what: e.outerHTML.slice(0, 120),
    framed: !e.matches(":focus") || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    box: [box.x, box.y, box.width, box.height]};
}"""
_AROUND = 24  # pixels; a day of a calendar is all stroke, which its box leaves out


@dataclass(frozen=True)
class Stop:
    """Where the focus is; `number` is the same for the same element."""

    number: int
    kind: str
    what: str
    framed: bool
    inside: bool
    box: tuple[float, float, float, float]


def here(page: Page) -> Stop | None:
    """Returns where the focus is; None: nowhere on the page."""
    found: dict[str, Any] | None = page.evaluate(_HERE)
    return None if found is None else Stop(**found)


def press(page: Page, key: str = "Tab") -> Stop | None:
    page.keyboard.press(key)
    return here(page)


def reach(page: Page, selector: str, *, key: str = "Tab", most: int = 200) -> Stop:
    """Presses `key` until the focus is on what `selector` says. Raises AssertionError if it never is."""
    for _ in range(most):
        stop = press(page, key)
        if stop is not None and page.evaluate("said => document.activeElement.matches(said)", selector):
            assert stop.framed, f"one does not see that the focus is on {stop.what}"
            return stop
    raise AssertionError(f"{most} times {key} do not lead to {selector}")


def lost_ways(page: Page, *, most: int) -> list[str]:
    """Returns what is wrong with the first `most` stops of a page that was just opened, and on the way back."""
    faults, kinds = [], set[str]()
    page.evaluate("() => { document.activeElement?.blur(); window.stops = new Map(); }")
    way: list[Stop] = []
    for _ in range(most):
        if (stop := press(page)) is None or (way and stop.number == 0 and way[-1].number > 0):
            break
        way.append(stop)
        if not (stop.framed and stop.inside):
            faults.append(f"the focus is not seen on {stop.what}")
        elif stop.kind not in kinds:
            kinds.add(stop.kind)
            if not _drawn(page, stop):
                faults.append(f"the focus draws nothing around {stop.what}")
        if [each.number for each in way[-PARTS - 1 :]] == [stop.number] * (PARTS + 1):
            return [*faults, f"the focus is held by {stop.what}"]
    numbers = [stop.number for stop in way]
    if numbers != sorted(numbers):
        faults.append("the focus goes round without coming to an end")
    if len(way) > 1 and (back := press(page, "Shift+Tab")) is not None and back.number not in numbers:
        faults.append(f"the way back is another, over {back.what}")
    return faults if way else ["the focus is nowhere"]


def _drawn(page: Page, stop: Stop) -> bool:
    """Says whether there is anything to be seen of the focus."""
    size = page.viewport_size or {"width": 0, "height": 0}
    x, y, width, height = stop.box
    left, top = max(0.0, x - _AROUND), max(0.0, y - _AROUND)
    clip = FloatRect(
        x=left,
        y=top,
        width=min(width + 2 * _AROUND, size["width"] - left),
        height=min(height + 2 * _AROUND, size["height"] - top),
    )
    with_focus = page.screenshot(clip=clip)
    page.evaluate("() => { window.kept = document.activeElement; window.kept.blur(); }")
    without = page.screenshot(clip=clip)
    page.evaluate("() => window.kept.focus({focusVisible: true, preventScroll: true})")
    return with_focus != without
