"""Who asks, and what they may ask for.

    push        Pub/Sub's account       completions at `/`, nothing else
    scheduler   Cloud Scheduler's       scans as the policy has them
    operator    a person's, by name     scans of any range, with `force` and `ignore_gates`

Identities are told apart by the verified e-mail alone. A platform that lets one of them in lets it in everywhere: its
permission is for the service, not for a route, so that the routes have to be told apart here. Whoever is on no list may
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.core.requests import ScanRequest
from shared.core.table import Policy
from shared.core.windows import Window
from shared.errors import CallerRefused, Fault


class Role(StrEnum):
    """What an identity is here for."""

    PUSH = "push"
    SCHEDULER = "scheduler"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Caller:
    """Somebody at the door; `email` is None only where nobody is asked who they are: on a local stack."""

    email: str | None
    roles: frozenset[Role]

    def may_enter(self, roles: frozenset[Role]) -> None:
        """Returns if the caller has one of `roles`; none are needed for what is open to all.

        Raises:
            CallerRefused: they have not.
        """
        if roles and not self.roles & roles:
            raise CallerRefused([], source=self._name)

    def may_ask(self, request: ScanRequest, policy: Policy, today: date) -> None:
        """Returns if the caller may have `request` done.

        Raises:
            CallerRefused: parts of it only operators may say; all of them are named.
        """
        if Role.OPERATOR not in self.roles and (faults := list(_for_operators(request, policy, today))):
            raise CallerRefused(faults, source=self._name)

    @property
    def _name(self) -> str:
        return self.email or "whoever asked"


ANYBODY = Caller(None, frozenset(Role))


@dataclass(frozen=True)
class Guests:
    """Whose e-mail, in lower case, has which role; an e-mail is on one list only."""

    push: frozenset[str] = frozenset()
    scheduler: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()

    def caller(self, email: str) -> Caller:
        """Returns `email` with the role it has here, if any."""
        lists = {Role.PUSH: self.push, Role.SCHEDULER: self.scheduler, Role.OPERATOR: self.operators}
        return Caller(email, frozenset(role for role, emails in lists.items() if email.lower() in emails))


NO_GUESTS = Guests()


def _for_operators(request: ScanRequest, policy: Policy, today: date) -> Iterator[Fault]:
    if request.force:
        yield Fault("force", "expected only of an operator")
    if request.ignore_gates:
        yield Fault("ignore_gates", "expected only of an operator")
    reach = Window.last_days(policy.sweep_lookback_days, today)
    if request.window is not None and not (reach.start <= request.window.start and request.window.stop <= reach.stop):
        yield Fault("start_date", f"expected {reach.start} to {reach.end_date}; only an operator may go beyond")
    if request.max_triggers is not None and request.max_triggers > policy.max_triggers_per_scan:
        yield Fault("max_triggers", f"expected at most {policy.max_triggers_per_scan}; only an operator may say more")
