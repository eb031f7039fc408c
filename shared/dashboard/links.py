"""Where the pages are: paths and queries, with everything quoted that needs it."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from shared.core.gaps import SliceId
from shared.core.windows import Window


def overview(window: Window | None = None) -> str:
    """Returns the overview of `window`, or of what scans look at."""
    return _with("/", {} if window is None else window.as_json())


def calendar(window: Window | None, tables: Sequence[str] = (), by: str | None = None) -> str:
    """Returns the calendars of `tables`, or of all, in `window`, or in what scans look at."""
    asked = {} if window is None else window.as_json()
    named = {"tables": ",".join(tables)} if tables else {}
    return _with("/coverage", {**asked, **({"by": by} if by else {}), **named})


def slice_(where: SliceId) -> str:
    """Returns the page of one slice."""
    return f"/slice/{quote(where.table, safe='')}/{where.date}"


def healing(window: Window | None, edge: str | None = None) -> str:
    """Returns how healing went in `window`, or of late, on all edges or on one."""
    return _with("/healing", {**({} if window is None else window.as_json()), **({"edge": edge} if edge else {})})


def data(page: str) -> str:
    """Returns the JSON behind `page`."""
    path, mark, query = page.partition("?")
    return f"/api{'/status' if path == '/' else path}{mark}{query}"


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, safe=',')}" if query else path
