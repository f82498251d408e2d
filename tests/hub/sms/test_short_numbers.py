from __future__ import annotations

import pytest

from hub.sms.short_numbers import country_of, is_short_number


@pytest.mark.parametrize(
    ("text", "region"), [("112", "FR"), ("15", "FR"), ("36180", "FR"), ("3 61 80", "FR"), ("8850", "BE"), ("911", "US")]
)
def test_what_is_dialled_as_it_is_is_a_short_number(text: str, region: str) -> None:
    """Emergency services, and short codes of services."""
    assert is_short_number(text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [("", "FR"), ("abc", "FR"), ("12", "FR"), ("+33112", "FR"), ("0612345678", "FR"), ("9" * 30, "FR"), ("112", "ZZ")],
)
def test_what_is_dialled_otherwise_is_none(text: str, region: str) -> None:
    """Whole numbers, numbers with a calling code, and what is no number."""
    assert not is_short_number(text, region)


@pytest.mark.parametrize(
    ("text", "home", "country"),
    [
        ("0612", "FR", "FR"),
        ("+3361234", "BE", "FR"),
        ("+1", "FR", "US"),
        ("+590690", "FR", "GP"),
        ("+870773", "FR", None),
        ("+999", "FR", None),
        ("0612", "ZZ", None),
        ("abc", "FR", None),
    ],
)
def test_a_number_is_of_its_calling_codes_country_else_of_home(text: str, home: str, country: str | None) -> None:
    """However few digits it has; satellites and services of the whole world are of none."""
    assert country_of(text, home) == country
