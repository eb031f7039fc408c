"""Where alerts may go: an https URL on a host that was allowed, and an address out on the internet.

The URL of a webhook is a secret: whoever has it may post. It is therefore never part of a message or a repr; what is
refused is told by what was expected. Guards that look for bad URLs forget one; these say what a good one is.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

DEFAULT_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com", "chat.googleapis.com")

# The last part of a name begins with a letter, and so no name is an address, however that is spelled.
_LABEL = "(?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"(?:[a-z0-9]{_LABEL}\.)*[a-z]{_LABEL}"
_ALLOWED = re.compile(rf"{_HOST}(?::([1-9][0-9]{{0,4}}))?")
_URL = re.compile(rf"https://({_HOST})(?::([1-9][0-9]{{0,4}}))?(/[A-Za-z0-9/._~%?&=+:@,;*-]+)", re.IGNORECASE)
_HTTPS, _LAST_PORT = 443, 65_535

_UNICAST = IPv6Network("2000::/3")
_CARRIES_IPV4_OR_TESTS = tuple(
    ip_network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "192.88.99.0/24")
)


@dataclass(frozen=True)
class Target:
    """A webhook: `host` and `port` may be told, `path` is the secret."""

    host: str
    port: int
    path: str = field(repr=False)


def read_target(url: str, allowed: Collection[str] = DEFAULT_HOSTS) -> Target:
    """Returns the target that `url` names. Entries of `allowed` are `host`, which means port 443, or `host:port`.

    Raises:
        ValueError: it is not https, carries user information, or its host and port are not allowed. The message does
            not repeat it.
    """
    found = _URL.fullmatch(url)
    if found is not None:
        host, port = found[1].lower(), int(found[2] or _HTTPS)
        if f"{host}:{port}" in allowed or (port == _HTTPS and host in allowed):
            return Target(host, port, found[3])
    raise ValueError(f"expected https://HOST/PATH with one of these hosts: {', '.join(allowed)}")


def read_hosts(said: str) -> tuple[str, ...]:
    """Returns the hosts in `said`, separated by commas.

    Raises:
        ValueError: one of them is not `host` or `host:port`, or is an address and not a name.
    """
    hosts = tuple(host.strip().lower() for host in said.split(","))
    for host in hosts:
        found = _ALLOWED.fullmatch(host)
        if found is None or int(found[1] or _HTTPS) > _LAST_PORT:
            raise ValueError("expected names of hosts, each with or without a port, separated by commas")
    return hosts


def is_public(address: str) -> bool:
    """Says whether `address` is out on the internet, for everybody the same one.

    An IPv6 address that embeds an IPv4 one (mapped, 6to4, NAT64, Teredo) is not: others say where it leads.
    """
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and (found not in _UNICAST or found.scope_id is not None):
        return False
    if any(found in network for network in _CARRIES_IPV4_OR_TESTS):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved)
