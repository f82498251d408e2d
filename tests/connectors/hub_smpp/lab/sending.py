"""Sending as the engine does: what was certainly not sent is handed over again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hub import NotSent, TemporaryFailure, Unknown
from hub.testing.contract import outgoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Outcome, OutgoingMessage
    from hub.testing.contract import OpenLine

WITHIN_S = 60.0


def texts(count: int, *, end: str = "", parts: Sequence[str] = ("Bonjour",)) -> list[OutgoingMessage]:
    """So many texts, each to a number of its own."""
    width = 8 - len(end)
    return [outgoing(to=f"+336{number:0{width}d}{end}", parts=parts) for number in range(1, count + 1)]


def send_all(line: OpenLine, messages: Sequence[OutgoingMessage]) -> dict[str, Outcome]:
    """Hand over until nothing is left that was certainly not sent; the outcome of each, by its number."""
    ended: dict[str, Outcome] = {}
    left = list(messages)
    end = time.monotonic() + WITHIN_S
    while left:
        assert time.monotonic() < end, f"{len(left)} of {len(messages)} could not be sent"
        try:
            outcomes = line.connector.submit(left)
        except TemporaryFailure:  # nothing of it was sent
            time.sleep(0.05)
            continue
        ended |= {m.to: o for m, o in zip(left, outcomes, strict=True) if not isinstance(o, NotSent)}
        left = [m for m, o in zip(left, outcomes, strict=True) if isinstance(o, NotSent)]
    return ended


def in_doubt(ended: dict[str, Outcome]) -> set[str]:
    """The numbers of texts of which nobody knows."""
    return {to for to, outcome in ended.items() if isinstance(outcome, Unknown)}
