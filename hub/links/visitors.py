"""Tell people from programs that follow links: a table of rules, the first that holds decides. Their words are data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from hub.links.model import Verdict, Visit, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Network = IPv4Network | IPv6Network
HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""The headers that are looked at, beside User-Agent."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What programs are known by, from `scanners.toml`."""

    preview: tuple[str, ...]
    scanner: tuple[str, ...]
    prefetch: tuple[tuple[str, str], ...]
    too_soon_s: float
    data_centre_s: float
    data_centres: tuple[Network, ...]


@cache
def load_signs(more: tuple[str, ...] = ()) -> Signs:
    """The signs, with these networks of data centres beside the known ones."""
    said = tomllib.loads(files("hub.links").joinpath("scanners.toml").read_text("utf-8"))
    return Signs(
        tuple(said["preview"]),
        tuple(said["scanner"]),
        tuple((name, word) for name, word in said["prefetch"]),
        said["too_soon_s"],
        said["data_centre_s"],
        tuple(ip_network(one) for one in (*said["data_centres"], *more)),
    )


def judge(visit: Visit, signs: Signs) -> Verdict:
    """Who a visit is of."""
    for visitor, rule, holds in _RULES:
        if holds(visit, signs):
            return Verdict(visitor, rule)
    return Verdict(Visitor.PERSON, "person")


def _agent_has(visit: Visit, words: Iterable[str]) -> bool:
    agent = visit.agent.lower()
    return any(word in agent for word in words)


def _fetches_ahead(visit: Visit, signs: Signs) -> bool:
    return any(word in visit.headers.get(name, "").lower() for name, word in signs.prefetch)


def _too_soon(visit: Visit, signs: Signs) -> bool:
    return visit.waited_s is not None and visit.waited_s < signs.too_soon_s


def _from_a_data_centre(visit: Visit, signs: Signs) -> bool:
    if visit.waited_s is None or visit.waited_s >= signs.data_centre_s:
        return False
    try:
        address = ip_address(visit.address)
    except ValueError:
        return False
    return any(address in network for network in signs.data_centres)


_RULES: tuple[tuple[Visitor, str, Callable[[Visit, Signs], bool]], ...] = (
    (Visitor.SCANNER, "head", lambda visit, _: visit.method == "HEAD"),
    (Visitor.PREVIEW, "prefetch", _fetches_ahead),
    (Visitor.PREVIEW, "known_preview", lambda visit, signs: _agent_has(visit, signs.preview)),
    (Visitor.SCANNER, "known_scanner", lambda visit, signs: _agent_has(visit, signs.scanner)),
    (Visitor.SCANNER, "no_agent", lambda visit, _: not visit.agent.strip()),
    (Visitor.SCANNER, "too_soon", _too_soon),
    (Visitor.SCANNER, "data_centre", _from_a_data_centre),
)
"""Who it is, what the rule is called, and when it holds."""
