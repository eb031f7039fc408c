"""Edges that work elsewhere: asked over HTTP, with an identity token where they are not on this machine.

What can go wrong: a scan outlasts the answer that somebody waits for. It goes on all the same, and asking
again is harmless.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from shared.core.pipeline import Edge
from shared.errors import AccessRefused, DoorUnavailable, Fault, GapHealerError, RequestInvalid, ScanInProgress

TIMEOUT = 560.0  # seconds; the function's own is 540
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = "*"  # an address for every edge

Token = Callable[[str], str]
"""Returns an identity token for an audience: the function's URL."""


class RemoteDoors:
    """`shared.operations.doors.Doors` over HTTP."""

    def __init__(self, addresses: Sequence[str], token: Token) -> None:
        """`addresses` are a URL in which `{edge}` stands for an edge's name, or `{edge-}` for it with dashes, or are
        of the form `phase2_to_phase3=https://…`, one for each edge.

        Raises:
            ValueError: one is no URL, leaves no room for the edge, or would let a token travel unencrypted.
        """
        self._urls = dict(_address(said) for said in addresses)
        self._token = token

    def scan(self, edge: Edge, fields: Mapping[str, object]) -> Mapping[str, Any]:
        """See `shared.operations.doors.Doors.scan`."""
        url = self.url(edge)
        is_local = urlsplit(url).hostname in LOOPBACK
        body, headers = json.dumps(dict(fields)), {"Content-Type": "application/json"}
        try:
            with requests.Session() as session:
                session.trust_env = not is_local  # no proxy is asked about a loopback address
                session.auth = Bearer("" if is_local else self._token(url))
                answer = session.post(
                    f"{url}/scan-gaps",
                    data=body,
                    headers=headers,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise DoorUnavailable(f"{edge.name} does not answer at {url}: {type(error).__name__}") from error
        if answer.status_code != HTTPStatus.OK:
            raise _refused(answer, edge, url)
        return _report(answer, edge, url)

    def check(self, asked: Sequence[Edge], known: Sequence[Edge]) -> None:
        """Returns if every edge to be `asked` has an address. Raises ValueError if not, or for one of no edge."""
        names = [edge.name for edge in known]
        for name in self._urls:
            if name != ANY and name not in names:
                raise ValueError(f"{name} is no edge: expected {', '.join(names)}")
        for edge in asked:
            self.url(edge)

    def url(self, edge: Edge) -> str:
        """Returns where the function of `edge` is. Raises ValueError if nobody said so."""
        found = self._urls.get(edge.name) or self._urls.get(ANY)
        if found is None:
            raise ValueError(f"expected an address of {edge.name} as well; there are {', '.join(self._urls)}")
        return found.replace("{edge-}", edge.name.replace("_", "-")).replace("{edge}", edge.name)


class Bearer(AuthBase):
    """Shows a token, if there is one; with an `auth` of our own no ~/.netrc puts another in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _address(said: str) -> tuple[str, str]:
    """Returns for which edge an address is, and the URL."""
    name, given, rest = said.partition("=")
    edge, url = (name.strip(), rest.strip()) if given and "://" not in name else (ANY, said.strip())
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{said}: expected a URL such as https://{{edge-}}-abc123.a.run.app")
    if edge == ANY and "{edge}" not in url and "{edge-}" not in url:
        raise ValueError(f"{said}: expected {{edge}} or {{edge-}} in it, as every edge has a function of its own")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{said}: expected https, because a token travels with every request")
    return edge, url.rstrip("/")


def _report(answer: requests.Response, edge: Edge, url: str) -> Mapping[str, Any]:
    report = _object(answer)
    if report is None or report.get("edge") != edge.name or "counts" not in report:
        raise DoorUnavailable(f"{url} answered, but not as the function of {edge.name} does")
    return report


def _refused(answer: requests.Response, edge: Edge, url: str) -> GapHealerError:
    problem = _object(answer) or {}
    detail = problem.get("detail") or answer.reason
    match answer.status_code:
        case HTTPStatus.BAD_REQUEST:
            return RequestInvalid(_faults(problem) or [Fault("(body)", str(detail))], source=edge.name)
        case HTTPStatus.CONFLICT:
            return ScanInProgress(f"{edge.name}: {detail}")
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            said = "; ".join(f"{fault.path}: {fault.message}" for fault in _faults(problem))
            refused = f"{url} refused this identity: {answer.status_code} {detail}"
            return AccessRefused(f"{refused} ({said})" if said else refused)
        case _:
            return DoorUnavailable(f"{url} answered {answer.status_code}: {detail}")


def _faults(problem: Mapping[str, Any]) -> list[Fault]:
    listed = problem.get("errors")
    said = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [Fault(str(each.get("field")), str(each.get("message"))) for each in said]


def _object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
