from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from hub_mail_to_sms.connections import Connections, client_of

if TYPE_CHECKING:
    from hub_mail_to_sms.guest import Guest


@dataclass(eq=False)
class FakeGuest:
    """A connection, as far as counting goes."""

    client: str


def a_guest(client: str) -> Guest:
    """A connection of that client."""
    return cast("Guest", FakeGuest(client))


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        (("192.0.2.1", 1234), "192.0.2.1"),
        (("::ffff:192.0.2.1", 1234, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 1234, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1234, 0, 2), "fe80::/64"),
        (("::1", 1234, 0, 0), "::1"),
        (("a/socket",), "a/socket"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_a_client_is_an_address_or_a_site(peer: object, client: str) -> None:
    """An IPv6 customer has 64 bits of addresses to come from."""
    assert client_of(peer) == client


def test_a_place_is_free_again_when_its_guest_has_left() -> None:
    """For the client and for all."""
    connections = Connections(2, 1)
    first, second = a_guest("192.0.2.1"), a_guest("192.0.2.1")
    assert (connections.admit(first), connections.admit(second)) == (True, False)
    assert connections.leave(first)
    assert connections.admit(second)


def test_a_guest_that_was_not_admitted_does_not_leave() -> None:
    """Nor does one leave twice: a place given back twice would let one too many in."""
    connections = Connections(1, 1)
    first, second = a_guest("192.0.2.1"), a_guest("192.0.2.1")
    connections.admit(first)
    assert (connections.leave(second), connections.leave(first), connections.leave(first)) == (False, True, False)


def test_it_is_told_when_the_last_one_has_left() -> None:
    """That is what stopping waits for."""
    connections = Connections(2, 2)
    guests = [a_guest("192.0.2.1"), a_guest("192.0.2.2")]
    for guest in guests:
        connections.admit(guest)
    told = [connections.empty.is_set()]
    for guest in guests:
        connections.leave(guest)
        told.append(connections.empty.is_set())
    assert told == [False, False, True]
