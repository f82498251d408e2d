"""The header fields of a mail as text: never trusted, never able to raise. Pure.

The email package's own readers raise on ordinary mail (an Azure DevOps Message-ID is enough, cpython#105802), so
only the raw values are taken from it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from hub_mail_to_sms.charsets import decode_base64, decode_text
from hub_mail_to_sms.loops import AutomaticFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_VALUE = 8000
_LONGEST_MESSAGE_ID = 200
DIGESTED = "sha256:"
"""What a Message-ID begins with that was too long to be kept: it names the mail, and is not what stands in it."""
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bq])\?(.{0,1000}?)\?=", re.IGNORECASE | re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ADDRESS = r"[^\s\"<>@,;:()\[\]\\]{1,64}@[^\s\"<>@,;:()\[\]\\]{1,255}"
_FROM = re.compile(
    rf"""\s*(?: (?: "(?:[^"\\]|\\.)*+" | [^"<>@;] )*+ <\s*({_ADDRESS})\s*>   # "Marie, du salon" <marie@...>
           | [^"<>,;]*+ <\s*({_ADDRESS})\s*>                                 # marie@... <marie@...>
           | ({_ADDRESS}) )                                                  # marie@...
        \s*(?:\([^()]*\)\s*)?""",
    re.VERBOSE,
)


class Header:
    """The fields of one header, as `(name, raw value)` pairs; names are matched without regard to case."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields = [(name.lower(), value) for name, value in fields]

    def raw(self, name: str) -> Iterator[str]:
        """Return every value of the field as it stands in the mail."""
        return (value for key, value in self._fields if key == name)

    def text(self, name: str) -> str:
        """Return the first value of the field, decoded, on one line, without control characters."""
        return decode_field(next(self.raw(name), ""))

    def facts(self) -> AutomaticFacts:
        """Return what decides whether a machine wrote the mail."""
        content_type = self.text("content-type").partition(";")[0].strip().lower()
        return AutomaticFacts(
            from_address=find_address(list(self.raw("from"))),
            return_path=next((value.strip() for value in self.raw("return-path")), None),
            auto_submitted=self.text("auto-submitted"),
            precedence=self.text("precedence"),
            content_type=content_type or "text/plain",
            present=frozenset(name for name, _ in self._fields),
        )


def decode_field(value: str) -> str:
    """Return a raw value as text: RFC 2047 words in any charset, and raw 8-bit characters, are decoded."""
    text = "".join(_pieces(_decode_8bit(value[:_LONGEST_VALUE])))
    return " ".join(_CONTROLS.sub(" ", text).split())


def find_address(values: list[str]) -> str:
    """Return the one address that the values of a From field name, in lower case; "" for none or several."""
    if len(values) != 1:
        return ""
    match = _FROM.fullmatch(_decode_8bit(values[0][:_LONGEST_VALUE]))
    address = "" if match is None else match[1] or match[2] or match[3]
    return "" if _CONTROLS.search(address) else address.lower()


def find_message_id(value: str) -> str | None:
    """Return the id between the outer brackets, without blanks; a long one is replaced by its SHA-256."""
    text = _decode_8bit(value[:_LONGEST_VALUE])
    start, end = text.find("<"), text.rfind(">")
    inner = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", "", text[start + 1 : end] if 0 <= start < end else text)
    if len(inner) > _LONGEST_MESSAGE_ID:
        return DIGESTED + hashlib.sha256(inner.encode()).hexdigest()
    return inner or None


def _decode_8bit(value: str) -> str:
    return decode_text(value.encode("utf-8", "surrogateescape"), None)


def _pieces(value: str) -> Iterator[str]:
    """Yield the value piece by piece; neighbouring words are joined as bytes, for letters torn between two."""
    charset, pending, end = "", b"", 0
    for word in _ENCODED_WORD.finditer(value):
        gap = value[end : word.start()]
        if pending and (gap.strip() or word[1].lower() != charset):
            yield decode_text(pending, charset)
            pending = b""
        if end == 0 or gap.strip():
            yield gap
        charset, end = word[1].lower(), word.end()
        pending += _decode_word(word[2].lower(), word[3])
    yield decode_text(pending, charset)
    yield value[end:]


def _decode_word(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return decode_base64(data) if encoding == "b" else binascii.a2b_qp(data, header=True)
