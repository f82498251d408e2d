"""Why a number must not be texted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class SuppressionKind(StrEnum):
    """A person said stop, or the number belongs to nobody (NPAI)."""

    OPT_OUT = "opt_out"
    UNALLOCATED = "unallocated"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number that an account must not text, alerts included; `source` says how it got here.

    `text` is what the person wrote, and `campaign_id` what it answered, where an answer put an end to it.
    """

    number: str
    kind: SuppressionKind
    at: datetime
    source: str
    note: str | None = None
    text: str | None = None
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a number may be texted again: the notice that the person agreed to, where it came from, who recorded it."""

    notice: str
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A proof as it was recorded: it took a suppression of that kind away."""

    number: str
    kind: SuppressionKind
    notice: str
    source: str
    by: str
    at: datetime
