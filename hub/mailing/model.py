"""A mail that is to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one address, in plain text.

    `kind` is what it is about (`inbound`, `guard_hold`, ...) and `key` names its cause: the same kind and key are sent
    once. `from_name` is shown beside `from_address` (None: the hub's own, from `[smtp]`); `reply_to` is where answers
    go, `in_reply_to` and `references` are Message-IDs with their angle brackets, the oldest first.
    """

    account_id: int
    kind: str
    key: str
    to: str
    subject: str
    body: str
    from_name: str | None = None
    from_address: str | None = None
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
