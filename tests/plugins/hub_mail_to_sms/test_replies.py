from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import (
    Acceptance,
    CampaignState,
    Conflict,
    Fault,
    HubError,
    MessageState,
    MessageView,
    NotAllowed,
    NotEnoughCredits,
    Paused,
    RequestRefused,
    StoreUnavailable,
    TooMany,
)
from hub.errors import NewerDatabase
from hub.sms.phone_parse import REASONS
from hub_mail_to_sms import dialogue_replies, replies
from hub_mail_to_sms.mail import UnreadableMail, UnreadableReason
from hub_mail_to_sms.receiving import Fault as MailFault

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE = re.compile(r"[245]\d\d [245]\.\d{1,3}\.\d{1,3} [ -~]+")
CAMPAIGN = "01M86CH3M0HBJNKA31RQQM1BRA"
END = f"campaign {CAMPAIGN}."


def a_message(to: str, reason: str | None = None) -> MessageView:
    """A message that was accepted, or blocked for that reason."""
    state = MessageState.BLOCKED if reason else MessageState.PENDING
    return MessageView(
        "m", CAMPAIGN, to, state, reason, reason, "36180", "Bonjour", "GSM-7", 1, 1, "FR", None, None, None
    )


def an_answer(*messages: MessageView, **facts: Any) -> Acceptance:
    """The core's answer for these messages."""
    blocked = sum(message.reason is not None for message in messages)
    taken = len(messages) - blocked
    shown: Mapping[str, Any] = {"segments": taken, "credits": taken, **facts}
    return Acceptance(
        CAMPAIGN,
        shown.get("state", CampaignState.ACCEPTED),
        taken,
        blocked,
        messages=messages,
        **{name: value for name, value in shown.items() if name != "state"},
    )


def refusal(*codes: str) -> RequestRefused:
    """A refusal for these reasons."""
    return RequestRefused("No.", faults=[Fault("field", code, f"Because of {code}.") for code in codes])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *((refusal(code), "554 5.1.3") for code in REASONS),
        (refusal("landline", "voip"), "554 5.1.3"),
        (refusal("landline", "opted_out"), "554 5.7.1"),
        (refusal("opted_out"), "554 5.7.1"),
        (refusal("country_not_allowed"), "554 5.7.1"),
        (refusal("marketing_disabled"), "554 5.7.1"),
        (refusal("sender_too_long"), "554 5.7.1"),
        (refusal("too_long"), "554 5.2.3"),
        (refusal("too_many_segments"), "554 5.2.3"),
        (refusal("too_many_recipients"), "554 5.5.3"),
        (refusal("schedule_past"), "554 5.5.4"),
        (refusal("empty_body"), "554 5.6.0"),
        (refusal("never_heard_of"), "554 5.6.0"),
        (refusal("landline", "never_heard_of"), "554 5.6.0"),
        (RequestRefused("No."), "554 5.6.0"),
        (NotAllowed("Locked.", code="account_locked"), "554 5.7.1"),
        (NotEnoughCredits(3, 2), "554 5.2.2"),
        (Paused("Later."), "451 4.3.2"),
        (TooMany("Slowly.", retry_after=timedelta(minutes=1)), "450 4.7.1"),
        (Conflict("Used.", code="idempotency_key_reused"), "554 5.6.0"),
        (StoreUnavailable("locked"), "451 4.3.0"),
        (StoreUnavailable("database or disk is full"), "452 4.3.1"),
        (StoreUnavailable("could not extend file: No space left on device"), "452 4.3.1"),
        (HubError("secret"), "451 4.3.0"),
        (NewerDatabase("secret"), "451 4.3.0"),
    ],
)
def test_each_refusal_has_its_code(error: HubError, code: str) -> None:
    """Permanent where sending again would not help, temporary where it would; RFC 3463 says which."""
    line = replies.refused(error)
    assert line.startswith(f"{code} ")
    assert LINE.fullmatch(line)


@pytest.mark.parametrize(
    ("reason", "code"),
    [(UnreadableReason.TOO_LARGE, "552 5.3.4"), (UnreadableReason.TOO_COMPLEX, "554 5.6.0")],
)
def test_an_unreadable_mail_has_its_code(reason: UnreadableReason, code: str) -> None:
    """Too big, or unreadable in one way or another."""
    assert replies.unreadable(UnreadableMail(reason, "So it is.")) == f"{code} So it is."


@pytest.mark.parametrize("fault", MailFault)
def test_every_fault_has_a_sentence(fault: MailFault) -> None:
    """With its code."""
    assert LINE.fullmatch(replies.faulty(fault, 1024 * 1024))


def test_several_reasons_are_all_told() -> None:
    """Each once."""
    assert replies.refused(refusal("landline", "voip", "landline")).endswith("Because of landline. Because of voip.")


