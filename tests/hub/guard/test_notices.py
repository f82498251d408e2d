"""What an account is written when something of it is held."""

from __future__ import annotations

from datetime import datetime
from string import Formatter
from typing import Any

import pytest

from hub.accounts.model import Account, AccountSettings
from hub.guard.model import HoldReason
from hub.guard.notices import HeldPart, hold_mail, language_of
from hub.guard.rules import Found
from hub.guard.sentences import SENTENCES
from hub.testing.clock import A_TUESDAY_MORNING as NOW

PART = HeldPart("01JZ5Y3X6R8W9T2Q4V7N0KMDBE", "api", 12, 24, datetime(2026, 11, 24, 9, 30))  # noqa: DTZ001 - as it is shown
VALUES = {"country": "BE", "cost": 24, "spent": 190, "most": 200}
FOUND = Found(HoldReason.COUNTRY_HOUR, "It costs too much.", VALUES)


def an_account(country: str = "FR", **settings: Any) -> Account:
    """One that has said that of itself."""
    return Account(7, "Salon Exemple", country, NOW, locked=False, settings=AccountSettings(**settings))


def test_it_is_written_to_the_address_for_notices() -> None:
    """Else to the one for answers."""
    told = hold_mail(an_account(notice_email="a@salon.example", reply_email="b@salon.example"), FOUND, PART)
    other = hold_mail(an_account(reply_email="b@salon.example"), FOUND, PART)
    assert (told and told.to, other and other.to) == ("a@salon.example", "b@salon.example")


def test_an_account_without_an_address_is_not_written_to() -> None:
    """There is nowhere to write to."""
    assert hold_mail(an_account(), FOUND, PART) is None


@pytest.mark.parametrize(
    ("country", "said", "language"),
    [
        ("FR", None, "fr"),
        ("RE", None, "fr"),
        ("DE", None, "en"),
        ("FR", "en", "en"),
        ("DE", "fr", "fr"),
        ("IT", "it", "en"),
    ],
)
def test_an_account_is_written_to_in_its_language(country: str, said: str | None, language: str) -> None:
    """Its own word, else its country's; English where neither is known."""
    settings = {} if said is None else {"language": said}
    assert language_of(an_account(country, **settings)) == language


def test_a_french_account_reads_what_is_held_and_why() -> None:
    """With the figures."""
    mail = hold_mail(an_account(notice_email="a@salon.example"), FOUND, PART)
    assert mail is not None
    assert mail.subject == "Vos textos sont retenus : campagne 01JZ5Y3X6R8W9T2Q4V7N0KMDBE"
    assert "Cet envoi coûte 24 crédits vers le pays BE, 190 y ont été envoyés dans l'heure" in mail.body
    assert "(api : 12 message(s), 24 crédit(s)) est retenue depuis le\n24/11/2026 à 09:30" in mail.body


def test_a_mail_is_one_for_each_account_reason_and_day() -> None:
    """A loop fills no mailbox."""
    mail = hold_mail(an_account(notice_email="a@salon.example"), FOUND, PART)
    assert mail is not None
    assert (mail.kind, mail.key) == ("guard_hold", "7/country_hour/2026-11-24")


def test_every_reason_has_the_same_figures_in_every_language() -> None:
    """A translation that asks for another one would break where it is needed."""
    asked = {
        language: {reason: {name for _, name, _, _ in Formatter().parse(said) if name} for reason, said in some.items()}
        for language, some in SENTENCES.items()
    }
    assert asked["fr"] == asked["en"]
    assert asked["en"].keys() == set(HoldReason)
