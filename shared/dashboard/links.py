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


def gaps(window: Window | None, **chosen: Sequence[str]) -> str:
    """Returns the gaps in `window`, or in what scans look at, that are `chosen` by `tables`, `kind`, `standing`."""
    return _with("/gaps", _fields(window, chosen))


def quality(window: Window | None, **chosen: Sequence[str]) -> str:
    """Returns what the checks find in `window`, or in what scans look at, in `chosen`: `tables`, `verdict`."""
    return _with("/quality", _fields(window, chosen))


def orders(edge: str | None = None, *, everything: bool = False) -> str:
    """Returns the orders on `edge`, or on all; unless `everything` without those of completions that are done."""
    return _with("/orders", {**({"edge": edge} if edge else {}), **({"all": "1"} if everything else {})})


def messages(*, everything: bool = False) -> str:
    """Returns the messages that nobody could read; unless `everything` without those that were published again."""
    return _with("/messages", {"all": "1"} if everything else {})


def data(page: str) -> str:
    """Returns the JSON behind `page`."""
    path, mark, query = page.partition("?")
    return f"/api{'/status' if path == '/' else path}{mark}{query}"


def csv(page: str) -> str:
    """Returns the CSV of what `page` lists."""
    path, mark, query = data(page).partition("?")
    return f"{path}.csv{mark}{query}"


def _fields(window: Window | None, chosen: Mapping[str, Sequence[str]]) -> dict[str, str]:
    asked = {} if window is None else window.as_json()
    return asked | {name: ",".join(words) for name, words in chosen.items() if words}


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, safe=',')}" if query else path
