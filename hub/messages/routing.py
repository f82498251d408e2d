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
    """Which messages take which connector; `rate` is in segments per second, empty sets mean all."""

    name: str
    connector: str
    countries: frozenset[str] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    rate: float | None = None
    priority: int = 10
    on_unknown: OnUnknown = OnUnknown.HOLD

    def takes(self, country: str, purpose: Purpose) -> bool:
        """Whether a message to that country, sent for that purpose, may go this way."""
        return (not self.countries or country in self.countries) and (not self.purposes or purpose in self.purposes)


def routes_for(routes: Iterable[Route], country: str, purpose: Purpose) -> tuple[str, ...]:
    """Names of the routes that can take a message, the best first."""
    fitting = (route for route in routes if route.takes(country, purpose))
    return tuple(route.name for route in sorted(fitting, key=lambda route: (route.priority, route.name)))
