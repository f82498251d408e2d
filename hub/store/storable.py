"""Which characters a database keeps: PostgreSQL refuses NUL, and no half of a surrogate pair is UTF-8."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str, most: int | None = None) -> str:
    """The text as it can be kept: what cannot becomes U+FFFD, and it ends after `most` characters."""
    kept = text[:most]
    return kept if kept.isprintable() else _UNSTORABLE.sub("\ufffd", kept)


def is_storable(text: str) -> bool:
    """Whether the text can be kept as it is."""
    return _UNSTORABLE.search(text) is None
