"""The email package at work on a mail that cannot hurt it: what is too big or too deep is refused first. Pure.

Figures of what a hostile mail costs the email package: reference, reliability, section 3.1.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from typing import TYPE_CHECKING

from hub_mail_to_sms.mail import UnreadableMail, UnreadableReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.policy import Policy

    from hub_mail_to_sms.mail import ReadingLimits

_HEADER_END = re.compile(rb"\r\n\r\n|\n\r?\n|\r\r")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTAINER = re.compile(rb"^content-type:[\s\x1c-\x1f]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_CONTAINERS_PER_LEVEL = 3
_LONGEST_CONTENT_FIELD = 4096


def parse(raw: bytes, limits: ReadingLimits) -> Message:
    """Return the mail parsed, or raise UnreadableMail when it goes over a limit.

    What costs time is counted before and while the email package works (bytes, lines, containers, parts), so
    that it never gets far with a mail made to keep it busy.
    """
    _check_size(raw, limits)
    message = message_from_bytes(raw, _PartCounter(limits.parts), policy=_POLICY)
    if any(depth > limits.depth for depth, _ in _walk(message)):
        raise _too_complex(f"parts stand more than {limits.depth} deep in each other")
    return message


def leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something, in order; a forwarded mail counts as one part."""
    pending = [message]
    while pending:
        part = pending.pop()
        children = _children(part)
        if children and part.get_content_maintype() == "multipart":
            pending.extend(reversed(children))
        else:
            yield part


def _check_size(raw: bytes, limits: ReadingLimits) -> None:
    if len(raw) > limits.total:
        raise UnreadableMail(
            UnreadableReason.TOO_LARGE, f"The mail has {len(raw)} bytes; {limits.total} are the most that is read."
        )
    end = _HEADER_END.search(raw)
    header = raw[: end.start() if end else len(raw)]
    if len(header) > limits.header:
        raise _too_complex(f"its header is longer than {limits.header} bytes")
    if _CONTROLS.search(header):
        raise UnreadableMail(UnreadableReason.CONTROL_CHARACTERS, "The header of the mail holds control characters.")
    if raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n") > limits.lines:
        raise _too_complex(f"it has more than {limits.lines} lines")
    if len(_CONTAINER.findall(raw)) > limits.depth * _CONTAINERS_PER_LEVEL:
        raise _too_complex("it holds too many multiparts and forwarded mails")


class _BoundedFields(Compat32):
    """The policy that takes anything, except long Content fields: reading their parameters takes quadratic time.

    Values are handed out as they stand (8-bit bytes as surrogates), so that headers.py decodes all of them.
    """

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        if len(value) > _LONGEST_CONTENT_FIELD and name.lower().startswith("content-"):
            raise _too_complex(f"its {name[:40]} field is longer than {_LONGEST_CONTENT_FIELD} characters")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the email package calls it so
        return value


_POLICY = _BoundedFields()


class _PartCounter:
    """Makes the Message of each part for the parser, until there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made = -1  # the parser makes one for a try, before the first part

    def __call__(self, policy: Policy = _POLICY) -> Message:
        self._made += 1
        if self._made > self._most:
            raise _too_complex(f"it has more than {self._most} parts")
        return Message(policy=policy)


def _walk(message: Message) -> Iterator[tuple[int, Message]]:
    pending = [(0, message)]
    while pending:
        depth, part = pending.pop()
        yield depth, part
        pending.extend((depth + 1, child) for child in _children(part))


def _children(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _too_complex(what: str) -> UnreadableMail:
    return UnreadableMail(UnreadableReason.TOO_COMPLEX, f"The mail is too complex to be read: {what}.")