def test_the_hubs_own_troubles_are_never_quoted() -> None:
    """What a database says may hold what was in the mail."""
    assert "secret" not in replies.refused(StoreUnavailable("secret"))
    assert "secret" not in replies.refused(HubError("secret"))


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            an_answer(a_message("+33612345678")),
            "250 2.0.0 Ok: 1 accepted (+33612345678); 1 segment, 1 credit; campaign 01M86CH3M0HBJNKA31RQQM1BRA.",
        ),
        (
            an_answer(a_message("+33612345678"), a_message("0123456789", "landline"), credits=2, segments=2),
            "250 2.0.0 Ok: 1 accepted (+33612345678); 1 blocked (0123456789: landline); 2 segments, 2 credits; " + END,
        ),
        (
            an_answer(*(a_message(f"+3361234567{number}") for number in range(5))),
            "250 2.0.0 Ok: 5 accepted (+33612345670, +33612345671, +33612345672, ...); 5 segments, 5 credits; " + END,
        ),
        (
            an_answer(a_message("+33612345678"), notes=("Signé autrement.",)),
            f"250 2.0.0 Ok: 1 accepted (+33612345678); 1 segment, 1 credit; {END} Signe autrement. signature cut.",
        ),
        (
            an_answer(a_message("+33612345678"), replayed=True),
            "250 2.0.0 Ok: duplicate of 01M86CH3M0HBJNKA31RQQM1BRA, nothing sent again.",
        ),
        (
            an_answer(state=CampaignState.EXPANDING),
            "250 2.0.0 Ok: all numbers taken, to be checked one by one; campaign 01M86CH3M0HBJNKA31RQQM1BRA.",
        ),
    ],
)
def test_a_yes_says_what_was_taken(answer: Acceptance, line: str) -> None:
    """Counts, numbers, reasons, cost, and where to look it up."""
    notes = ("signature cut",) if answer.notes else ()
    assert replies.accepted(answer, notes) == line


def test_a_yes_says_until_when_something_waits() -> None:
    """Marketing at night."""
    from hub.messages.model import Deferral

    answer = an_answer(a_message("+33612345678"), deferred=(Deferral("FR", 1, datetime(2026, 11, 25, 9, tzinfo=UTC)),))
    assert "; 1 to FR wait until 2026-11-25 09:00 UTC; " in replies.accepted(answer, ())


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("L’équipe d’à côté", "L'equipe d'a cote"),
        ("« Où ? » — à 5 €…", '" Ou ? " - a 5 EUR...'),
        ("cœur, straße, Łódź", "coeur, strasse, Lodz"),
        ("Привет", "??????"),
        ("two\r\n250 lines", "two 250 lines"),
        ("bell\x07 and\x00 nul", "bell? and? nul"),
        ("  many   spaces ", "many spaces"),
    ],
)
def test_a_reply_is_ascii_and_stays_readable(said: str, line: str) -> None:
    """Accents are folded, not dropped with their letters; what has no likeness shows as a question mark."""
    assert replies.reply("554 5.6.0", said) == f"554 5.6.0 {line}"


@given(st.text(max_size=2000))
def test_a_reply_is_always_one_line_that_fits(said: str) -> None:
    """RFC 5321: 512 bytes with the line's end, and nothing that is not printable ASCII."""
    line = replies.reply("554 5.6.0", said)
    assert re.fullmatch(r"[ -~]{9,510}", line)


def sentences(module: object) -> dict[str, str]:
    """The replies that a module holds ready."""
    return {name: text for name, text in vars(module).items() if name[0].isupper() and isinstance(text, str)}


@pytest.mark.parametrize("line", [*sentences(replies).values(), *sentences(dialogue_replies).values()])
def test_a_reply_that_is_held_ready_is_well_formed(line: str) -> None:
    """Code, enhanced code of the same class, sentence."""
    filled = line.format(domain="d" * 100, kb=1024, reference="x" * 10, reason="own_loop")
    assert LINE.fullmatch(filled)
    assert filled[0] == filled[4]
    assert len(filled) <= 510


@pytest.mark.parametrize(
    ("stock", "better"),
    [
        ("552 Error: message size exceeds fixed maximum message size", "552 5.3.4 This mail is too big; the most is 8"),
        ("500 Error: bad syntax", "500 5.5.2 "),
        ('500 Error: command "FUNNY" not recognized', "500 5.5.1 "),
        ("500 Command line too long", "500 5.5.2 "),
        ("501 Too many values", "501 5.5.4 Too many values"),
        ("503 Error: send EHLO first", "503 5.5.1 send EHLO first"),
        ("555 MAIL FROM parameters not recognized or not implemented", "555 5.5.4 MAIL FROM"),
        ("454 TLS not available", "454 4.7.0 TLS not available"),
        ("502 5.5.1 Too many unrecognized commands, goodbye.", "421 4.7.0 "),
        ("538 5.7.11 Encryption required", "538 5.7.11 Encryption required"),
        ("250-SIZE 8192", "250-SIZE 8192"),
        ("250 sms.localhost", "250 sms.localhost"),
        ("220 Ready to start TLS", "220 Ready to start TLS"),
        ("354 End data", "354 End data"),
        ("250 2.0.0 Ok: 1 accepted", "250 2.0.0 Ok: 1 accepted"),
        ("502 Could not VRFY a\rb", "502 5.5.1 "),
    ],
)
def test_what_aiosmtpd_says_gets_its_enhanced_code(stock: str, better: str) -> None:
    """And ours stays as it is."""
    assert dialogue_replies.improved(stock, 8192).startswith(better)


def test_what_is_held_for_review_says_so_first() -> None:
    """Its messages are taken, though each has a reason beside it."""
    message = replace(a_message("+33612345678"), state=MessageState.HELD, reason="day_ceiling")
    answer = replace(an_answer(a_message("+33612345678")), state=CampaignState.HELD, messages=(message,))
    line = replies.accepted(replace(answer, notes=("Held for review: too dear.",)), ())
    assert line.startswith("250 2.0.0 Ok, held for review: 1 accepted (+33612345678); ")
    assert line.endswith("Held for review: too dear.")
