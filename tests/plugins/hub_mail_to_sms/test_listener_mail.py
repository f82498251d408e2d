"""Mails as real programs write them, through the whole door: what stands in the database is what was meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from .conftest import a_mail, start_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.testing.databases import Databases

    from .conftest import Listener

    Listen = Callable[..., Listener]

MAILS = Path(__file__).parent / "mails"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((MAILS / "expected.toml").read_text(encoding="utf-8"))


def stored(name: str) -> bytes:
    """A stored mail as it stands on the wire, to numbers that exist: those in it are kept free for stories."""
    subject = EXPECTED[name]["numbers"].replace("6 39 98", "6 12 34").replace("63998", "61234")
    mail = (MAILS / f"{name}.eml").read_bytes()
    mail = re.sub(rb"^Subject:.*\n(?:[ \t].*\n)*", f"Subject: {subject}\n".encode(), mail, flags=re.MULTILINE)
    return mail.replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def roomy(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """A listener that takes long texts, and many from one sender."""
    settings = {"messages__max_segments": 20, "mails_per_minute": 1000, "mails_per_minute_per_sender": 1000}
    started = start_listener(databases.fresh("sqlite"), tmp_path_factory.mktemp("roomy"), settings)
    yield started
    started.service.stop()
    started.hub.core.close()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_programs_mail_becomes_the_text_that_was_meant(roomy: Listener, name: str) -> None:
    """Signature, quotes and disclaimers gone; what cannot be sent is refused with a reason (B46)."""
    answer = roomy.deliver(stored(name))
    campaign = re.search(r"campaign (\w+)", answer)
    text = roomy.hub.core.campaign(roomy.hub.account.id, campaign[1]).text if campaign else ""
    assert (answer[:3], text) == ("250" if text else "554", EXPECTED[name]["text"])


def test_the_yes_names_what_was_taken_and_what_was_not(listener: Listener) -> None:
    """Numbers, reasons, segments, credits, campaign - in one line."""
    answer = listener.deliver(a_mail("06 12 34 56 78, 07 49 12 34 56 / 01 23 45 67 89"))
    taken, blocked, cost, campaign = answer.split("; ")
    assert taken == "250 2.0.0 Ok: 2 accepted (+33612345678, +33749123456)"
    assert blocked == "1 blocked (01 23 45 67 89: landline)"
    assert cost == "2 segments, 2 credits"
    assert campaign.startswith("campaign 01")


def test_an_attachment_is_left_out_and_named(listen: Listen) -> None:
    """The sender hears that it was not sent."""
    name = next(name for name, expected in EXPECTED.items() if any("attachment" in note for note in expected["notes"]))
    assert "attachment ignored: " in listen().deliver(stored(name))


TEXT = b"Subject: 0612345678\r\nContent-Type: text/%b\r\n"


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (b"Message-ID: <[x]@microsoft.com>\r\nSubject: 0612345678\r\n\r\nBonjour\r\n", "Bonjour"),
        (TEXT % b"plain; charset=x-unknown" + b"\r\n\xc3\xa9t\xc3\xa9\r\n", "été"),
        (TEXT % b"plain; charset=idna" + b"\r\nBonjour\r\n", "Bonjour"),
        (TEXT % b"plain; charset=us-ascii" + b"\r\n\xe9t\xe9\r\n", "été"),
        (TEXT % b"plain" + b"Content-Transfer-Encoding: base64\r\n\r\nQm9uam91cg=\r\n", "Bonjour"),
        (TEXT % b"plain" + b"Content-Transfer-Encoding: base64\r\n\r\nQm9uam91cg==\r\n-- \r\nliste\r\n", "Bonjour"),
        (TEXT % b"plain" + b"Content-Transfer-Encoding: quoted-printable\r\n\r\nBon=6Aour =XY=\r\n", "Bonjour =XY"),
        (TEXT % b"plain" + b"Content-Transfer-Encoding: x-unknown\r\n\r\nBonjour\r\n", "Bonjour"),
        (TEXT % b"html; charset=utf-8" + b"\r\n<p>Bon<b>jour</b>\r\n", "Bonjour"),
        (TEXT % b"plain" + b"\r\n \r\n", None),
        (TEXT % b"calendar" + b"\r\nBEGIN:VCALENDAR\r\n", None),
        (b"Subject: 0612345678\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx\r\n", None),
        (b"Subject: 0612345678\r\nContent-Type: application/pkcs7-mime\r\n\r\nx\r\n", None),
    ],
)
def test_odd_but_real_mail_is_read_or_its_part_is_named(listen: Listen, mail: bytes, text: str | None) -> None:
    """The best that can be made of it, or 554 with a sentence; never an exception (B46)."""
    listener = listen()
    answer = listener.deliver(mail)
    assert (answer[:9], listener.texts()) == (("250 2.0.0", [text]) if text else ("554 5.6.0", []))


@pytest.mark.parametrize(
    "subject",
    [
        "06 12 34 56 78, 07 49 12 34 56",
        "0612345678;0749123456",
        "06.12.34.56.78 / 07-49-12-34-56",
        "+33 6 12 34 56 78 0033 7 49 12 34 56",
        "Re: TR : Fwd: (06) 12 34 56 78 et 07 49 12 34 56",
        "=?utf-8?b?MDYgMTIgMzQgNTYgNzgsIDA3IDQ5IDEyIDM0IDU2?=",
        "[alert] 0612345678, 0749123456, 0612345678",
    ],
)
def test_numbers_are_found_however_they_are_written(listener: Listener, subject: str) -> None:
    """Two of them, each once."""
    answer = listener.deliver(f"Subject: {subject}\r\n\r\nBonjour\r\n".encode())
    assert answer.startswith("250 2.0.0 Ok: 2 accepted (+33612345678, +33749123456)")


@pytest.mark.parametrize(
    ("mail", "answer"),
    [
        (a_mail("Bonjour Hélène"), '554 5.1.3 There is no phone number: the subject reads "Bonjour Helene".'),
        (a_mail(""), "554 5.1.3 There is no phone number: the subject is empty."),
        (b"\r\nBonjour\r\n", "554 5.1.3 There is no phone number: the subject is empty."),
        (a_mail("01 23 45 67 89"), "554 5.1.3 01 23 45 67 89: This is a landline of FR"),
        (a_mail("1234"), "554 5.1.3 1234: "),
        (a_mail(text=""), "554 5.6.0 There is no text in this mail."),
        (a_mail(text="-- \nSalon Exemple"), "554 5.6.0 There is no text in this mail. "),
        (a_mail("[marketting] 0612345678"), '554 5.5.4 "[marketting]" is no option; did you mean [marketing]?'),
        (a_mail("[at=demain] 0612345678"), "554 5.5.4 "),
        (a_mail("[at=2020-01-01 10:00] 0612345678"), "554 5.5.4 2020-01-01"),
        (a_mail("[marketing] +1 212 555 0123"), "554 5."),
        (a_mail(text="x" * 5000), "554 5.2.3 The text has 5000 characters"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason(listener: Listener, mail: bytes, answer: str) -> None:
    """The sender reads it in the bounce."""
    assert listener.deliver(mail).startswith(answer)


def test_an_account_without_credits_is_told_so(listen: Listen) -> None:
    """Nothing of the mail is kept."""
    listener = listen()
    listener.hub.core.accounts.add_credits(listener.hub.account.id, -1000)
    assert listener.deliver(a_mail()) == "554 5.2.2 This costs 1 credits and the account has 0 left."
    assert listener.texts() == []


def test_a_locked_account_sends_nothing(listen: Listen) -> None:
    """Its address is known, and that is all."""
    listener = listen()
    listener.hub.core.accounts.lock(listener.hub.account.id, locked=True)
    assert listener.deliver(a_mail()).startswith("554 5.7.1 This account is locked")


def test_a_renewed_address_replaces_the_old_one_at_once(listen_on_both: Listen) -> None:
    """The leaked one is worth nothing from the next RCPT on, even on an open connection."""
    listener = listen_on_both()
    with listener.client() as client:
        renewed = listener.addresses.renew(listener.hub.account.id)
        old = listener.deliver_over(client, a_mail())
        new = listener.deliver_over(client, a_mail(), to=renewed)
    assert (old[:9], new[:9]) == ("550 5.1.1", "250 2.0.0")


@pytest.mark.parametrize(
    ("mail", "sender", "reason"),
    [
        (a_mail(), "", "null_sender"),
        (a_mail(Auto_Submitted="auto-replied"), "a@client.example", "auto_submitted"),
        (a_mail(Precedence="bulk"), "a@client.example", "bulk"),
        (a_mail(List_Id="<list.client.example>"), "a@client.example", "mailing_list"),
        (a_mail(X_Textohub_Loop="1"), "a@client.example", "own_loop"),
        (a_mail(sender="no-reply@client.example"), "a@client.example", "robot_sender"),
        (a_mail(), "MAILER-DAEMON@client.example", "robot_sender"),
    ],
)
def test_what_a_machine_wrote_is_dropped_without_a_fuss(
    listen: Listen, said_in_the_log: list[dict[str, Any]], mail: bytes, sender: str, reason: str
) -> None:
    """A yes, so that no bounce starts a loop; nothing is sent, and the log has the reason (B47)."""
    listener = listen()
    answer = listener.deliver(mail, sender=sender)
    assert (answer, listener.texts()) == (f"250 2.0.0 Ok: nothing sent, a machine wrote this ({reason}).", [])
    assert {"event": "mail_dropped", "reason": reason}.items() <= said_in_the_log[-1].items()


def test_options_of_the_subject_reach_the_campaign(listen: Listen) -> None:
    """Purpose, sender and time; a time without a zone is the hub's own."""
    listener = listen(hub__timezone="Europe/Paris")
    listener.deliver(a_mail("[marketing; sender=ACME; at=2026-12-01 10:30] 0612345678"))
    (campaign,) = listener.hub.core.campaigns.latest(listener.hub.account.id)
    assert (campaign.purpose, campaign.sender, campaign.send_at and campaign.send_at.isoformat()) == (
        "marketing",
        "ACME",
        "2026-12-01T09:30:00+00:00",
    )


