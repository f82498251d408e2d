"""Which number is meant: a person may ask about any, not only about one that can be texted."""

from __future__ import annotations

from hub.errors import RequestRefused
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number


def number_of(given: str, region: str, field: str = "number") -> str:
    """A number as people write it, in E.164; a landline is one too. Raises RequestRefused for what is no number."""
    read = parse_number(given, region)
    if not isinstance(read, NumberRefusal):
        return read.e164
    if read.number is not None:
        return read.number.e164
    raise RequestRefused.because(field, read.reason, read.message)
