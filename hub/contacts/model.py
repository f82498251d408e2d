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
    """A number that an account must not text, alerts included; `source` says how it got here."""

    number: str
    kind: SuppressionKind
    at: datetime
    source: str
    note: str | None = None
