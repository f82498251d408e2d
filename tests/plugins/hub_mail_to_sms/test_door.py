"""What the door hands on; what it lets in is shown through the listener."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from hub_mail_to_sms.addressees import Addressee
from hub_mail_to_sms.door import Door, Letter, Visit
from hub_mail_to_sms.handler import Delivery, Mailroom
from hub_mail_to_sms.settings import MailSettings


@dataclass
class FakeMailroom:
    """Takes every mail, and remembers how it came."""

    settings: MailSettings = field(default_factory=MailSettings)
    deliveries: list[Delivery] = field(default_factory=list)

    def decide(self, delivery: Delivery) -> str:
        """Take it."""
        self.deliveries.append(delivery)
        return "250 2.0.0 Ok"


def handed_on(*, account: int | None, signed_in: int | None, peer: Any = ("192.0.2.1", 4000)) -> Delivery:
    """What becomes of a mail for `account` in a session where `signed_in` has shown who it is."""
    mailroom = FakeMailroom()

    async def deliver() -> None:
        session, letter = Visit(asyncio.get_running_loop()), Letter()
        session.peer, session.authenticated, session.auth_data = peer, signed_in is not None, signed_in  # type: ignore[assignment]  # aiosmtpd's own types are narrower than what it does
        letter.addressees = [Addressee(account)]
        letter.original_content, letter.mail_from = b"Subject: x\r\n\r\ny", "a@x.example"
        await Door(cast("Mailroom", mailroom)).handle_DATA(cast("Any", None), session, letter)

    asyncio.run(deliver())
    return mailroom.deliveries[0]


@pytest.mark.parametrize(
    ("account", "signed_in", "counts"),
    [(7, 7, True), (7, None, False), (7, 8, False), (None, 8, False), (None, None, False)],
)
def test_a_sign_in_counts_for_the_accounts_own_mail_only(
    account: int | None, signed_in: int | None, *, counts: bool
) -> None:
    """Whatever order the commands came in."""
    assert handed_on(account=account, signed_in=signed_in).signed_in is counts


def test_a_mail_is_handed_on_with_all_that_is_known() -> None:
    """Its bytes, whom it is for, and where it came from."""
    assert handed_on(account=7, signed_in=None) == Delivery(
        raw=b"Subject: x\r\n\r\ny", account_id=7, signed_in=False, peer="192.0.2.1", envelope_from="a@x.example"
    )


def test_a_connection_without_an_address_is_from_nowhere() -> None:
    """Which no network of a front server holds."""
    assert handed_on(account=7, signed_in=None, peer=None).peer == ""
