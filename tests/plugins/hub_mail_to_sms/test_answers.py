"""A person's text becomes a mail, and answering that mail texts them: both ways over real SMTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from hub.contacts.model import SuppressionKind
from hub.inbound.forwarding import forward
from hub.inbound.model import InboundKind, InboundMessage
from hub.inbound.reply_address import Conversation, reply_address
from hub.messages.tables import campaigns
from hub.testing.relay import Relay

from .conftest import DOMAIN, WITH_TLS, a_mail, answer_to, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.testing.relay import TakenMail

    from .conftest import Listener

PERSON = "+33612345678"
ZOE = "zoe@salon.example"


@pytest.fixture
def relay() -> Iterator[Relay]:
    """The mail server of the people who are written to."""
    with Relay() as made:
        yield made


@dataclass
class Round:
    """A listener and a relay: what goes around between mail and phones."""

    listener: Listener
    relay: Relay
    texts: int = 0

    def text_comes(self, words: str, campaign_id: str | None = None) -> TakenMail:
        """A person texts, and the text goes on: the mail that arrives."""
        hub = self.listener.hub
        self.texts += 1
        message = InboundMessage(
            id=str(self.texts),
            connector="main",
            kind=InboundKind.TEXT,
            account_id=hub.account.id,
            campaign_id=campaign_id,
            message_id=f"{campaign_id}-0" if campaign_id else None,
            number=PERSON,
            to="36180",
            text=words,
            received_at=datetime(2027, 1, 4, 8, 30, tzinfo=UTC),
        )
        with hub.core.write() as connection:
            assert forward(connection, message, hub.core.account(hub.account.id), at=hub.clock.now())
        assert hub.core.postman.send_due() == 1
        return self.relay.mails[-1]

    def latest_campaign(self) -> Any:
        """What was accepted last."""
        with self.listener.hub.core.read() as connection:
            return connection.execute(select(campaigns).order_by(campaigns.c.id.desc()).limit(1)).one()


def test_a_conversation_goes_around(listen_on_both: Callable[..., Listener], relay: Relay) -> None:
    """Mail, text, answer, mail, answer, text, answer, mail: each thread ends where it should, on both databases."""
    listener = listen_on_both(**{f"smtp__{name[9:].lower()}": value for name, value in relay.environ().items()})
    talk, hub = Round(listener, relay), listener.hub
    said_first = listener.deliver(
        a_mail("06 12 34 56 78", "À demain 9 h ?", sender=ZOE, message_id="<1@salon.example>")
    )
    assert said_first.startswith("250 2.0.0 Ok: 1 accepted")
    hub.drain()

    mail = talk.text_comes("Plutôt 10 h", talk.latest_campaign().id)
    assert (mail.to, mail.message["In-Reply-To"]) == ((ZOE,), "<1@salon.example>")

    raw, to = answer_to(mail, "D'accord, 10 h.", "<2@salon.example>")
    said_next = listener.deliver(raw, to=to, sender=ZOE)
    assert said_next.startswith("250 2.0.0 Ok: 1 accepted")
    hub.drain()
    sent = hub.carrier.taken[-1]
    assert (sent.to, sent.sender, sent.text, sent.purpose) == (PERSON, "36180", "D'accord, 10 h.", "alert")

    last = talk.text_comes("Merci !", talk.latest_campaign().id)
    assert (last.to, last.message["In-Reply-To"]) == ((ZOE,), "<2@salon.example>")
    assert last.message["Subject"] == mail.message["Subject"]


@dataclass
class Door:
    """A listener, and the address of one conversation."""

    listener: Listener

    def address(self, number: str = PERSON, sender: str | None = "36180", account: int | None = None) -> str:
        """Where that person is answered."""
        hub = self.listener.hub
        talk = Conversation(account or hub.account.id, number, sender)
        return f"{reply_address(hub.core.vault, talk)}@{DOMAIN}"

    def answer(self, words: str = "D'accord", **facts: Any) -> str:
        """Answer that person: what the listener says."""
        to, sender = facts.pop("to", None) or self.address(), facts.pop("envelope", ZOE)
        subject = facts.pop("subject", "Re: SMS")
        return self.listener.deliver(a_mail(subject, words, **{"sender": ZOE, **facts}), to=to, sender=sender)

    def sent_to(self) -> list[str]:
        """Whom texts were accepted for."""
        with self.listener.hub.core.read() as connection:
            return sorted(connection.execute(sql("SELECT recipient FROM messages")).scalars())


@pytest.fixture
def door(listen: Callable[..., Listener]) -> Door:
    """A listener that goes by addresses."""
    return Door(listen())


def test_whoever_has_the_address_may_answer(door: Door) -> None:
    """It cannot be guessed."""
    assert door.answer(sender="autre@salon.example").startswith("250 2.0.0 Ok: 1 accepted")
    assert door.sent_to() == [PERSON]


def test_an_address_that_was_made_up_is_nobodys(door: Door) -> None:
    """Even with one letter changed."""
    local_part, _, domain = door.address().partition("@")
    changed = local_part[:-1] + ("a" if local_part[-1] != "a" else "b")
    assert door.answer(to=f"{changed}@{domain}").startswith("550 5.1.1")


def test_capitals_in_the_address_do_not_count(door: Door) -> None:
    """Mail systems change them."""
    assert door.answer(to=door.address().upper()).startswith("250")


def test_options_and_numbers_in_the_subject_are_not_read(door: Door) -> None:
    """It is that of a conversation."""
    answer = door.answer(subject="Re: [marketing] [at=2020-01-01 09:00] 06 98 76 54 32 [x]")
    assert (answer[:3], door.sent_to()) == ("250", [PERSON])


def test_an_answer_without_words_is_refused(door: Door) -> None:
    """A quote alone says nothing new."""
    assert door.answer("> Bonjour").startswith("554 5.6.0 There is no text")


def test_the_same_mail_texts_once(door: Door) -> None:
    """Mail servers repeat."""
    answers = [door.answer(message_id="<2@salon.example>") for _ in range(2)]
    assert (answers[1].startswith("250 2.0.0 Ok: duplicate"), door.sent_to()) == (True, [PERSON])


def test_one_mail_to_two_people_may_come_in_two_pieces(door: Door) -> None:
    """Each of them is texted."""
    for number in (PERSON, "+33698765432"):
        assert door.answer(message_id="<2@salon.example>", to=door.address(number)).startswith("250 2.0.0 Ok: 1 acc")
    assert door.sent_to() == [PERSON, "+33698765432"]


def test_one_mail_to_two_people_may_come_in_one(door: Door) -> None:
    """Both are texted."""
    with door.listener.client() as client:
        client.mail(ZOE)
        codes = [client.rcpt(door.address(number))[0] for number in (PERSON, "+33698765432")]
        assert (codes, said(client.data(a_mail("Re: SMS")))[:24]) == ([250, 250], "250 2.0.0 Ok: 2 accepted")


def test_people_who_wrote_to_different_numbers_get_mails_of_their_own(door: Door) -> None:
    """A text comes from one sender; the mail server sends the rest again by itself."""
    with door.listener.client() as client:
        client.mail(ZOE)
        answers = [client.rcpt(door.address(sender=sender))[0] for sender in ("36180", "36181")]
    assert answers == [250, 452]


def test_two_accounts_are_not_mixed(door: Door) -> None:
    """As in any other mail."""
    with door.listener.client() as client:
        client.mail(ZOE)
        answers = [client.rcpt(to)[0] for to in (door.listener.address, door.address(account=99))]
    assert answers == [250, 452]


@pytest.mark.parametrize(
    ("fields", "envelope"),
    [
        ({"Auto_Submitted": "auto-replied"}, ZOE),
        ({"X_Autoreply": "yes"}, ZOE),
        ({"Precedence": "bulk"}, ZOE),
        ({"List_Id": "<liste.example>"}, ZOE),
        ({}, ""),
        ({"sender": "MAILER-DAEMON@salon.example"}, ZOE),
    ],
)
def test_what_a_machine_answers_texts_nobody(door: Door, fields: dict[str, str], envelope: str) -> None:
    """Absence notes and bounces would go around for ever."""
    assert door.answer(envelope=envelope, **fields).startswith("250 2.0.0 Ok: nothing sent")
    assert door.sent_to() == []


def test_the_hubs_own_mail_texts_nobody(listen: Callable[..., Listener], relay: Relay) -> None:
    """Where a mailbox sends everything on to where it came from."""
    environ = {f"smtp__{name[9:].lower()}": value for name, value in relay.environ().items()}
    talk = Round(listen(**environ), relay)
    talk.listener.hub.core.accounts.patch_settings(talk.listener.hub.account.id, {"reply_email": ZOE})
    mail = talk.text_comes("Oui")
    to = mail.message["Reply-To"].addresses[0].addr_spec
    assert "own_loop" in talk.listener.deliver(mail.raw, to=to, sender="hub@sms.example")


def test_who_wants_no_texts_is_not_answered(door: Door) -> None:
    """And who tried hears why."""
    hub = door.listener.hub
    hub.core.suppressions.add(hub.account.id, PERSON, SuppressionKind.OPT_OUT, source="test")
    assert door.answer().startswith("554 5.7.1")


def test_answers_count_as_mails(listen: Callable[..., Listener]) -> None:
    """A leaked address empties no account."""
    door = Door(listen(mails_per_minute=2))
    assert [door.answer()[:3] for _ in range(3)] == ["250", "250", "450"]


def test_a_sender_that_is_not_known_gives_way(door: Door) -> None:
    """The person is texted, from the hub's own number."""
    assert door.answer(to=door.address(sender=None)).startswith("250")
    door.listener.hub.drain()
    assert door.listener.hub.carrier.taken[-1].sender == "36180"


