"""A text from a phone goes on by mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hub.inbound.forwarding import forward
from hub.inbound.model import InboundKind, InboundMessage
from hub.inbound.wording import SPEECHES, speech_of
from hub.mailing.postman import read_mail
from hub.mailing.tables import outgoing_mails

if TYPE_CHECKING:
    from hub.accounts.model import AccountSettings
    from hub.mailing.model import OutgoingMail
    from hub.testing.hub import TestHub

MOMENT = datetime(2027, 1, 4, 8, 30, tzinfo=UTC)
REPLY_EMAIL = "reponses@salon.example"


@dataclass
class Desk:
    """A hub whose texts come back, and what is mailed about them."""

    hub: TestHub

    def says(self, **settings: str | None) -> None:
        """Let the account say something of itself."""
        self.hub.account = self.hub.core.accounts.patch_settings(self.hub.account.id, settings)

    def comes(self, **facts: Any) -> bool:
        """A text comes; whether it goes on."""
        text = InboundMessage(
            **{
                "id": "1",
                "connector": "main",
                "kind": InboundKind.TEXT,
                "account_id": self.hub.account.id,
                "campaign_id": None,
                "message_id": None,
                "number": "+33612345678",
                "to": "36180",
                "text": "Oui, à demain !",
                "received_at": MOMENT,
                **facts,
            }
        )
        with self.hub.core.write() as connection:
            return forward(connection, text, self.hub.account, at=self.hub.clock.now())

    def mails(self) -> list[OutgoingMail]:
        """What waits to be sent."""
        with self.hub.core.read() as connection:
            return [read_mail(row.mail) for row in connection.execute(outgoing_mails.select())]

    def asked_by_mail(self) -> dict[str, str]:
        """A campaign that somebody asked for by mail: what a text that answers it says of it."""
        answer = self.hub.send(
            "+33612345678", text="À demain 9 h ?", source="mail", thread="1@salon.example", reply_to="zoe@salon.example"
        )
        return {"campaign_id": answer.campaign_id, "message_id": answer.messages[0].id}


@pytest.fixture
def desk(hub: TestHub) -> Desk:
    """A hub whose account wants answers by mail."""
    made = Desk(hub)
    made.says(reply_email=REPLY_EMAIL)
    return made


def test_a_text_goes_to_the_accounts_address(desk: Desk) -> None:
    """From the person, who can be answered under the sender that they wrote to."""
    assert desk.comes()
    (mail,) = desk.mails()
    assert (mail.to, mail.person, mail.sender, mail.from_name) == (
        REPLY_EMAIL,
        "+33612345678",
        "36180",
        "+33 6 12 34 56 78",
    )


def test_it_says_what_the_person_wrote_first(desk: Desk) -> None:
    """What a mail program shows of it before it is opened."""
    desk.comes()
    assert desk.mails()[0].body.startswith("Oui, à demain !\n\n-- \n")


def test_it_says_who_wrote_when_and_where_to(desk: Desk) -> None:
    """On the person's own clock."""
    desk.comes()
    body = desk.mails()[0].body
    assert "SMS de : +33 6 12 34 56 78\nReçu le : 04/01/2027 à 09:30 (Europe/Paris)\nEnvoyé au : 36180\n" in body


def test_it_says_which_text_was_answered(desk: Desk) -> None:
    """As the phone showed it."""
    desk.comes(**desk.asked_by_mail())
    assert "En réponse à votre SMS : À demain 9 h ?" in desk.mails()[0].body


def test_it_answers_the_mail_that_asked_for_the_campaign(desk: Desk) -> None:
    """So that a mail program shows both together."""
    desk.comes(**desk.asked_by_mail())
    (mail,) = desk.mails()
    assert (mail.in_reply_to, mail.references) == ("<1@salon.example>", ("<1@salon.example>",))


def test_without_an_address_it_goes_to_who_asked_by_mail(hub: TestHub) -> None:
    """They wait for the answer."""
    desk = Desk(hub)
    assert desk.comes(**desk.asked_by_mail())
    assert desk.mails()[0].to == "zoe@salon.example"


def test_the_accounts_address_comes_first(desk: Desk) -> None:
    """It was given for that."""
    desk.comes(**desk.asked_by_mail())
    assert desk.mails()[0].to == REPLY_EMAIL


def test_without_anybody_to_write_to_nothing_is_written(hub: TestHub) -> None:
    """And that is said."""
    desk = Desk(hub)
    campaign = hub.send("+33612345678")
    assert not desk.comes(campaign_id=campaign.campaign_id, message_id=campaign.messages[0].id)
    assert desk.mails() == []


def test_a_text_goes_on_once(desk: Desk) -> None:
    """However often it is brought."""
    assert [desk.comes(), desk.comes()] == [True, True]
    assert len(desk.mails()) == 1


def test_a_persons_texts_have_one_subject(desk: Desk) -> None:
    """Some mail programs thread by it."""
    desk.comes(id=1)
    desk.comes(id=2, text="Encore", **desk.asked_by_mail())
    assert {mail.subject for mail in desk.mails()} == {"SMS de +33 6 12 34 56 78"}


def test_a_name_cannot_be_answered(desk: Desk) -> None:
    """Banks and networks sign with one; the mail says so."""
    desk.comes(number="Free Mobile")
    (mail,) = desk.mails()
    assert (mail.person, mail.from_name, "ne peut pas répondre" in mail.body) == (None, "Free Mobile", True)


def test_a_campaign_that_is_gone_hinders_nothing(desk: Desk) -> None:
    """The text goes on without it."""
    assert desk.comes(campaign_id="01JZ5Y3X6R8W9T2Q4V7N0KMDBE", message_id="01JZ5Y3X6R8W9T2Q4V7N0KMDBE-0")
    assert desk.mails()[0].in_reply_to is None


@pytest.mark.parametrize(
    ("country", "language", "spoken"),
    [
        ("FR", None, "fr"),
        ("BE", None, "fr"),
        ("ES", None, "en"),
        ("FR", "en", "en"),
        ("ES", "fr", "fr"),
        ("FR", "nl", "en"),
    ],
)
def test_it_is_written_in_the_accounts_language(hub: TestHub, country: str, language: str | None, spoken: str) -> None:
    """The one that it asked for, else its country's, else English."""
    settings: AccountSettings = replace(hub.account.settings, language=language)
    assert speech_of(replace(hub.account, country=country, settings=settings)) is SPEECHES[spoken]


def test_a_thread_that_is_too_long_to_keep_is_left_out(hub: TestHub) -> None:
    """The campaign is taken all the same."""
    desk = Desk(hub)
    answer = hub.send("+33612345678", source="mail", thread="x" * 300, reply_to=REPLY_EMAIL)
    assert desk.comes(campaign_id=answer.campaign_id, message_id=answer.messages[0].id)
    assert (desk.mails()[0].in_reply_to, desk.mails()[0].to) == (None, REPLY_EMAIL)


def test_a_thread_does_not_make_another_request(hub: TestHub) -> None:
    """The same key and the same text are the same request, whichever mail it came in."""
    first = hub.send(idempotency_key="k", thread="1@a.example")
    assert hub.send(idempotency_key="k", thread="2@a.example").campaign_id == first.campaign_id
