"""A mail as it stands on the wire. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub.mailing.model import OutgoingMail

OWN_LOOP_HEADER = "X-Textohub-Loop"
"""On every mail of the hub's: what comes back to it is its own, and texts nobody."""

_BODY = SMTP.clone(max_line_length=76)
"""As long as a line of quoted-printable may be (RFC 2045, section 6.7)."""
_UNFOLDED = SMTP.clone(max_line_length=990)
"""The email package would take Message-IDs of more than 78 letters (Outlook's) to pieces that thread nothing."""
_NO_NEWS = "OOF, AutoReply"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNFIT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_ADDRESS = re.compile(r"([^\s\"<>@,;:()\[\]\\\x00-\x1f\x7f]{1,64})@([^\s\"<>@,;:()\[\]\\\x00-\x1f\x7f]{1,255})")
_LONGEST_SUBJECT = 200
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a mail gets when it is sent: who it is from, where its answers go, its Message-ID and its date."""

    from_address: str
    from_name: str
    reply_to: str | None
    message_id: str
    date: datetime


def compose(mail: OutgoingMail, envelope: Envelope) -> EmailMessage:
    """The mail with its header, ready for the relay. Raises ValueError for an address that cannot stand in one.

    Nothing that a text, a name or a subject holds can begin a line of the header. It says that a program wrote it
    (RFC 3834), so that absence notes and other programs leave it alone.
    """
    made = EmailMessage(policy=_BODY)
    made["From"] = _address(envelope.from_address, envelope.from_name)
    made["To"] = _address(mail.to)
    if envelope.reply_to:
        made["Reply-To"] = _address(envelope.reply_to, envelope.from_name)
    made["Subject"] = one_line(mail.subject)[:_LONGEST_SUBJECT]
    made["Date"] = format_datetime(envelope.date)
    made["Message-ID"] = envelope.message_id
    _thread(made, mail)
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = _NO_NEWS
    made[OWN_LOOP_HEADER] = envelope.message_id.rpartition("@")[2].rstrip(">")
    # Quoted-printable: every relay takes it, whatever it offers, and the blank behind "-- " stays.
    made.set_content(_UNFIT.sub("\ufffd", _LINE_ENDS.sub("\n", mail.body)), cte="quoted-printable")
    made.policy = _UNFOLDED
    return made


def one_line(text: str) -> str:
    """The text without anything that could end a line of a header."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def wire_address(address: str) -> str:
    """An e-mail address with its domain in ASCII (IDNA), where that can be written so."""
    local_part, _, domain = address.rpartition("@")
    try:
        return f"{local_part}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _thread(made: EmailMessage, mail: OutgoingMail) -> None:
    """Name the mails that this one follows; what is no Message-ID is left out."""
    if mail.in_reply_to and _MESSAGE_ID.fullmatch(mail.in_reply_to):
        made["In-Reply-To"] = mail.in_reply_to
    known = [one for one in _once((*mail.references, mail.in_reply_to or "")) if _MESSAGE_ID.fullmatch(one)]
    if known:
        made["References"] = " ".join(known)


def _address(address: str, name: str = "") -> Address:
    """One address with a name; taken apart here, as the email package's own reader lets no letter beyond ASCII in."""
    found = _ADDRESS.fullmatch(wire_address(address))
    if found is None:
        raise ValueError(f"{address!r} is no e-mail address.")
    return Address(one_line(name)[:_LONGEST_NAME], username=found[1], domain=found[2])


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
