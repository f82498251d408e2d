"""A template: a text under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hub.compliance.model import Purpose

LONGEST_NAME = 64
MOST_TEMPLATES = 1000
"""How many an account may keep."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template says: its name, unique within the account, the text, and what a campaign of it is by default."""

    name: str
    text: str
    purpose: Purpose | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is kept."""

    id: str
    wording: Wording
    created_at: datetime
    changed_at: datetime
