"""Only mobiles are texted: one example of every kind of number in every country, and of the world's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from hub.sms.model import NumberKind, NumberRefusal, PhoneNumber
from hub.sms.phone import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = [
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
    PhoneNumberType.FIXED_LINE,
]
TEXTED = {NumberKind.MOBILE, NumberKind.FIXED_LINE_OR_MOBILE}
WORLDWIDE = (800, 808, 870, 878, 881, 882, 883, 888, 979)


def examples(kind: int) -> Iterator[str]:
    """An example of that kind from every country that has one, where libphonenumber calls it nothing else."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None and phonenumbers.number_type(number) == kind:
            yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize("kind", REFUSED, ids=PhoneNumberType.to_string)
def test_no_number_of_that_kind_is_texted(kind: int) -> None:
    """Whatever its country, and whoever asks (B16)."""
    numbers = list(examples(kind))
    read = {number: parse_number(number, "FR") for number in numbers}
    assert numbers
    assert [number for number, found in read.items() if not isinstance(found, NumberRefusal)] == []
    assert {found.reason for found in read.values() if isinstance(found, NumberRefusal)} <= {
        "landline",
        "voip",
        "not_mobile",
    }


def test_mobiles_of_every_country_are_read_as_what_they_are() -> None:
    """The other side of the wall."""
    read = [parse_number(number, None) for number in examples(PhoneNumberType.MOBILE)]
    assert len(read) > 200
    assert [found for found in read if not isinstance(found, PhoneNumber) or found.kind not in TEXTED] == []


@pytest.mark.parametrize("code", WORLDWIDE)
def test_what_belongs_to_no_country_is_not_texted(code: int) -> None:
    """Satellite phones among them, which libphonenumber calls mobiles (B16)."""
    number = phonenumbers.example_number_for_non_geo_entity(code)
    assert number is not None
    found = parse_number(phonenumbers.format_number(number, PhoneNumberFormat.E164), "FR")
    assert isinstance(found, NumberRefusal)
    assert (found.reason, "belongs to no country" in found.message) == ("not_mobile", True)
