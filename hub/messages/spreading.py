"""Spread messages over the routes that can take them: by priority, by weight, and by how well each route is."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from hub.messages.routing import by_priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hub.messages.routing import Route

_GOLDEN = 0.6180339887498949
"""Multiples of it fill the space between 0 and 1 evenly: ten places in a row are shared out as a thousand are."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes that fit, in an order for each part of the messages; `ends` say where each part ends, up to 1."""

    orders: tuple[tuple[str, ...], ...]
    ends: tuple[float, ...]

    def at(self, place: int) -> tuple[str, ...]:
        """The routes for the message at that place, the one that takes it first."""
        if len(self.orders) == 1:
            return self.orders[0]
        return self.orders[bisect_right(self.ends, place * _GOLDEN % 1.0)]


def spread(routes: Iterable[Route], wellness: Mapping[str, float]) -> Ways:
    """Share messages out among routes that all take them; `wellness` is 0 (out) to 1, and 1 where it is not said.

    A route that is well by a half takes half of what it would, and the rest goes to others of its priority, then to
    those of the next. Where all are out, messages wait for the best of them.
    """
    ordered = sorted(routes, key=by_priority)
    shares = dict(_shares(ordered, wellness))
    if not shares:
        shares = {route.name: 1.0 for route in ordered[:1]}
    whole = sum(shares.values())
    ends, sofar = [], 0.0
    for share in shares.values():
        sofar += share / whole
        ends.append(sofar)
    ends[-1:] = [1.0] if ends else []
    names = sorted((route.name for route in ordered), key=lambda name: wellness.get(name, 1.0) <= 0)
    return Ways(tuple((name, *(other for other in names if other != name)) for name in shares), tuple(ends))


def _shares(ordered: Sequence[Route], wellness: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    left = 1.0
    for _, group in groupby(ordered, key=lambda route: route.priority):
        strengths = {route.name: route.weight * wellness.get(route.name, 1.0) for route in group}
        whole = sum(strengths.values())
        if whole <= 0 or left <= 0:
            continue
        taken = left * max(min(1.0, wellness.get(name, 1.0)) for name in strengths)
        yield from ((name, taken * strength / whole) for name, strength in strengths.items() if strength > 0)
        left -= taken
