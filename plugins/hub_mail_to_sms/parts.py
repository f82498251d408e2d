"""Which part of a mail is the text, and what the others are called. Pure."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from email.utils import collapse_rfc2231_value
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from hub_mail_to_sms.charsets import decode_text, decode_transfer
from hub_mail_to_sms.headers import decode_field
from hub_mail_to_sms.mail import Attached, UnreadableMail, UnreadableReason
from hub_mail_to_sms.parsing import leaves

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

_T = TypeVar("_T")

MOST_FILES = 5
"""Files of a mail that may become links."""
_LONGEST_NAME = 100
_MOST_BODIES = 3
_TEXTS = ("text/plain", "text/html")
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_NAMES = {"application/ms-tnef": "winmail.dat", "message/rfc822": "message.eml", "text/calendar": "invite.ics"}


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a mail before anything is cut from it; `flowed` and `delsp` are those of RFC 3676."""

    text: str = ""
    html: bool = False
    flowed: bool = False
    delsp: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What a mail holds: its text, the names of its attachments, the texts that come after the first, and files."""

    body: Body
    attachments: tuple[str, ...]
    further: tuple[Body, ...] = ()
    files: tuple[Attached, ...] = ()


def choose_body(message: Message) -> Contents:
    """Return the first text/plain part that holds anything, else the first such text/html part.

    A named part is an attachment whatever its type. Raises UnreadableMail where there is no text because the
    mail is encrypted, or because its parts cannot be told apart.
    """
    parts = list(leaves(message))
    names = [_attachment_name(part) for part in parts]
    attachments = tuple(name for name in names if name)
    files = tuple(_attached(part, name) for part, name in zip(parts, names, strict=True) if name and _is_attached(part))
    files = files[:MOST_FILES]
    texts = [part for part, name in zip(parts, names, strict=True) if not name]
    for wanted in _TEXTS:
        same_type = (_read_body(part) for part in texts if _type(part) == wanted and _payload(part).strip())
        bodies = [*islice((body for body in same_type if body.text.strip()), _MOST_BODIES)]
        if bodies:
            return Contents(bodies[0], attachments, tuple(bodies[1:]), files)
    _check_really_empty(parts)
    return Contents(Body(), attachments, (), files)


def _is_attached(part: Message) -> bool:
    return _attempt(part.get_content_disposition, None) == "attachment"


def _attached(part: Message, name: str) -> Attached:
    encoding = decode_field(part.get("Content-Transfer-Encoding", ""))
    return Attached(name, _attempt(lambda: decode_transfer(_payload(part), encoding), b""))


def _attachment_name(part: Message) -> str | None:
    """Return what to call the part, or None when it may be the text."""
    name = _filename(part)
    if _type(part) in _TEXTS and not _is_attached(part) and not name:
        return None
    return name or _NAMES.get(_type(part), _type(part))


def _check_really_empty(parts: list[Message]) -> None:
    if any(_type(part) in _SEALED for part in parts):
        raise UnreadableMail(UnreadableReason.ENCRYPTED, "The mail is encrypted, and the hub has no key for it.")
    if any(_type(part).startswith("multipart") and _payload(part).strip() for part in parts):
        raise UnreadableMail(UnreadableReason.MALFORMED, "The parts of the mail cannot be told from each other.")


def _read_body(part: Message) -> Body:
    encoding = decode_field(part.get("Content-Transfer-Encoding", ""))
    return Body(
        text=decode_text(decode_transfer(_payload(part), encoding), _parameter(part, "charset")),
        html=_type(part) == "text/html",
        flowed=_parameter(part, "format").lower() == "flowed",
        delsp=_parameter(part, "delsp").lower() == "yes",
    )


def _payload(part: Message) -> bytes:
    """Return the bytes as they stand in the mail: the email package's own decoding gives up where ours does not."""
    bare = copy.copy(part)
    del bare["Content-Transfer-Encoding"]
    data: object = _attempt(lambda: bare.get_payload(decode=True), None)
    return data if isinstance(data, bytes) else b""


def _filename(part: Message) -> str:
    name = decode_field(_attempt(lambda: part.get_filename(""), "attachment"))
    return re.split(r"[/\\]", name)[-1][:_LONGEST_NAME]


def _type(part: Message) -> str:
    """Return the content type; a multipart that is not properly named so must not pass for a plain text."""
    kind = decode_field(_attempt(part.get_content_type, "text/plain"))
    return "multipart" if decode_field(part.get("Content-Type", "")).lower() == "multipart" else kind


def _parameter(part: Message, name: str) -> str:
    value = _attempt(lambda: collapse_rfc2231_value(part.get_param(name, "")), "")
    return decode_field(value)


def _attempt(read: Callable[[], _T], default: _T) -> _T:
    """Return what the email package reads, or the default: on odd mail it raises a dozen kinds of exceptions."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - whatever it is, the field is unreadable and the mail may still be read
        return default
