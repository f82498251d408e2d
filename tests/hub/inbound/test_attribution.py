"""Whose a text is, by what its number was last sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.inbound.attribution import attribute
from hub.testing.clock import A_TUESDAY_MORNING

if TYPE_CHECKING:
    from datetime import datetime

NOW = A_TUESDAY_MORNING
CODE = "36180"


@dataclass(frozen=True)
class Sent:
    """A text that was sent some hours ago."""

    account_id: int
    hours_ago: float
    sender: str = CODE
    position: int = 0

    @property
    def at(self) -> datetime:
        """When."""
        return NOW - timedelta(hours=self.hours_ago)

    @property
    def campaign_id(self) -> str:
        """Of which campaign."""
        return f"campaign of {self.account_id}"


def test_the_latest_text_from_that_sender_is_answered() -> None:
    """Earlier ones of the same account do not make it doubtful."""
    found = attribute([Sent(1, 50), Sent(1, 2, CODE)], CODE, NOW)
    assert (found.text, found.accounts, found.is_ambiguous) == (Sent(1, 2), (1,), False)


def test_of_several_accounts_the_latest_wins_and_it_is_said() -> None:
    """The likeliest first."""
    found = attribute([Sent(1, 30), Sent(2, 1)], CODE, NOW)
    assert (found.text, found.accounts, found.is_ambiguous) == (Sent(2, 1), (2, 1), True)


def test_after_two_days_a_conversation_is_over() -> None:
    """Then only one account can be meant."""
    found = attribute([Sent(1, 48.1), Sent(2, 1)], CODE, NOW)
    assert (found.accounts, found.is_ambiguous) == ((2,), False)


def test_a_late_answer_is_doubtful_when_two_had_texted_about_then() -> None:
    """Counted back from the later of the two."""
    found = attribute([Sent(1, 250), Sent(2, 240), Sent(3, 900)], CODE, NOW)
    assert (found.accounts, found.is_ambiguous) == ((2, 1), True)


@pytest.mark.parametrize("sender", ["SALON", ""])
def test_a_text_from_a_name_is_answered_at_the_short_code(sender: str) -> None:
    """Which is what its mention says; so is one that the carrier has signed."""
    found = attribute([Sent(1, 2, sender)], CODE, NOW)
    assert (found.text, found.accounts) == (Sent(1, 2, sender), (1,))


def test_the_sender_itself_comes_before_names() -> None:
    """However late a name has texted."""
    assert attribute([Sent(1, 30, CODE), Sent(2, 1, "SALON")], CODE, NOW).accounts == (1,)


@pytest.mark.parametrize(("sender", "to"), [("+33700000001", "33700000001"), ("36180", "+36180"), ("0036180", "36180")])
def test_a_plus_makes_no_difference(sender: str, to: str) -> None:
    """Carriers write numbers in more than one way."""
    assert attribute([Sent(1, 2, sender)], to, NOW).text is not None


def test_a_text_to_another_number_is_not_guessed_away() -> None:
    """It answers nothing that was sent; who has texted at all is told, for an opt-out is meant for somebody."""
    found = attribute([Sent(1, 2, "38200"), Sent(2, 5, "38201")], CODE, NOW)
    assert (found.text, found.accounts, found.is_ambiguous) == (None, (1, 2), False)


def test_nobody_is_found_where_nothing_was_sent() -> None:
    """Not even doubtfully."""
    found = attribute([], CODE, NOW)
    assert (found.text, found.accounts) == (None, ())


def test_a_stop_is_for_names_too() -> None:
    """Though the text is that of the sender itself: under a name stands the same short code."""
    found = attribute([Sent(1, 2), Sent(2, 1, "SALON"), Sent(3, 60, "SHOP")], CODE, NOW)
    assert (found.accounts, found.stopped) == ((1,), (1, 2))
