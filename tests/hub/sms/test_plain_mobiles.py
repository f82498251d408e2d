"""The shortcut for plain mobiles must agree with the full parse."""

import itertools

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.model import NumberKind, PhoneNumber
from hub.sms.plain_mobiles import plain_mobile

HOMES = [("FR", "33", "67"), ("BE", "32", "4"), ("CH", "41", "7")]
DIGITS = "0123456789"


def _full(text: str, region: str) -> PhoneNumber:
    number = phonenumbers.parse(text, region)
    return PhoneNumber(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        str(phonenumbers.region_code_for_number(number)),
        NumberKind(phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))),
    )


@pytest.mark.parametrize(("region", "code", "firsts"), HOMES, ids=[home[0] for home in HOMES])
def test_every_block_that_it_answers_for_is_a_mobile(region: str, code: str, firsts: str) -> None:
    """Block by block of a hundred thousand numbers, in each form: more than libphonenumber tells apart."""
    answered = 0
    for block in map("".join, itertools.product(firsts, DIGITS, DIGITS, DIGITS)):
        for text in (f"0{block}34567", f"{code}{block}89012", f"+{code}{block}00000"):
            if shortcut := plain_mobile(text, region):
                answered += 1
                assert shortcut == _full(text, region)
    assert answered > 500


@pytest.mark.parametrize("text", ["06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "+33 6 12 34 56 78"])
def test_pairs_of_digits_are_plain(text: str) -> None:
    """As the French write them."""
    assert plain_mobile(text, "FR") == PhoneNumber("+33612345678", "FR", NumberKind.MOBILE)


@given(
    st.one_of(
        st.from_regex(r"(0|\+33 )[67]([ .-][0-9]{2}){4}", fullmatch=True),
        st.from_regex(r"(0|\+?33|\+?32|\+?41)[467][0-9]{8}", fullmatch=True),
        st.text(st.sampled_from("+0123467 \u0666"), max_size=13),
    ),
    st.sampled_from(["FR", "BE", "CH", "DE", "US", "RE"]),
)
def test_what_it_answers_is_what_the_full_parse_says(text: str, region: str) -> None:
    """Whatever the region, whatever the text."""
    shortcut = plain_mobile(text, region)
    assert shortcut is None or shortcut == _full(text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("0612345678", "DE"),
        ("0612345678", None),
        ("33612345678", "BE"),
        ("612345678", "FR"),
        ("0612345678\n", "FR"),
        ("+3361234567", "FR"),
        ("+33 612345678", "FR"),
        ("06 12.34 56 78", "FR"),
        ("06 12 34 56 78", "US"),
        ("06 12 34 56 78 ", "FR"),
        ("06  12 34 56 78", "FR"),
        ("061234567\u0668", "FR"),
        ("+3361234567\u0668", "FR"),
    ],
)
def test_it_leaves_everything_else_to_the_full_parse(text: str, region: str | None) -> None:
    """Only exact E.164, and bare digits with the region's own prefix, are plain."""
    assert plain_mobile(text, region) is None
