"""Bytes to text, whatever the mail claims about its charset and transfer encoding. Pure."""

from __future__ import annotations

import binascii
import re
from encodings.aliases import aliases

_TRANSFORMS = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
)
_CODECS = (frozenset(aliases.values()) | {"koi8_u", "cp874"}) - _TRANSFORMS
"""Python's own names of real charsets; what else it can "decode" (punycode, idna) is slow or no charset."""

_CALLED_LATIN = frozenset({"ascii", "latin_1"})
"""Labels under which Windows-1252 travels in practice (https://encoding.spec.whatwg.org/#names-and-labels)."""

_BASE64_LINES = re.compile(rb"\s*(?:[A-Za-z0-9+/]++[ \t]*+[\r\n]++)*+(?:[A-Za-z0-9+/]*+={0,2}+[ \t]*+(?=[\r\n]|\Z))?+")
_NEWLINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode_text(data: bytes, charset: str | None) -> str:
    """Return the bytes as text; an unknown or wrong charset falls back to UTF-8, then Windows-1252.

    Any newline comes out as a line feed; soft hyphens, zero-width spaces and byte order marks are left out.
    """
    text = _NEWLINES.sub("\n", _decode(data, _codec(charset)))
    return _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text))


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding as far as it goes; an unknown one leaves the bytes alone."""
    match encoding.strip().lower():
        case "base64":
            return _from_base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(data)
        case _:
            return data


def decode_base64(data: bytes) -> bytes:
    """Decode leniently: foreign characters are skipped, missing padding is supplied, a torn end is dropped."""
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _codec(charset: str | None) -> str | None:
    """Return Python's name of the charset, or None when it is unknown."""
    name = re.sub(r"[^a-z0-9.]+", "_", (charset or "").strip("\"' ").lower())
    codec = aliases.get(name, name)
    return codec if codec in _CODECS else None


def _decode(data: bytes, codec: str | None) -> str:
    if codec is None or codec in _CALLED_LATIN:
        codec = "cp1252" if codec == "latin_1" else "utf_8"
    try:
        return data.decode(codec)
    except UnicodeError:
        return _decode_utf8_or_windows(data)


def _decode_utf8_or_windows(data: bytes) -> str:
    """UTF-8 where most of what is not ASCII is UTF-8 (a torn text), else Windows-1252."""
    text = data.decode("utf-8", "replace")
    torn = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - torn
    return text if whole > torn else data.decode("cp1252", "replace")


def _from_base64(data: bytes) -> bytes:
    """Decode the leading base64 lines and leave what a gateway appended; what is no base64 comes back as it is."""
    run = _BASE64_LINES.match(data)
    body = run.group() if run else b""
    whole_groups = len(re.sub(rb"\s", b"", body)) % 4 == 0
    torn = not data[len(body) :].strip()
    return decode_base64(body) if body.strip() and (whole_groups or torn) else data
