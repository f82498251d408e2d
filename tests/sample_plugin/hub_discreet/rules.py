"""What a lock screen must not show. Pure: a message in, a decision out."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from hub import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Draft

TELLING = frozenset({"biopsie", "cancer", "chimiotherapie", "depistage", "ivg", "vih"})
"""Words that tell a stranger about someone's health; without accents, in small letters."""

READ = frozenset({"ok", "lu", "vu"})
"""Answers that say: I have read it."""


def telling_word(text: str) -> str | None:
    """The first word of the text that says too much, as it was written; None when there is none."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text))
    return next((word for word in words if _bare(word) in TELLING), None)


def discreet_route(draft: Draft, routes: Sequence[str]) -> str | None:
    """The first route for alerts whose name begins with `discreet`; None for marketing, or without such a route."""
    if draft.purpose is not Purpose.ALERT:
        return None
    return next((route for route in routes if route.startswith("discreet")), None)


def is_read_receipt(text: str) -> bool:
    """Whether an answer says that a reminder was read, and nothing more."""
    return _bare(text.strip(" .!\n")) in READ


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
