"""A mail as it stands on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mailing.composing import Envelope, compose
from hub.mailing.model import OutgoingMail

if TYPE_CHECKING:
    from email.message import EmailMessage

ENVELOPE = Envelope(
    from_address="33612345678@sms.example",
    from_name="+33 6 12 34 56 78",
    reply_to="33612345678-36180-1-abc@sms.example",
    message_id="<1.abc@sms.example>",
    date=datetime(2027, 1, 4, 9, 30, tzinfo=UTC),
)


def a_mail(**facts: Any) -> OutgoingMail:
    """A mail with these facts."""
    return OutgoingMail(
        **{
            "account_id": 1,
            "kind": "inbound",
            "key": "1",
            "to": "accueil@salon.example",
            "subject": "SMS de +33 6 12 34 56 78",
            "body": "Oui, à demain !",
            **facts,
        }
    )


def arrived(mail: OutgoingMail, envelope: Envelope = ENVELOPE) -> EmailMessage:
    """The mail as its reader's program takes it apart."""
    return message_from_bytes(compose(mail, envelope).as_bytes(), policy=policy.default)


def test_it_is_from_the_person_by_name_and_address() -> None:
    """So a mail program shows who wrote."""
    assert arrived(a_mail())["From"] == "+33 6 12 34 56 78 <33612345678@sms.example>"


def test_its_answers_go_where_they_are_to() -> None:
    """To the address that proves itself."""
    (address,) = arrived(a_mail())["Reply-To"].addresses
    assert address.addr_spec == "33612345678-36180-1-abc@sms.example"


def test_its_text_comes_as_it_was_written() -> None:
    """Accents, euro signs, smileys and the blank behind a signature's mark."""
    body = "Été : 5 € 🙂\n\n-- \nSMS de : Zoé\n"
    assert arrived(a_mail(body=body)).get_content().replace("\r\n", "\n") == body


def test_it_answers_the_mail_that_it_belongs_to() -> None:
    """And names every mail before it, each once."""
    mail = arrived(a_mail(in_reply_to="<b@salon.example>", references=("<a@salon.example>", "<b@salon.example>")))
    assert (mail["In-Reply-To"], mail["References"]) == ("<b@salon.example>", "<a@salon.example> <b@salon.example>")


@pytest.mark.parametrize(
    "name", ["<[x-1]@microsoft.com>", f"<{'AM9PR04MB8' * 9}@eurprd04.prod.outlook.com>", "<a.b..c$d=e@x>"]
)
def test_a_message_id_as_mail_programs_write_it_stays_whole(name: str) -> None:
    """However long and odd: in pieces it would thread nothing."""
    raw = compose(a_mail(in_reply_to=name), ENVELOPE).as_bytes().decode()
    assert f"In-Reply-To: {name}\r\nReferences: {name}\r\n" in raw


def test_no_line_is_longer_than_mail_may_have() -> None:
    """998 letters, and 76 in the body (RFC 5322, RFC 2045)."""
    mail = a_mail(subject="é" * 500, body="mot " * 500, references=tuple(f"<{letter * 240}@b>" for letter in "abcdef"))
    header, _, body = compose(mail, ENVELOPE).as_bytes().partition(b"\r\n\r\n")
    assert max(map(len, header.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("name", ["<a@b>\r\nBcc: x@evil.example", "<a b@c>", "a@b", "<>", f"<{'a' * 300}@b>"])
def test_what_is_no_message_id_is_left_out(name: str) -> None:
    """Strangers' mails bring whatever they like."""
    mail = arrived(a_mail(in_reply_to=name, references=(name,)))
    assert (mail["In-Reply-To"], mail["References"], mail["Bcc"]) == (None, None, None)


def test_it_says_that_a_program_wrote_it() -> None:
    """So that absence notes stay away (RFC 3834)."""
    mail = arrived(a_mail())
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "OOF, AutoReply")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_no_line_of_the_header_can_be_slipped_in(end: str) -> None:
    """Neither by a subject nor by a name."""
    slip = f"SMS{end}Bcc: victim@evil.example"
    mail = arrived(a_mail(subject=slip), Envelope("a@b.example", slip, None, "<1@b.example>", ENVELOPE.date))
    assert (mail["Bcc"], mail.keys().count("Subject")) == (None, 1)


@given(st.text(), st.text(), st.text())
def test_whatever_people_write_becomes_a_mail_with_its_own_header_only(subject: str, name: str, body: str) -> None:
    """Any Unicode at all, halves of characters included."""
    envelope = Envelope("a@b.example", name, None, "<1@b.example>", ENVELOPE.date)
    raw = compose(a_mail(subject=subject, body=body), envelope).as_bytes()
    raw.decode("ascii")
    assert set(message_from_bytes(raw, policy=policy.compat32).keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-Textohub-Loop",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }


def test_a_domain_beyond_ascii_is_written_as_it_stands_on_the_wire() -> None:
    """No mail server needs to know SMTPUTF8 for it."""
    assert arrived(a_mail(to="accueil@café.example"))["To"].addresses[0].domain == "xn--caf-dma.example"


@pytest.mark.parametrize("to", ["", "no address", "a@b, c@d", "a@b\r\nBcc: c@d"])
def test_an_address_that_is_none_is_refused(to: str) -> None:
    """It must not become several, or a line of the header."""
    with pytest.raises(ValueError, match="is no e-mail address"):
        compose(a_mail(to=to), ENVELOPE)
