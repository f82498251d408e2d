"""Reading phone numbers as people type and export them."""

import string

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.model import NumberKind, NumberRefusal, PhoneNumber
from hub.sms.phone import REASONS, parse_number
from hub.sms.phone_text import Dialled, read_dialled

REGIONS = st.sampled_from([None, "FR", "BE", "CH", "DE", "US", "IT", "RE", "NC", "ZZ"])
NUMBERISH = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from(string.digits + "+ ().-/,;E\u202f\u00a0\u200b'x"), max_size=30),
    st.from_regex(r"(\+|00|0)?[1-9][0-9]{6,13}", fullmatch=True),
)


def _e164(text: str, region: str | None, *calling_codes: int) -> str:
    outcome = parse_number(text, region, calling_codes=calling_codes)
    assert isinstance(outcome, PhoneNumber), outcome
    return outcome.e164


def _reason(text: str, region: str | None = "FR") -> str:
    outcome = parse_number(text, region)
    assert isinstance(outcome, NumberRefusal), outcome
    return outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        "06.12.34.56.78",
        "06/12/34/56/78",
        "06\u201312\u201334\u201356\u201378",
        "06\u202f12\u00a034\u200956 78",
        "\ufeff0612345678\u200b",
        "\u202a+33 6 12 34 56 78\u202c",
        "\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\u0660\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "'0612345678",
        "\u20190612345678",
        '="0612345678"',
        "<+33612345678>",
        "(+33) 6 12 34 56 78",
        "+33 (0) 6 12 34 56 78",
        "+33 (06) 12 34 56 78",
        "++33612345678",
        "00+33612345678",
        "+0612345678",
        "+ 06 12 34 56 78",
        "+0033612345678",
        "tel:+33-6-12-34-56-78",
        "TEL: 0612345678",
        "<tel:0612345678>",
        "33612345678.0",
        "612345678.0",
        "0612345678,00",
        "3.3612345678E+10",
        "3,3612345678e10",
        "+3,3612345678E+10",
        "6,12345678E+08",
        "06 12 34 56 78 ?",
        "0612345678*",
        "\u260e 0612345678",
    ],
)
def test_a_french_mobile_is_read_however_it_is_dressed(text: str) -> None:
    """What phones, spreadsheets and word processors put around the digits says nothing."""
    assert _e164(text, "FR") == "+33612345678"


@pytest.mark.parametrize("text", ["O612345678", "0612345678a", "T 0612345678"])
def test_a_single_letter_beside_the_digits_is_a_slip(text: str) -> None:
    """It cannot be mistaken for a digit."""
    assert _e164(text, "FR") == "+33612345678"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("\ufeff\u200b\u202f", "empty"),
        ("'", "unparsable"),
        ("+", "unparsable"),
        ("maman", "unparsable"),
        ("n/a", "unparsable"),
        ("0O12345678", "unparsable"),
        ("06 12 34 5A6 78", "unparsable"),
        ("*31#0612345678", "unparsable"),
        ("06+12345678", "unparsable"),
        ("06 12 34 56 78 (maman)", "letters"),
        ("Paul 0612345678", "letters"),
        ("Ntel:0612345678", "letters"),
        ("0612345678@example.com", "letters"),
        ("06OO345678", "letters"),
        ("+33612345678;ext=5", "extension"),
        ("06 12 34 56 78 x12", "extension"),
        ("0612345678#5", "extension"),
        ("0612345678,,12", "extension"),
        ("06 12 34 56 78 poste 5", "extension"),
        ("poste 5", "letters"),
        ("3.36E+10", "excel_lossy"),
        ("3,361234567E+10", "excel_lossy"),
        ("3E+10", "excel_lossy"),
        ("3.3612345678E-10", "excel_lossy"),
        ("6", "length"),
        ("00", "length"),
        ("+33", "length"),
        ("112", "length"),
        ("118218", "length"),
        ("06123456789", "length"),
        ("1" * 31, "length"),
        ("9" * 300, "length"),
        ("+" + "9" * 300, "length"),
        ("0" * 5000, "length"),
        ("x" * 5000, "unparsable"),
        ("+999123456789", "invalid"),
        ("0700123456", "invalid"),
        ("0000000000", "invalid"),
        ("0937123456", "voip"),
        ("0976123456", "voip"),
        ("0899123456", "not_mobile"),
        ("0800123456", "not_mobile"),
    ],
)
def test_what_is_no_mobile_is_refused_for_its_reason(text: str, reason: str) -> None:
    """A number is never guessed from letters, nor padded from a rounded one."""
    assert _reason(text) == reason


@pytest.mark.parametrize(
    "text", ["0612345678 0687654321", "0612345678/0687654321", "0612345678 ; 0687654321", "0612345678,0687654321"]
)
def test_two_numbers_are_not_one(text: str) -> None:
    """Taking the first of them silently would lose the second."""
    assert _reason(text) == "unparsable"


