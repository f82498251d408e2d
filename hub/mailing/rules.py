"""When a mail is tried again, when it is given up, and what it is called. Pure."""

from __future__ import annotations

import hashlib
from datetime import timedelta

_PAUSES_MIN = (1, 4, 10, 15, 30, 60, 120, 240, 480, 480, 720, 720)
"""Minutes before each further try: two days in all. Mail servers that greylist or fill up are back long before."""

TOO_OLD = timedelta(days=7)
"""News of a week ago is not sent any more: the relay may have been configured only now."""

FORGET_AFTER = timedelta(days=30)
"""What came to its end is kept for so long: it holds people's texts."""


def next_try(tries: int) -> timedelta | None:
    """How long a mail waits after that many tries; None when it is given up."""
    return None if is_given_up(tries) else timedelta(minutes=_PAUSES_MIN[tries - 1])


def is_given_up(tries: int) -> bool:
    """Whether a mail was tried as often as it ever is."""
    return tries > len(_PAUSES_MIN)


def message_id_of(mail_id: int, kind: str, key: str, domain: str) -> str:
    """A mail's Message-ID, with its angle brackets: the same for every try, so that a repeat can be told."""
    digest = hashlib.sha256(f"{kind}\0{key}".encode()).hexdigest()
    return f"<{mail_id}.{digest[:24]}@{domain}>"
