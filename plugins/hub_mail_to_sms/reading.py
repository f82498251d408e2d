"""A mail as it came in, read: who sent it, which text to send, and what was left out. Pure.

This is the only door: whatever the bytes are, they come out as a Mail or as UnreadableMail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub_mail_to_sms.body import cut_text
from hub_mail_to_sms.flowed import join_flowed, join_wrapped
from hub_mail_to_sms.headers import Header, find_message_id
from hub_mail_to_sms.html_text import read_html
from hub_mail_to_sms.links import tidy_links
from hub_mail_to_sms.mail import Mail, ReadingLimits, UnreadableMail, UnreadableReason
from hub_mail_to_sms.parsing import parse
from hub_mail_to_sms.parts import choose_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub_mail_to_sms.parts import Body, Contents

_ADDRESS_FIELDS = ("from", "to", "cc", "reply-to")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_UNKNOWN = "\ufffd"
_MOST_UNKNOWN = 0.1
_NAMES_SHOWN = 5


def read_mail(raw: bytes, limits: ReadingLimits | None = None) -> Mail:
    """Return what the mail says; `raw` is the message as SMTP handed it over.

    Raises UnreadableMail, and nothing else, for what cannot be read.
    """
    try:
        return _read(raw, limits or ReadingLimits())
    except UnreadableMail:
        raise
    except Exception as error:
        raise UnreadableMail(UnreadableReason.MALFORMED, "The mail is malformed and cannot be read.") from error


def _read(raw: bytes, limits: ReadingLimits) -> Mail:
    message = parse(raw, limits)
    header = Header(message.items())
    _check_addresses(header, limits)
    contents = choose_body(message)
    text, html_notes = _plain_text(contents.body, limits)
    cut = cut_text(text)
    _check_text(cut.text)
    facts = header.facts()
    return Mail(
        subject=header.text("subject"),
        text=cut.text,
        message_id=find_message_id(next(header.raw("message-id"), "")),
        from_address=facts.from_address,
        automatic=facts,
        attachments=contents.attachments,
        files=contents.files,
        notes=(*dict.fromkeys((*html_notes, *cut.notes)), *_notes_on(contents, cut.text)),
    )


def _check_addresses(header: Header, limits: ReadingLimits) -> None:
    if sum(value.count("@") for name in _ADDRESS_FIELDS for value in header.raw(name)) > limits.addresses:
        raise UnreadableMail(
            UnreadableReason.TOO_COMPLEX, f"The mail is too complex to be read: more than {limits.addresses} addresses."
        )


def _plain_text(body: Body, limits: ReadingLimits) -> tuple[str, tuple[str, ...]]:
    """Return the body as lines of text, one paragraph a line where that can be told, and notes."""
    if body.html:
        return read_html(body.text, limits)
    lines = join_flowed(body.text, delsp=body.delsp) if body.flowed else join_wrapped(body.text)
    return tidy_links(lines), ()


def _check_text(text: str) -> None:
    """Refuse what is no text: a wrong charset or transfer encoding shows in its characters."""
    if _CONTROLS.search(text):
        raise UnreadableMail(UnreadableReason.CONTROL_CHARACTERS, "The text of the mail holds control characters.")
    if text.count(_UNKNOWN) > _MOST_UNKNOWN * len(text):
        raise UnreadableMail(
            UnreadableReason.UNDECODABLE, "The text of the mail is not in the charset or encoding that it claims."
        )


def _notes_on(contents: Contents, text: str) -> list[str]:
    notes = []
    if contents.attachments:
        notes.append(note_on(contents.attachments))
    if any(body.html or cut_text(body.text).text for body in contents.further):
        notes.append("text after an attachment ignored")
    if _UNKNOWN in text:
        notes.append("some characters could not be read")
    return notes


def note_on(attachments: Sequence[str], became: str = "ignored") -> str:
    """What became of attachments, in plain words."""
    shown = ", ".join(attachments[:_NAMES_SHOWN])
    more = len(attachments) - _NAMES_SHOWN
    shown += f" and {more} more" if more > 0 else ""
    plural = "" if len(attachments) == 1 else "s"
    return f"{len(attachments)} attachment{plural} {became}: {shown}"
