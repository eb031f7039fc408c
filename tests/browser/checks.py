"""What holds of every page; each check returns the faults it finds, for people, and an empty list for a good page.

What can go wrong: a check that looks at nothing finds nothing. `test_checks.py` shows each a page that is at fault.
"""

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
TOO_SMALL = "target-size"
MARKS = ".pan"
"""Where the marks of calendars are. A day of a season is smaller than a fingertip, or it would be no picture of one:
the exception of WCAG 2.5.8 for what is essential. The list of gaps leads to the same slices by links of full size."""
CONTRAST = ("color-contrast", "link-in-text-block")
"""The rules whose answers differ between light and dark."""
SHEET = 688  # pixels between the margins of A4, as wide as paper is
WAYS = "form, nav, button, summary, .skip, .seasons"
"""What only leads elsewhere, which paper need not have."""

_TOO_WIDE = """() => {
  const root = document.documentElement, most = root.clientWidth;
  if (root.scrollWidth <= most && document.body.scrollWidth <= most) return [];
  const scrolls = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const wide = [...document.body.querySelectorAll("*")].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && box.right + scrollX > most + 1 && !scrolls(e); });
  return wide.slice(0, 5).map(e => e.outerHTML.slice(0, 90)).concat(`the page is ${root.scrollWidth} of ${most} wide`);
}"""
_CONTENT = """ways => [...document.querySelectorAll("main *")]
  .filter(e => !e.closest(ways) && !e.closest("defs, symbol, title, .hidden, .pan i, [aria-hidden=true]"))
  .filter(e => e.tagName === "svg" || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => { const box = e.getBoundingClientRect();
    return {seen: e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && box.width * box.height > 0,
            right: box.right, what: e.outerHTML.slice(0, 90)}; })"""


def accessibility(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Returns what axe-core finds against WCAG 2, A and AA, and good practice; with `rules` only by those."""
    run = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = Axe().run(page, options={"runOnly": run, "resultTypes": ["violations"]}).response
    if not rules and not found["passes"]:
        raise RuntimeError("axe-core looked at nothing")
    return [
        _told(violation, node)
        for violation in found["violations"]
        for node in violation["nodes"]
        if not (violation["id"] == TOO_SMALL and _is_mark(page, node))
    ]


def _is_mark(page: Page, node: dict[str, Any]) -> bool:
    is_inside = "([found, marks]) => !!document.querySelector(found)?.closest(marks)"
    found: bool = page.evaluate(is_inside, [node["target"][0], MARKS])
    return found


def too_wide(page: Page) -> list[str]:
    """Returns what makes the page scroll sideways; parts that scroll by themselves do not."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def lost_in_print(page: Page) -> list[str]:
    """Returns what a reader sees on the screen and not on paper, hidden or cut off at its edge."""
    size = page.viewport_size
    page.emulate_media(media="screen")
    before: list[dict[str, Any]] = page.evaluate(_CONTENT, WAYS)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": SHEET, "height": 1000})
    after: list[dict[str, Any]] = page.evaluate(_CONTENT, WAYS)
    page.emulate_media(media="screen")
    if size is not None:
        page.set_viewport_size(size)
    both = zip(before, after, strict=True)
    hidden = [there["what"] for there, here in both if there["seen"] and not here["seen"]]
    cut = [each["what"] for each in after if each["seen"] and each["right"] > SHEET + 1]
    return [*(f"not printed: {what}" for what in hidden), *(f"cut off: {what}" for what in cut)]


def _told(violation: dict[str, Any], node: dict[str, Any]) -> str:
    why = [each["message"] for kind in ("any", "all", "none") for each in node[kind]]
    return f"{violation['id']} ({violation['impact']}): {json.dumps(node['target'])} {node['html'][:90]}: {why}"
