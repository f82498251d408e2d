"""Numbers as SMSFactor's clients write them: `33612345678` without a plus, and every other way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub import NumberRefusal, PhoneNumber
from hub.plugin_kit import parse_number
from hub_smsfactor_api.node import whole_number
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANKS = re.compile(r"[\s.()\-\u00a0\u202f/]+")
_SEVERAL = re.compile(r"[,;\n|]+")
_SHORTEST = 8
_CONTACT = re.compile(r"([0-9a-f]{8})0*([1-9][0-9]{5,14})")
_LIST_DIGITS, _NUMBER_DIGITS = 8, 16


def international(given: str, region: str) -> str:
    """A number with its plus, where digits alone make one with a calling code; any other is left for the hub to read.

    `region` (ISO 3166) is the country of an account, where a number that begins with 0 is one of its own.
    """
    bare = _BLANKS.sub("", given.strip())
    if bare.startswith("00"):
        return "+" + bare[2:]
    if not (bare.isascii() and bare.isdecimal()) or bare.startswith("0") or len(bare) < _SHORTEST:
        return given.strip()
    return f"+{bare}" if not isinstance(parse_number(f"+{bare}", region), NumberRefusal) else _nearest(bare, region)


def _nearest(bare: str, region: str) -> str:
    """What is no number with a calling code may be one of the country without its zero, as a spreadsheet leaves it."""
    return bare if not isinstance(parse_number(bare, region), NumberRefusal) else f"+{bare}"


def parsed(given: str, region: str) -> PhoneNumber | None:
    """A number that can be texted; None for any other."""
    read = parse_number(international(given, region), region)
    return None if isinstance(read, NumberRefusal) else read


def required_number(given: str, region: str) -> str:
    """The same in E.164; raises Refused for what is no number of a mobile."""
    read = parsed(given, region)
    if read is None:
        raise Refused(Status.DATA, f"{given[:40]!r} is not the number of a mobile; write it as in 33612345678.")
    return read.e164


def bare(e164: str) -> str:
    """A number as it is answered: without its plus."""
    return e164.removeprefix("+")


def split(values: Sequence[str]) -> list[str]:
    """Numbers of a query, where one parameter may hold several, between commas."""
    return [one.strip() for value in values for one in _SEVERAL.split(value) if one.strip()]


def contact_id(list_id: int, e164: str) -> str:
    """What a contact of a list is called: 24 digits (hexadecimal) that say both, so that nothing need be kept."""
    return f"{list_id:0{_LIST_DIGITS}x}{bare(e164):0>{_NUMBER_DIGITS}}"


def read_contact_id(said: str) -> tuple[int, str]:
    """The list and the number (E.164) that a contact's id says; raises Refused for any other text."""
    found = _CONTACT.fullmatch(said.lower())
    if found is None:
        raise Refused(Status.NOT_FOUND, "There is no contact of that id.")
    return int(found[1], 16), f"+{found[2]}"


def read_id(said: str, what: str) -> int:
    """An id of digits; raises Refused for any other text, which is nothing's id."""
    number = whole_number(said)
    if number is None or not 0 < number < 2**31:
        raise Refused(Status.NOT_FOUND, f"There is no {what} of that id.")
    return number
