"""How long whoever asks is willing to wait for a page.

A browser that opens a page (it says so, `Sec-Fetch-Dest: document`) wants to see something at once; what it shows first
then brings the answer. Everybody else wants the answer: curl, a script, the JSON, and whoever says `Prefer: wait`
(RFC 7240), with a number of seconds or without. What can go wrong: browsers say what they open only over https and to
this very machine; elsewhere they wait as everybody does.
"""

import re

import flask

PATIENCE = 0.15
"""Seconds that a browser waits: a page that is remembered comes sooner, one that is asked for does not."""
LONGEST = 100.0
"""Seconds that anybody waits who named a time; less than the platform gives a request."""

_WAIT = re.compile(r'(?:^|,)\s*wait\s*(?:=\s*"?(\d{1,6})"?\s*)?(?=[;,]|$)', re.IGNORECASE)


def looks(request: flask.Request) -> bool:
    """Says whether a browser opens a page, and did not say that it waits."""
    prefers, wanted = request.headers.get("Prefer", ""), request.headers.get("Sec-Fetch-Dest", "")
    return wanted == "document" and request.accept_mimetypes.accept_html and not _WAIT.search(prefers)


def patience_of(request: flask.Request, *, as_page: bool) -> float | None:
    """Returns how many seconds whoever sent `request` waits; None: for as long as it takes."""
    if said := _WAIT.search(", ".join(request.headers.getlist("Prefer"))):
        return None if said[1] is None else min(float(said[1]), LONGEST)
    return PATIENCE if as_page and looks(request) else None