# --- where people sign in ---


def test_an_answer_needs_no_sign_in(listen: Callable[..., Listener]) -> None:
    """It comes from a mail server, which has no account."""
    door = Door(listen(accept="auth", **WITH_TLS))
    assert door.answer().startswith("250 2.0.0 Ok: 1 accepted")


def test_everything_else_does(listen: Callable[..., Listener]) -> None:
    """The secret address, and a number alone."""
    door = Door(listen(accept="auth", **WITH_TLS))
    answers = [door.answer(to=to)[:9] for to in (door.listener.address, f"33612345678@{DOMAIN}", f"sms@{DOMAIN}")]
    assert answers == ["530 5.7.0"] * 3


def signed_in(door: Door, to: str) -> str:
    """Sign in, and write to that address: what the listener says."""
    hub = door.listener.hub
    with door.listener.client() as client:
        client.login(str(hub.account.id), hub.token)
        return door.listener.deliver_over(client, a_mail("Bonjour", sender=ZOE), to=to)


@pytest.mark.parametrize("written", ["33612345678", "+33612345678", "0612345678"])
def test_who_signs_in_may_write_to_a_number(door: Door, written: str) -> None:
    """As a mail program's address book has it."""
    assert signed_in(door, f"{written}@{DOMAIN}").startswith("250 2.0.0 Ok: 1 accepted")
    assert door.sent_to() == [PERSON]


