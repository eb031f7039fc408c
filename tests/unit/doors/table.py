"""Who may come in where, by hand: every identity, every method and every path there is, and some there are not.

Nothing of it is computed from the routes of the code.
"""

from tests.unit.doorkeeper.tokens import ANN, CLOCK, PUSH, STRANGER

NOBODY, OTHER = "nobody", "other"
IDENTITIES = {NOBODY: None, OTHER: STRANGER, "push": PUSH, "scheduler": CLOCK, "operator": ANN}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
EVERYBODY = frozenset(IDENTITIES)

MAY = {
    ("POST", "/"): {"push"},
    ("POST", "/scan-gaps"): {"scheduler", "operator"},
    ("GET", "/health"): EVERYBODY,
    ("GET", "/health?deep=0"): EVERYBODY,
    ("GET", "/health?deep=1"): {"scheduler", "operator"},
    ("GET", "/openapi.json"): {"scheduler", "operator"},
}
THERE = {path: method for method, path in MAY}
NOT_THERE = (
    *("/pubsub", "/healthz", "/health/", "/favicon.ico", "/admin", "/index.html", "/scan-gaps/x", "/scan-gaps.json"),
    *("//", "///", "//scan-gaps", "/scan-gaps/", "/scan-gaps//", "/SCAN-GAPS", "/Scan-Gaps", "/%2fscan-gaps", "/%2F"),
    *(
        "/scan-gaps%2f",
        "/scan-gaps%00",
        "/scan-gaps%20",
        "/scan-gaps;x=1",
        "/./scan-gaps",
        "/x/../scan-gaps",
        "/scan_gaps",
    ),
    *("/scan-gaps%0a", "/scan-gaps%3fforce=1", "/%73can-gaps/", "/scan\N{HYPHEN}gaps", "/sc%C3%A4n-gaps", "/%ff"),
)


def expected(mode: str, method: str, path: str, who: str) -> int:
    if path not in THERE:
        return 404
    if method != THERE[path]:
        return 405
    if mode == "off" or who in MAY[method, path]:
        return 204 if path == "/" else 200
    return 401 if who == NOBODY else 403
