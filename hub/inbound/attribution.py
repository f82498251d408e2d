"""Whose a text from a phone is: the last that was texted to that number from what it writes to. Pure.

A person answers a number; a text from a name (`SALON`) is answered at the short code that it mentions. So texts from
that very sender come first, and texts that cannot be answered directly after them. What was sent from other numbers is
nothing that this text answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

RECENT = timedelta(hours=48)
"""How long carriers keep a conversation on a shared short code."""


class LastText(Protocol):
    """The last text of one account to one person from one sender."""

    @property
    def sender(self) -> str:
        """What it was signed with, empty for the carrier's own."""
        ...

    @property
    def account_id(self) -> int:
        """Whose it was."""
        ...

    @property
    def campaign_id(self) -> str:
        """Of which campaign."""
        ...

    @property
    def position(self) -> int:
        """Which message of it."""
        ...

    @property
    def at(self) -> datetime:
        """When a carrier took it, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose a text is, and which message it answers; `accounts` are all whose it may be, the likeliest first.

    Without a `text` nobody's is known. Then `accounts` are those that have texted the number at all. `stopped` are
    those that a STOP is for: who reads a name, and a short code under it, does not know whose number that is.
    """

    text: LastText | None
    accounts: tuple[int, ...] = ()
    stopped: tuple[int, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether others had texted the number from there lately."""
        return self.text is not None and len(self.accounts) > 1


def attribute(texts: Iterable[LastText], to: str, now: datetime) -> Attribution:
    """Whose a text to `to` is, among the last texts that its number has got.

    The latest wins. The others of the 48 hours before now, or before the latest where that is older, make it ambiguous.
    """
    found = sorted(texts, key=lambda one: (one.at, one.campaign_id), reverse=True)
    signed_by_it = [one for one in found if _same(one.sender, to)]
    unanswerable = [one for one in found if not _is_answerable(one.sender)]
    here = signed_by_it or unanswerable
    if not here:
        everybody = _accounts(found)
        return Attribution(None, everybody, everybody)
    either = [one for one in found if _same(one.sender, to) or not _is_answerable(one.sender)]
    stopped = dict.fromkeys([*_accounts(_recent(here, now)), *_accounts(_recent(either, now))])
    return Attribution(here[0], _accounts(_recent(here, now)), tuple(stopped))


def _recent(texts: Sequence[LastText], now: datetime) -> list[LastText]:
    """Those of the two days before now, or before the latest where that is older; the latest first."""
    latest = texts[0].at
    since = (now if latest >= now - RECENT else latest) - RECENT
    return [one for one in texts if one.at >= since]


def _accounts(texts: Sequence[LastText]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one.account_id for one in texts))


def _same(sender: str, to: str) -> bool:
    return bool(to) and _bare(sender) == _bare(to)


def _bare(sender: str) -> str:
    return sender.strip().removeprefix("+").removeprefix("00").casefold()


def _is_answerable(sender: str) -> bool:
    return _bare(sender).isdecimal()
