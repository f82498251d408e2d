"""Numbers that a country dials as they are and nobody texts: emergency services and short codes."""

from __future__ import annotations

import phonenumbers
from phonenumbers import shortnumberinfo

from hub.sms.phone_text import read_dialled

_LONGEST_CALLING_CODE = 3
_WORLD = "001"


def is_short_number(text: str, region: str) -> bool:
    """Whether `text` is a short code, or an emergency number, of a region (ISO 3166): those have no calling code."""
    dialled = read_dialled(text)
    if isinstance(dialled, str) or dialled.international:
        return False
    try:
        number = phonenumbers.parse(dialled.digits, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(shortnumberinfo.is_valid_short_number_for_region(number, region))


def country_of(text: str, home: str) -> str | None:
    """The region whose number `text` would be: that of its calling code, else `home`; None where no country has it."""
    dialled = read_dialled(text)
    if isinstance(dialled, str):
        return None
    if not dialled.international:
        return home if home in phonenumbers.SUPPORTED_REGIONS else None
    codes = [int(dialled.digits[:length]) for length in range(1, _LONGEST_CALLING_CODE + 1)]
    regions = (phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, (_WORLD,))[0] for code in codes)
    return next((region for region in regions if region != _WORLD), None)
