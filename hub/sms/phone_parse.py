"""Says which number a text is, with libphonenumber's knowledge of the world's numbering plans."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import phonenumbers

from hub.sms.model import NumberKind, NumberRefusal, PhoneNumber
from hub.sms.phone_text import Dialled, read_dialled
from hub.sms.plain_mobiles import plain_mobile
from hub.sms.plans import home_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "No phone number is given.",
        "unparsable": "This does not read as one phone number.",
        "letters": "Letters stand among the digits: keep the number alone.",
        "extension": "A number with an extension reaches a switchboard, not a phone: give the number of a mobile.",
        "excel_lossy": (
            "A spreadsheet has rounded this number and its last digits are lost: "
            "set the column to text, and type or export the number again."
        ),
        "country_needed": "The country is missing: write the number with its calling code, as in +33 6 ...",
        "length": "There are too many or too few digits for a phone number.",
        "invalid": "No operator has numbers of this form: check the digits.",
        "landline": "This is a landline of {region}: only mobiles receive texts.",
        "voip": "This is an internet telephone number of {region}: only mobiles receive texts.",
        "not_mobile": "This is a number of {region} for another use ({kind}): only mobiles receive texts.",
    }
)
"""Every reason code, with its sentence; `{region}` and `{kind}` are those of the number that was recognised."""

_WORLD = "001"
_WORLDWIDE = (
    "This number belongs to no country, as those of satellite phones and worldwide services do: only mobiles of a "
    "country receive texts."
)
_TEXTABLE = frozenset({NumberKind.MOBILE, NumberKind.FIXED_LINE_OR_MOBILE})
_REASON_BY_KIND = {NumberKind.FIXED_LINE: "landline", NumberKind.VOIP: "voip"}

_FRENCH_PLAN = home_plan("FR")
"""Territories that dial each other's ten digits without a code (Arcep's numbering plan)."""

_OVERSEAS = (
    (("690", "691", "7090"), "590"),
    (("692", "693", "7092", "639", "70935", "70936", "70937"), "262"),
    (("694", "70930", "70931", "70932", "70933"), "594"),
    (("696", "697", "7091"), "596"),
)
"""Mobile blocks of that plan which live under an overseas calling code, never under 33."""


def parse_number(text: str, region: str | None, *, calling_codes: Collection[int] = ()) -> PhoneNumber | NumberRefusal:
    """The mobile number that `text` is, or the reason (a code of `REASONS`, and a sentence) why it is none.

    `region` (ISO 3166, `FR`) is where a number without country code is from; None asks for the code. Bare
    digits are read as a number of the region, and as an international one without `+` where that fails - or
    first of all, where they begin with one of `calling_codes` and make a mobile. Kinds that cannot be told
    apart from a mobile (US, CA) are taken. An accepted number's `e164` parses to itself, whatever the region.
    """
    home = region.upper() if region else None
    if plain := plain_mobile(text, home):
        return plain
    dialled = read_dialled(text)
    if isinstance(dialled, str):
        return _refusal(dialled)
    number = _locate(dialled, home, calling_codes)
    if isinstance(number, str):
        return _refusal(number)
    if number.region == _WORLD:
        return NumberRefusal("not_mobile", _WORLDWIDE, number)
    if number.kind in _TEXTABLE:
        return number
    return _refusal(_REASON_BY_KIND.get(number.kind, "not_mobile"), number)


def _refusal(reason: str, number: PhoneNumber | None = None) -> NumberRefusal:
    sentence = REASONS[reason]
    if number is not None:
        sentence = sentence.format(region=number.region, kind=number.kind.lower().replace("_", " "))
    return NumberRefusal(reason, sentence, number)


def _locate(dialled: Dialled, home: str | None, calling_codes: Collection[int]) -> PhoneNumber | str:
    """The first reading that makes a number that exists; else what is wrong with the most natural one."""
    if not dialled.international and dialled.digits.startswith(tuple(map(str, calling_codes))):
        eager = _look_up(f"+{dialled.digits}", None)
        if isinstance(eager, PhoneNumber) and eager.kind in _TEXTABLE:
            return eager
    reason = ""
    for text, region in _readings(dialled, home):
        found = _look_up(text, region)
        if isinstance(found, PhoneNumber):
            return found
        reason = reason or found
    return reason


def _readings(dialled: Dialled, home: str | None) -> Iterator[tuple[str, str | None]]:
    """What the digits may mean, the most natural first: a text for libphonenumber, and its region."""
    digits = dialled.digits
    if dialled.international:
        yield f"+{digits}", None
        return
    yield digits, home
    if home in _FRENCH_PLAN:
        yield digits, "FR"
    if digits.startswith("00"):
        yield f"+{digits[2:]}", None
    elif not digits.startswith("0"):
        yield f"+{digits}", None


def _look_up(text: str, region: str | None) -> PhoneNumber | str:
    """The number that exists, of any kind, or a reason code."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return "length"
        return "invalid" if text.startswith("+") else "country_needed"
    found = _describe(number) or _describe(_overseas(number))
    if found is not None:
        return found
    return "invalid" if phonenumbers.is_possible_number(number) else "length"


def _describe(number: phonenumbers.PhoneNumber | None) -> PhoneNumber | None:
    if number is None:
        return None
    kind = NumberKind(phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number)))
    region = phonenumbers.region_code_for_number(number)
    if region is None or kind is NumberKind.UNKNOWN:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, region, kind)


def _overseas(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber | None:
    """A French number moved under the overseas code that its block belongs to."""
    national = str(number.national_number)
    if number.country_code != phonenumbers.country_code_for_region("FR"):
        return None
    for blocks, code in _OVERSEAS:
        if national.startswith(blocks):
            return phonenumbers.PhoneNumber(country_code=int(code), national_number=number.national_number)
    return None
