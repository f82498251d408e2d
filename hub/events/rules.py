"""When a receiver is called again, and whom the hub never calls. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from hub.errors import RequestRefused

_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""As the Standard Webhooks specification proposes: a receiver may be down from Friday evening to Monday morning."""
LONGEST_PAUSE = timedelta(hours=24)
LONGEST_URL = 2000
FIRST_FREE_PORT = 1024
_JITTER = 0.2
_WELL_KNOWN = {80, 443}
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_NUMERIC = re.compile(r"([0-9]+|0[xX][0-9A-Fa-f]*)")


def next_pause(tries: int, chance: float) -> timedelta | None:
    """How long a receiver is left alone after so many tries in vain; None when it is given up.

    `chance` is from 0 to 1: up to a fifth is added, so that what failed together does not come back together.
    """
    return _PAUSES[tries - 1] * (1 + _JITTER * chance) if tries <= len(_PAUSES) else None


def asked_pause(header: str | None, now: datetime) -> timedelta:
    """How long Retry-After asks to wait (RFC 9110, 10.2.3): seconds, or a date; a day at most, nothing for nonsense."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=int(text[:6])), LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(timedelta(0), min(at - now, LONGEST_PAUSE))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, and so is every IPv4 address that stands in it."""
    try:
        one = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_global, (one, *_inside(one))))


def checked_url(url: str, *, allow_private: bool) -> str:
    """A receiver's address as it may be kept. Raises RequestRefused for what the hub never calls."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused("url_form", f"Write an address of at most {LONGEST_URL} ASCII characters, without blanks.")
    if "#" in url or "\\" in url:
        raise _refused("url_form", "Leave out what begins with #, and backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("url_form", "This is no web address; write one as in https://example.com/hook.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _refused("url_form", "Write a web address that begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise _refused("url_credentials", "Leave name and password out; what the hub sends is signed.")
    if port is not None and not (port in _WELL_KNOWN or port >= FIRST_FREE_PORT):
        raise _refused("url_port", f"Use port 80 or 443, or one from {FIRST_FREE_PORT} on.")
    _check_host(parts.hostname, allow_private=allow_private)
    return url


def _check_host(host: str, *, allow_private: bool) -> None:
    try:
        address = str(ip_address(host))
    except ValueError:
        address = ""
    if address:
        if not allow_private and not is_public(address):
            raise _refused("url_private", "The hub does not call private addresses; give one of the internet.")
    elif not _HOST.fullmatch(host) or _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        # 2130706433, 0177.0.0.1 and 127.1 are addresses to a resolver, and no names
        raise _refused("url_host", "Write the host as a name, or as an address with four numbers from 0 to 255.")


def _is_global(one: IPv4Address | IPv6Address) -> bool:
    never = one.is_private or one.is_multicast or one.is_reserved or one.is_loopback or one.is_link_local
    return one.is_global and not never and not one.is_unspecified


def _inside(one: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for, by one way of translation or another."""
    if isinstance(one, IPv4Address):
        return ()
    low = IPv4Address(int(one) & 0xFFFFFFFF)
    found = [one.ipv4_mapped, one.sixtofour, *(one.teredo or ())]
    found += [low] if one in _NAT64 or one in _COMPATIBLE else []
    return tuple(address for address in found if address is not None)


def _refused(code: str, message: str) -> RequestRefused:
    return RequestRefused.because("url", code, message)
