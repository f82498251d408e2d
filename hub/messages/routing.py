"""Which way a message goes: routes are tried in order of priority, and a plugin may choose among those that fit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.compliance.model import Purpose


class OnUnknown(StrEnum):
    """What to do with a message whose answer was lost: never twice, or never missing."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Route:
    """Which messages take which connector; empty sets mean all.

    `rate` is in segments per second; `accounts` are ids and names, `senders` as people see them, both as `folded` has
    them. Among routes of one priority each takes its part by `weight`. After `open_after` calls in a row that failed,
    or took longer than `slow_after_s` seconds (None: however long), the route is left alone for a while.
    """

    name: str
    connector: str
    countries: frozenset[str] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    rate: float | None = None
    priority: int = 10
    on_unknown: OnUnknown = OnUnknown.HOLD
    accounts: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    weight: int = 1
    open_after: int = 3
    slow_after_s: float | None = None

    @property
    def is_choosy(self) -> bool:
        """Whether it matters who sends, and under which name."""
        return bool(self.accounts or self.senders)

    def takes(
        self, country: str, purpose: Purpose, account: frozenset[str] = frozenset(), sender: str | None = None
    ) -> bool:
        """Whether a message to that country, sent for that purpose, may go this way.

        `account` is what its account goes by, see `names_of`; a message without a sender is signed by the carrier.
        """
        return (
            (not self.countries or country in self.countries)
            and (not self.purposes or purpose in self.purposes)
            and (not self.accounts or not self.accounts.isdisjoint(account))
            and (not self.senders or (sender is not None and folded(sender) in self.senders))
        )


def routes_for(
    routes: Iterable[Route],
    country: str,
    purpose: Purpose,
    account: frozenset[str] = frozenset(),
    sender: str | None = None,
) -> tuple[str, ...]:
    """Names of the routes that can take a message, the best first."""
    fitting = (route for route in routes if route.takes(country, purpose, account, sender))
    return tuple(route.name for route in sorted(fitting, key=by_priority))


def by_priority(route: Route) -> tuple[int, str]:
    """The key that sorts routes, the best first."""
    return route.priority, route.name


def names_of(account_id: int, name: str) -> frozenset[str]:
    """What an account goes by in hub.ini: its id, and its name."""
    return frozenset({str(account_id), folded(name)})


def folded(word: str) -> str:
    """A name or a sender as it is compared: `+33 6...` and `Salon` are those without plus, and `SALON`."""
    return word.strip().removeprefix("+").casefold()
