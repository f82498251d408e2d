"""The fields that templates can use: what a message has, what hub.ini says, where the carrier calls back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub_http_carrier.templates import ABSENT, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hub import OutgoingMessage
    from hub_http_carrier.definition import FieldRule
    from hub_http_carrier.templates import Fields

OF_HUB_INI = frozenset({"account", "user", "password", "token", "signing_secret", "callback_secret", "connector"})
OF_CALLBACKS = frozenset({"receipts_url", "inbound_url"})
OF_MESSAGES = frozenset(
    {
        "id",
        "to",
        "to_digits",
        "to_00",
        "sender",
        "sender_digits",
        "sender_kind",
        "text",
        "parts",
        "alphabet",
        "purpose",
        "validity_s",
        "validity_minutes",
        "validity_ms",
    }
)
NAMES = OF_HUB_INI | OF_CALLBACKS | OF_MESSAGES

_NUMBER = re.compile(r"\+?\d{7,15}")
_SHORT = re.compile(r"\d{3,6}")
_LEAST_VALIDITY_S = 60


def fields_of(
    message: OutgoingMessage,
    constant: Fields,
    rules: Mapping[str, FieldRule],
    now: datetime,
    most_validity_s: int | None = None,
) -> dict[str, Any]:
    """The fields of one message: `constant` those that all have, `rules` those that a definition makes of others.

    `sender` is None where the carrier chooses it, `validity_s` for a message without an end; that is never more than
    `most_validity_s`.
    """
    digits = message.to.lstrip("+")
    seconds = _validity(message.validity, now, most_validity_s)
    fields: dict[str, Any] = {
        **constant,
        "id": message.id,
        "to": message.to,
        "to_digits": digits,
        "to_00": f"00{digits}",
        "sender": message.sender or None,
        "sender_digits": message.sender.lstrip("+") or None,
        "sender_kind": sender_kind(message.sender),
        "text": message.text,
        "parts": len(message.parts),
        "alphabet": str(message.alphabet),
        "purpose": str(message.purpose),
        "validity_s": seconds,
        "validity_minutes": None if seconds is None else seconds // 60,
        "validity_ms": None if seconds is None else seconds * 1000,
    }
    for name, rule in rules.items():
        value = render(rule.values.get(str(fields.get(rule.source)), rule.other), fields)
        fields[name] = None if value is ABSENT else value
    return fields


def sender_kind(sender: str) -> str:
    """Whether a sender is a `number`, a `short` code, a `word`, or `none`: then the carrier chooses it."""
    if not sender:
        return "none"
    if _SHORT.fullmatch(sender):
        return "short"
    return "number" if _NUMBER.fullmatch(sender) else "word"


def _validity(until: datetime | None, now: datetime, most_s: int | None) -> int | None:
    if until is None:
        return None
    seconds = max(_LEAST_VALIDITY_S, int((until - now).total_seconds()))
    return seconds if most_s is None else min(seconds, most_s)
