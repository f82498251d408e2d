"""What the listener answers: SMTP codes with their enhanced codes (RFC 3463), and a sentence in ASCII.

A reply is one line of at most 512 bytes (RFC 5321, section 4.5.3.1.5). Senders read these lines in bounces, so
they name what was wrong and what to do; what went wrong inside the hub is named by a reference only.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from hub import (
    Acceptance,
    CampaignState,
    CommitInDoubt,
    Conflict,
    HubError,
    MessageState,
    NotAllowed,
    NotEnoughCredits,
    Paused,
    RequestRefused,
    StoreUnavailable,
    TooMany,
)
from hub_mail_to_sms.dialogue_replies import TOO_BIG
from hub_mail_to_sms.mail import Mail, UnreadableMail, UnreadableReason
from hub_mail_to_sms.receiving import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 500
"""Bytes of a reply, with some room below the 512 that a line may have with its end."""

NOT_VERIFIED = "550 5.7.1 The sender of this mail is not verified, or may not send for any account here."
CANNOT_VERIFY = "451 4.4.3 The sender of this mail could not be verified just now; please send it again."
TOO_SLOW = "451 4.3.2 This took too long; please send it again."
LATER = "451 4.3.0 This did not work, through no fault of yours; please send it again. Reference {reference}"
DROPPED = "250 2.0.0 Ok: nothing sent, a machine wrote this ({reason})."
_CANNOT_KEEP = "The hub cannot keep this mail now; please send it again."

_IN_DOUBT = "The hub may have taken this mail, and cannot tell now; see what was sent before you send it again."
"""A permanent no: a mail server that tries again by itself would text everybody twice."""

_FAULTS: Mapping[Fault, str] = {
    Fault.TOO_BIG: TOO_BIG,
    Fault.TOO_MANY_LINES: "554 5.6.0 This mail is too complex: it has too many lines.",
    Fault.LINE_TOO_LONG: "500 5.5.2 A line of this mail is too long; the most is 998 bytes.",
    Fault.BARE_LINE_END: "554 5.6.0 A line of this mail ends in CR or LF alone; lines end in CR LF (RFC 5321, 2.3.8).",
}

_NUMBER = frozenset(
    {
        "country_needed",
        "empty",
        "excel_lossy",
        "extension",
        "invalid",
        "landline",
        "length",
        "letters",
        "not_mobile",
        "short_code_not_allowed",
        "unparsable",
        "voip",
    }
)
_FORBIDDEN = frozenset(
    {
        "check_failed",
        "country_not_allowed",
        "deferral_too_long",
        "marketing_disabled",
        "no_route",
        "opted_out",
        "optout_impossible",
        "optout_link_needed",
        "optout_shortcode_needed",
        "outside_window",
        "too_many_to_recipient",
        "unallocated",
    }
)
_CODES: Sequence[tuple[frozenset[str], str]] = (
    (_NUMBER, "554 5.1.3"),
    (_NUMBER | _FORBIDDEN, "554 5.7.1"),
    (frozenset({"too_long", "too_many_segments"}), "554 5.2.3"),
    (frozenset({"too_many_recipients"}), "554 5.5.3"),
    (frozenset({"bad_option", "schedule_past", "schedule_too_far"}), "554 5.5.4"),
)
"""The reply code for a refusal whose reasons are all in the set; the first that holds them all."""
_OTHER = "554 5.6.0"
_BY_KIND: Sequence[tuple[type[HubError], str]] = (
    (Paused, "451 4.3.2"),
    (TooMany, "450 4.7.1"),
    (NotEnoughCredits, "554 5.2.2"),
)
"""The reply code of an error whose own sentence says it all."""
_UNREADABLE: Mapping[UnreadableReason, str] = {UnreadableReason.TOO_LARGE: "552 5.3.4"}

_SPELT = str.maketrans(
    {"’": "'", "\u2018": "'", "“": '"', "”": '"', "«": '"', "»": '"', "\u2013": "-", "—": "-", "€": "EUR"}
)
_SPELT |= str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
_NAMED = 3
"""How many recipients a reply names."""


def accepted(answer: Acceptance, notes: Sequence[str]) -> str:
    """The yes: what was taken, what was blocked and why, what it costs."""
    if answer.replayed:
        return reply("250 2.0.0", f"Ok: duplicate of {answer.campaign_id}, nothing sent again.")
    if answer.state is CampaignState.EXPANDING:
        return reply("250 2.0.0", f"Ok: all numbers taken, to be checked one by one; campaign {answer.campaign_id}.")
    taken = [message.to for message in answer.messages if message.state is not MessageState.BLOCKED]
    blocked = [f"{one.to}: {one.reason}" for one in answer.messages if one.state is MessageState.BLOCKED]
    facts = [f"{answer.accepted} accepted{_named(taken)}"]
    if answer.blocked:
        facts.append(f"{answer.blocked} blocked{_named(blocked)}")
    facts.append(f"{_count(answer.segments, 'segment')}, {_count(answer.credits, 'credit')}")
    facts += [f"{one.count} to {one.country} wait until {one.until:%Y-%m-%d %H:%M} UTC" for one in answer.deferred]
    facts.append(f"campaign {answer.campaign_id}")
    lead = "Ok, held for review" if answer.state is CampaignState.HELD else "Ok"
    return reply("250 2.0.0", f"{lead}: {'; '.join(facts)}. {_sentences([*answer.notes, *notes])}")


def refused(error: HubError) -> str:
    """The no, from the core's own reason; what is no fault of the request's is to be tried again, and stays unsaid."""
    if isinstance(error, StoreUnavailable):
        return _not_kept(error)
    if code := next((code for kind, code in _BY_KIND if isinstance(error, kind)), None):
        return reply(code, str(error))
    if isinstance(error, Conflict) and error.code == "idempotency_key_reused":
        return reply("554 5.6.0", "Another mail with this Message-ID was taken before, and this one differs from it.")
    if isinstance(error, RequestRefused):
        return reply(_code_of(error), _reasons(error))
    return reply("451 4.3.0", _CANNOT_KEEP)


def _not_kept(error: StoreUnavailable) -> str:
    if isinstance(error, CommitInDoubt) and not error.repeatable:
        return reply("554 5.3.0", _IN_DOUBT)
    full = "full" in str(error) or "space" in str(error)
    return reply("452 4.3.1", _CANNOT_KEEP) if full else reply("451 4.3.0", _CANNOT_KEEP)


def unreadable(error: UnreadableMail) -> str:
    """The no to a mail that could not be read."""
    return reply(_UNREADABLE.get(error.reason_code, "554 5.6.0"), error.sentence)


def faulty(fault: Fault, size_limit: int) -> str:
    """The no to a mail that is unfit to be read; `size_limit` is in bytes."""
    return _FAULTS[fault].format(kb=size_limit // 1024)


def no_number(subject: str) -> str:
    """The no to a subject without any number."""
    read = f'the subject reads "{subject}"' if subject else "the subject is empty"
    return reply("554 5.1.3", f"There is no phone number: {read}. Write numbers there, such as 06 12 34 56 78.")


def bad_options(problems: Sequence[str]) -> str:
    """The no to options in the subject that cannot be carried out."""
    return reply("554 5.5.4", " ".join(problems))


def no_text(mail: Mail) -> str:
    """The no to a mail that has nothing to send."""
    return reply("554 5.6.0", f"There is no text in this mail. {_sentences(mail.notes)}")


def reply(code: str, sentence: str) -> str:
    """A reply line: code and sentence, in ASCII with accents folded, not too long."""
    folded = unicodedata.normalize("NFKD", sentence.translate(_SPELT))
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    plain = bare.encode("ascii", "replace").decode()
    line = " ".join(f"{code} {plain}".split())
    line = "".join(character if character.isprintable() else "?" for character in line)
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rstrip() + "..."


def _code_of(error: RequestRefused) -> str:
    reasons = {fault.code for fault in error.faults} or {error.code}
    if isinstance(error, NotAllowed) or all(reason.startswith("sender") for reason in reasons):
        return "554 5.7.1"
    return next((code for known, code in _CODES if reasons <= known), _OTHER)


def _reasons(error: RequestRefused) -> str:
    sentences = list(dict.fromkeys(fault.message for fault in error.faults))
    return " ".join(sentences[:_NAMED]) if sentences else str(error)


def _named(items: Sequence[str]) -> str:
    if not items:
        return ""
    return f" ({', '.join(items[:_NAMED])}{', ...' if len(items) > _NAMED else ''})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sentences(notes: Sequence[str]) -> str:
    return " ".join(note if note.endswith((".", "!", "?")) else f"{note}." for note in notes)
