"""Who is connected: how many in all, and how many per client."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub_mail_to_sms.guest import Guest

_V6_SITE = 64


@dataclass
class Connections:
    """The connections there are now. Not thread-safe: it lives in the listener's event loop."""

    most: int
    most_per_client: int
    guests: set[Guest] = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    _per_client: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.empty.set()

    def admit(self, guest: Guest) -> bool:
        """Count one more, unless there are too many."""
        if len(self.guests) >= self.most or self._per_client[guest.client] >= self.most_per_client:
            return False
        self.guests.add(guest)
        self.empty.clear()
        self._per_client[guest.client] += 1
        return True

    def leave(self, guest: Guest) -> bool:
        """Count one less; False when it was not there."""
        if guest not in self.guests:
            return False
        self.guests.remove(guest)
        self._per_client[guest.client] -= 1
        if not self._per_client[guest.client]:
            del self._per_client[guest.client]
        if not self.guests:
            self.empty.set()
        return True


def client_of(peer: object) -> str:
    """What counts as one client: an IPv4 address, or the 64 bits that an IPv6 site is given."""
    text = str(peer[0]).partition("%")[0] if isinstance(peer, tuple) and peer else "?"
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address) or address.is_loopback:
        return text
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((address, _V6_SITE), strict=False))