def test_another_accounts_conversation_stays_its_own(door: Door) -> None:
    """Who signs in for one account does not answer for another."""
    assert signed_in(door, door.address(account=99)).startswith("550 5.1.1")


def test_a_number_alone_proves_nothing(door: Door) -> None:
    """Anybody knows it."""
    assert door.answer(to=f"33612345678@{DOMAIN}").startswith("550 5.7.1 A number alone")


def test_a_number_is_taken_beside_the_secret_address(door: Door) -> None:
    """Which says who pays."""
    with door.listener.client() as client:
        client.mail(ZOE)
        codes = [client.rcpt(to)[0] for to in (door.listener.address, f"33612345678@{DOMAIN}")]
        answer = said(client.data(a_mail("Bonjour")))
    assert (codes, answer[:24], door.sent_to()) == ([250, 250], "250 2.0.0 Ok: 1 accepted", [PERSON])


def test_a_conversation_opens_no_other_number(door: Door) -> None:
    """Whoever has one address may text one person."""
    with door.listener.client() as client:
        client.mail(ZOE)
        codes = [client.rcpt(to)[0] for to in (door.address(), f"33698765432@{DOMAIN}")]
    assert codes == [250, 550]


# --- where the account's own addresses count ---


def test_where_only_known_addresses_may_answer_others_are_refused(listen: Callable[..., Listener]) -> None:
    """A forwarded mail gives nothing away then."""
    door = Door(listen(answers="known"))
    hub = door.listener.hub
    hub.core.accounts.patch_settings(hub.account.id, {"reply_email": "Reponses@salon.example"})
    door.listener.addresses.allow(hub.account.id, "allowed@salon.example")
    senders = ("reponses@salon.example", "allowed@salon.example", "autre@salon.example")
    assert [door.answer(sender=sender)[:3] for sender in senders] == ["250", "250", "550"]


def test_where_senders_are_verified_an_answer_is_too(listen: Callable[..., Listener]) -> None:
    """The account's own address, when a trusted server says that it is genuine."""
    door = Door(listen(accept="verified", trusted_server="mx.example", trusted_networks="127.0.0.0/8"))
    hub = door.listener.hub
    hub.core.accounts.patch_settings(hub.account.id, {"reply_email": ZOE})
    passed = "mx.example; dmarc=pass header.from=salon.example"
    answers = [
        door.answer(Authentication_Results=passed),
        door.answer(),
        door.answer(sender="autre@salon.example", Authentication_Results=passed),
    ]
    assert [answer[:3] for answer in answers] == ["250", "550", "550"]


# --- what a mail leaves behind for the answers to it ---


def test_a_mail_says_where_answers_to_it_go(door: Door) -> None:
    """Its Message-ID, and who wrote it."""
    door.listener.deliver(a_mail(sender=ZOE, message_id="<1@salon.example>"))
    row = Round(door.listener, Relay()).latest_campaign()
    assert (row.thread, row.reply_to) == ("1@salon.example", ZOE)


def test_a_message_id_that_was_too_long_to_keep_threads_nothing(door: Door) -> None:
    """Its digest is nobody's Message-ID."""
    door.listener.deliver(a_mail(sender=ZOE, message_id=f"<{'x' * 300}@salon.example>"))
    row = Round(door.listener, Relay()).latest_campaign()
    assert (row.thread, row.reply_to) == (None, ZOE)
