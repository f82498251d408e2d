"""Numbers and names as SMPP writes them: type of number (TON), numbering plan (NPI), digits. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_INTERNATIONAL = re.compile(r"\+?[0-9]{7,15}")
_DIGITS = re.compile("[0-9]+")
_LONGEST_SHORT_CODE = 6

UNKNOWN, INTERNATIONAL, NATIONAL, NETWORK, SUBSCRIBER, ALPHANUMERIC = range(6)
"""Types of number (5.2.5)."""
ISDN = 1
"""The numbering plan of telephones (E.163, E.164)."""


class Address(NamedTuple):
    """A type, a plan and what is written."""

    ton: int
    npi: int
    digits: str


def sender_address(sender: str, ton: int | None = None, npi: int | None = None) -> Address:
    """A sender by its kind: a name is 5/0, a short code 3/1, a number 1/1; `ton` and `npi` where a carrier differs."""
    if _DIGITS.fullmatch(sender) and len(sender) <= _LONGEST_SHORT_CODE:
        own = Address(NETWORK, ISDN, sender)
    elif _INTERNATIONAL.fullmatch(sender):
        own = Address(INTERNATIONAL, ISDN, sender.removeprefix("+"))
    elif sender:
        own = Address(ALPHANUMERIC, 0, sender)
    else:
        own = Address(UNKNOWN, 0, "")
    return Address(own.ton if ton is None else ton, own.npi if npi is None else npi, own.digits)


def number_of(ton: int, digits: str) -> str:
    """A phone's number as the hub writes it: E.164 with its `+` where it is one, else what the carrier wrote.

    Carriers are careless with the type: 7 digits or more without a leading zero are read as international.
    """
    digits = digits.strip()
    if digits.startswith("00") and len(digits) > _LONGEST_SHORT_CODE:
        digits = digits[2:]
    if ton == NATIONAL or digits.startswith(("+", "0")) or not _INTERNATIONAL.fullmatch(digits):
        return digits
    return f"+{digits}"
