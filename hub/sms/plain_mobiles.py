"""Recognises at a glance the mobiles that most lists are made of, sparing them the full parse.

The ranges are a cautious part of what libphonenumber holds for each country; a test proves that it agrees on
all of them, so that this stays a shortcut and never becomes a rule of its own.
"""

from __future__ import annotations

import re

from hub.sms.model import NumberKind, PhoneNumber

_RANGES = (
    ("FR", "33", r"(?:6(?:[0-24-8]\d|3[0-8]|9[89])|7[4-8]\d)\d{6}"),
    ("BE", "32", r"4[6-9]\d{7}"),
    ("CH", "41", r"7[5-9]\d{7}"),
)
_E164 = {f"+{code}": (region, re.compile(rf"\+{code}{rest}", re.ASCII)) for region, code, rest in _RANGES}
_NATIONAL = {region: (f"+{code}", re.compile(rf"(?:0|{code})({rest})", re.ASCII)) for region, code, rest in _RANGES}
_IN_PAIRS = re.compile(r"(?:0\d|\+33 \d)([ .-])\d\d(?:\1\d\d){3}", re.ASCII)
_BETWEEN = str.maketrans("", "", " .-")


def plain_mobile(text: str, region: str | None) -> PhoneNumber | None:
    """The mobile that `text` is, if it is nothing but E.164 or digits that `region` dials; else None: parse it.

    Ten digits may be written in pairs, as the French do.
    """
    if _IN_PAIRS.fullmatch(text):
        text = text.translate(_BETWEEN)
    if (foreign := _E164.get(text[:3])) and foreign[1].fullmatch(text):
        return PhoneNumber(text, foreign[0], NumberKind.MOBILE)
    if region in _NATIONAL:
        code, pattern = _NATIONAL[region]
        if found := pattern.fullmatch(text):
            return PhoneNumber(code + found[1], region, NumberKind.MOBILE)
    return None