def test_without_an_option_the_purpose_is_the_settings_own(listen: Listen) -> None:
    """Most mails are alerts; an operator may see that otherwise."""
    listener = listen(purpose="marketing")
    listener.deliver(a_mail())
    assert listener.hub.core.campaigns.latest()[0].purpose == "marketing"


def test_marketing_at_night_waits_and_says_until_when(listen: Listen) -> None:
    """The yes names the lawful hour."""
    listener = listen()
    listener.hub.clock.advance(hours=14)
    answer = listener.deliver(a_mail("[marketing] 0612345678"))
    assert "1 to FR wait until 2026-11-2" in answer


def test_a_mail_comes_from_the_mail_door(listen: Listen) -> None:
    """As lists and reports show it."""
    listener = listen()
    listener.deliver(a_mail())
    assert listener.hub.core.campaigns.latest()[0].source == "mail"


def test_a_mail_costs_one_commit_and_few_questions(listen: Listen) -> None:
    """Each commit waits for the disk; asked are whose address, which account, whether it came before, who said stop."""
    listener = listen()
    listener.deliver(a_mail())  # what is asked once
    begun: list[object] = []
    committed: list[object] = []
    event.listen(listener.hub.core.store.engine, "begin", begun.append)
    event.listen(listener.hub.core.store.engine, "commit", committed.append)
    assert listener.deliver(a_mail(message_id="<1@salon.example>")).startswith("250")
    assert (len(committed), len(begun) <= 5) == (1, True)