@pytest.mark.parametrize(
    ("block", "e164", "region"),
    [
        ("0690123456", "+590690123456", "GP"),
        ("0691231234", "+590691231234", "GP"),
        ("0709001234", "+590709001234", "GP"),
        ("0692123456", "+262692123456", "RE"),
        ("0693123456", "+262693123456", "RE"),
        ("0709201234", "+262709201234", "RE"),
        ("0639012345", "+262639012345", "YT"),
        ("0709351234", "+262709351234", "YT"),
        ("0694201234", "+594694201234", "GF"),
        ("0709301234", "+594709301234", "GF"),
        ("0696201234", "+596696201234", "MQ"),
        ("0697123456", "+596697123456", "MQ"),
        ("0709101234", "+596709101234", "MQ"),
    ],
)
def test_an_overseas_mobile_in_french_form_gets_its_own_calling_code(block: str, e164: str, region: str) -> None:
    """Under 33 these blocks do not exist; both ways of writing them as French are understood."""
    expected = PhoneNumber(e164, region, NumberKind.MOBILE)
    assert parse_number(block, "FR") == expected
    assert parse_number(f"+33{block[1:]}", "BE") == expected


@pytest.mark.parametrize("region", ["GP", "MQ", "GF", "RE", "YT", "BL", "MF"])
@pytest.mark.parametrize(
    ("text", "e164"), [("0612345678", "+33612345678"), ("0692123456", "+262692123456"), ("0696201234", "+596696201234")]
)
def test_the_french_plan_is_dialled_alike_from_overseas(region: str, text: str, e164: str) -> None:
    """A shop in Guadeloupe writes a Parisian's number in ten digits."""
    assert _e164(text, region) == e164


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("32470123456", "FR", "+32470123456"),
        ("41791234567", "FR", "+41791234567"),
        ("262692123456", "FR", "+262692123456"),
        ("33612345678", None, "+33612345678"),
        ("0033612345678", None, "+33612345678"),
        ("0033612345678", "US", "+33612345678"),
        ("+32 (0)470 12 34 56", "FR", "+32470123456"),
        ("+44 (0)7400 123456", None, "+447400123456"),
    ],
)
def test_an_international_number_is_read_without_its_plus(text: str, region: str | None, e164: str) -> None:
    """It is tried when the number does not exist in the region."""
    assert _e164(text, region) == e164


def test_a_region_may_be_written_small() -> None:
    """As browsers and mail programs do."""
    assert _e164("0470123456", "be") == "+32470123456"


@pytest.mark.parametrize("region", [None, "ZZ", ""])
def test_a_national_number_without_a_country_asks_for_one(region: str | None) -> None:
    """A region that is no region helps no more than none."""
    assert _reason("0612345678", region) == "country_needed"


def test_an_enabled_country_is_preferred_where_digits_begin_with_its_code() -> None:
    """A French mobile is also a landline of Germany, to which nobody meant to send a text."""
    assert _reason("33612345678", "DE") == "landline"
    assert _e164("33612345678", "DE", 33, 32) == "+33612345678"


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("687751234", "+687751234"),
        ("687251234", "+33687251234"),
        ("612345678", "+33612345678"),
        ("0687751234", "+33687751234"),
    ],
)
def test_an_enabled_country_is_preferred_only_for_its_mobiles(text: str, e164: str) -> None:
    """And never for digits that begin with 0, or that make no number there."""
    assert _e164(text, "FR", 687, 61) == e164


@pytest.mark.parametrize("text", ["0123456789", "+33 1 23 45 67 89", "0033123456789"])
def test_a_refused_landline_says_which_number_it_is(text: str) -> None:
    """It was recognised, only not as one to text."""
    outcome = parse_number(text, "FR")
    assert isinstance(outcome, NumberRefusal)
    assert outcome.number == PhoneNumber("+33123456789", "FR", NumberKind.FIXED_LINE)


def test_a_refusal_names_the_use_of_the_number() -> None:
    """The sentence is complete: no placeholder is left."""
    outcome = parse_number("0740123456", "CH")
    assert isinstance(outcome, NumberRefusal)
    assert outcome.message == "This is a number of CH for another use (pager): only mobiles receive texts."


@pytest.mark.parametrize("reason", sorted(REASONS.keys() - {"landline", "voip", "not_mobile"}))
def test_other_sentences_need_no_number(reason: str) -> None:
    """Only a recognised number has a region to name."""
    assert REASONS[reason].format() == REASONS[reason]


def test_scientific_notation_that_kept_its_digits_is_read_back_exactly() -> None:
    """As many digits after the point as the exponent says."""
    assert read_dialled("3,3612345678E+10") == Dialled("33612345678", international=False)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS - {"TA"}))
def test_the_example_mobile_of_every_region_parses_to_itself(region: str) -> None:
    """From E.164 and, with its region, from the form people write there (Tristan da Cunha has none)."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert _e164(e164, "FR") == e164
    assert _e164(national, region) == e164


@given(NUMBERISH, REGIONS, REGIONS)
def test_an_accepted_number_parses_to_itself_whatever_the_region(
    text: str, region: str | None, other: str | None
) -> None:
    """E.164 needs no country, and enabled countries do not bend it."""
    outcome = parse_number(text, region)
    if isinstance(outcome, PhoneNumber):
        assert parse_number(outcome.e164, other, calling_codes=(33, 1, 687)) == outcome


@given(NUMBERISH, REGIONS)
def test_every_refusal_has_a_known_reason(text: str, region: str | None) -> None:
    """And no text makes the parser fail."""
    outcome = parse_number(text, region)
    assert isinstance(outcome, PhoneNumber) or outcome.reason in REASONS
