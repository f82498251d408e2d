"""Mail is kept with what caused it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from hub.mailing.model import MailState, OutgoingMail
from hub.mailing.outbox import post
from hub.mailing.postman import read_mail

if TYPE_CHECKING:
    from hub.testing.hub import TestHub


def a_mail(hub: TestHub, key: str = "1") -> OutgoingMail:
    """A mail of the test's account."""
    return OutgoingMail(hub.account.id, "inbound", key, "a@salon.example", "SMS", "Oui", references=("<a@b>", "<c@d>"))


def test_one_cause_makes_one_mail(hub: TestHub) -> None:
    """Whoever comes again finds it there."""
    with hub.core.write() as connection:
        first = post(connection, [a_mail(hub), a_mail(hub, "2")], hub.clock.now())
        again = post(connection, [a_mail(hub), a_mail(hub, "3")], hub.clock.now())
    assert (first, again, len(hub.core.mails.all())) == (2, 1, 3)


def test_what_is_rolled_back_is_not_sent(hub: TestHub) -> None:
    """No mail without its cause."""
    with pytest.raises(ZeroDivisionError), hub.core.write() as connection:
        assert post(connection, [a_mail(hub)], hub.clock.now()) / 0
    assert hub.core.mails.all() == ()


def test_a_mail_is_read_as_it_was_kept(hub: TestHub) -> None:
    """To the last reference."""
    from sqlalchemy import select

    from hub.mailing.tables import outgoing_mails

    with hub.core.write() as connection:
        post(connection, [a_mail(hub)], hub.clock.now())
        row = connection.execute(select(outgoing_mails)).one()
    assert (read_mail(row.mail), row.state) == (a_mail(hub), MailState.WAITING)


def test_what_a_newer_hub_wrote_beside_it_is_passed_over() -> None:
    """While machines are upgraded one after the other."""
    mail = OutgoingMail(1, "k", "1", "a@b.c", "s", "b")
    assert read_mail(json.dumps(asdict(mail) | {"from_the_future": 1})) == mail
