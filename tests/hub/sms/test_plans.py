"""Which countries are home."""

from __future__ import annotations

from itertools import combinations

import phonenumbers
import pytest

from hub.sms.plans import _PLANS, home_plan


@pytest.mark.parametrize(
    ("country", "plan"),
    [
        ("FR", {"FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF"}),
        ("RE", {"FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF"}),
        ("BE", {"BE"}),
        ("GB", {"GB", "GG", "JE", "IM"}),
        ("NC", {"NC"}),
    ],
)
def test_a_country_s_plan_is_what_it_dials_without_a_code(country: str, plan: set[str]) -> None:
    """France with its overseas departments, and not New Caledonia, which has a plan of its own."""
    assert home_plan(country) == plan


def test_the_united_states_are_not_at_home_in_the_caribbean() -> None:
    """The same calling code, and often the price of a satellite."""
    assert home_plan("US").isdisjoint({"JM", "DO", "BS", "CA"})


def test_no_country_is_of_two_plans() -> None:
    """Or the order of the table would decide."""
    assert [pair for pair in combinations(_PLANS, 2) if pair[0] & pair[1]] == []


def test_every_country_of_a_plan_is_one() -> None:
    """A slip of the pen would shut somebody out."""
    assert frozenset().union(*_PLANS) <= phonenumbers.SUPPORTED_REGIONS
