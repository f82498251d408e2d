"""Mails as real programs write them, after accidents and malice: each is made of a seed and a number, and made again.

An accident takes a mail and gives another one. Those of the bytes know nothing of mails; the others know what
readers of mails stumble over: fields, charsets, encodings, boundaries, parts inside parts.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "mails"
MAILS = [
    path.read_bytes().replace(b"06 39 98", b"06 12 34").replace(b"\n", b"\r\n") for path in sorted(FOLDER.glob("*.eml"))
]
ACCIDENTS_EACH = (1, 1, 1, 2, 2, 3, 5)
LONGEST = 900_000
"""Bytes of a mutant; the listener takes a little more, so that its size is never all that is wrong with it."""

TOKENS = (
    *(b"\x00", b"\xff", b"\xe9", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n.\n", b"\r\n.\r\n", b"\r\n..", b"\x1b$B"),
    *(b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xef\xbf\xbe"),
    *(b'"', b";", b"(", b"((((", b"<", b">", b"@", b",", b"--", b"=", b"=\r\n", b"=0", b"=XY", b"=?", b"?=", b"*0*="),
    *(b"=?utf-8?b?", b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", b"=?x?b?////?=", b"=?utf-16?b?2AA=?=", b"=?idna?q?xn--?="),
    *(b"boundary=", b"charset=", b"charset*=", b"charset*0=u", b"format=flowed", b"delsp=yes", b"name*=x'y'%z"),
    *(b"<div>", b"<table><tr><td>", b"<!--", b"<![CDATA[", b"&#0;", b"&#x110000;", b"<a href='\x01'>", b"[cid:x]"),
    *(b"[at=9999-12-31 23:59]", b"[at=0001-01-01 00:00+14:00]", b"[sender=\xf0\x9f\x98\x80]", b"[marketing", b"]"),
    *(b"+", b"00", b"\xd9\xa0\xd9\xa6", b"1e400", b"9" * 400, b"0612345678;ext=5", b"tel:", b"%00", b"{nom}", b"#nom#"),
    b"Subject: 0612345678\r\n",
    b"Subject: " + b"0612345678 " * 300 + b"\r\n",
    b"From: (((\r\n",
    b'From: "' + b"\\" * 500 + b"\r\n",
    b"From: a@b.example, c@d.example\r\n",
    b"Message-ID: <[x]@microsoft.com>\r\n",
    b"Message-ID: <>\r\n",
    b"Date: Thu, 99 Foo 99999 99:99:99 +9999\r\n",
    b"Auto-Submitted: auto-replied\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Type: multipart/mixed\r\n",
    b"Content-Type: multipart\r\n",
    b"Content-Type: text/plain; charset=utf-7\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/delivery-status\r\n",
    b"Content-Type: message/external-body; access-type=local-file\r\n",
    b"Content-Disposition: attachment; filename*=x'y'z\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"\r\nbegin 644 x\r\n#86)C\r\n`\r\nend\r\n",
    b"x" * 1200,
)
CHARSETS = (
    *(b"utf-8", b"us-ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252", b"utf-16", b"utf-32", b"utf-7"),
    *(b"iso-2022-jp", b"gb18030", b"big5", b"koi8-r", b"idna", b"punycode", b"unknown-8bit", b"x-mac-roman", b"hex"),
    *(b"", b'"', b"utf-8\x00", b"zlib", b"rot13", b"undefined", b"unicode_escape", b"raw_unicode_escape", b"mbcs"),
)
ENCODINGS = (b"base64", b"quoted-printable", b"7bit", b"8bit", b"binary", b"x-uuencode", b"uuencode", b"base64 ", b"")

_FIELD = re.compile(rb"^[\w-]+:.*\r\n(?:[ \t].*\r\n)*", re.MULTILINE)
_CHARSET = re.compile(rb'charset="?[\w-]+"?', re.IGNORECASE)
_ENCODING = re.compile(rb"^(Content-Transfer-Encoding: *)[\w-]+", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)"?', re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID:.*\r\n(?:[ \t].*\r\n)*", re.IGNORECASE | re.MULTILINE)
_SUBJECT = re.compile(rb"^Subject:.*\r\n(?:[ \t].*\r\n)*", re.IGNORECASE | re.MULTILINE)


def mutant(seed: int, number: int) -> bytes:
    """The mutated mail of that number: the same one for the same seed."""
    chance = Random(f"{seed}/{number}")  # noqa: S311 - the same mutants every time
    mail = chance.choice(MAILS)
    if chance.random() < 0.9:  # else it comes under an id that others had before it
        mail = _MESSAGE_ID.sub(b"Message-ID: <%d@mutants.example>\r\n" % number, mail)
    for _ in range(chance.choice(ACCIDENTS_EACH)):
        mail = chance.choice(ACCIDENTS)(mail, chance)[:LONGEST]
    return mail


def flip_bits(mail: bytes, chance: Random) -> bytes:
    """Some bits turn over."""
    bent = bytearray(mail or b"x")
    for _ in range(chance.randint(1, 20)):
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
    return bytes(bent)


def cut_off(mail: bytes, chance: Random) -> bytes:
    """The end is missing."""
    return mail[: _spot(mail, chance)]


def lose_a_piece(mail: bytes, chance: Random) -> bytes:
    """Something in the middle is missing."""
    start = _spot(mail, chance)
    return mail[:start] + mail[start + chance.randint(1, 300) :]


def repeat_a_piece(mail: bytes, chance: Random) -> bytes:
    """Something comes twice, or a hundred times."""
    start = _spot(mail, chance)
    piece = mail[start : start + chance.randint(1, 300)]
    return mail[:start] + piece * chance.choice([2, 2, 3, 100]) + mail[start:]


def swap_pieces(mail: bytes, chance: Random) -> bytes:
    """Two pieces change places."""
    one, two = sorted((_spot(mail, chance), _spot(mail, chance)))
    size = min(chance.randint(1, 100), two - one)
    return mail[:one] + mail[two : two + size] + mail[one + size : two] + mail[one : one + size] + mail[two + size :]


def put_in_a_token(mail: bytes, chance: Random) -> bytes:
    """Something that readers stumble over stands somewhere, often at the beginning of a line."""
    spot = _spot(mail, chance)
    if chance.random() < 0.5:
        spot = mail.rfind(b"\r\n", 0, spot) + 2 if b"\r\n" in mail[:spot] else 0
    return mail[:spot] + chance.choice(TOKENS) + mail[spot:]


def put_in_noise(mail: bytes, chance: Random) -> bytes:
    """Bytes of any kind stand somewhere."""
    spot = _spot(mail, chance)
    return mail[:spot] + chance.randbytes(chance.randint(1, 60)) + mail[spot:]


def go_on_as_another(mail: bytes, chance: Random) -> bytes:
    """From somewhere on it is another mail."""
    other = chance.choice(MAILS)
    return mail[: _spot(mail, chance)] + other[_spot(other, chance) :]


def shuffle_fields(mail: bytes, chance: Random) -> bytes:
    """The header's fields stand in another order, some of them twice."""
    fields = _fields(mail)
    chance.shuffle(fields)
    return b"".join(fields + fields[: chance.randint(0, 3)]) + _body(mail)


def repeat_a_field(mail: bytes, chance: Random) -> bytes:
    """A field comes as often as nobody would write it."""
    fields = _fields(mail) or [b"X: y\r\n"]
    return chance.choice(fields) * chance.choice([2, 10, 500, 3000]) + mail


def swell_a_field(mail: bytes, chance: Random) -> bytes:
    """A field is enormous: in one line, or folded ten thousand times."""
    name = chance.choice([b"Subject", b"From", b"To", b"Content-Type", b"Message-ID", b"References", b"X-Data"])
    piece = chance.choice([b"x", b" ", b"0612345678,", b"a@b.example,", b"=?utf-8?q?a?=", b'"', b";a=b", b"("])
    joint = chance.choice([b"", b"\r\n ", b"\r\n\t"])
    return name + b": " + (piece + joint) * chance.choice([50, 900, 10_000]) + b"\r\n" + mail


def swap_charsets(mail: bytes, chance: Random) -> bytes:
    """Every part claims another charset."""
    return _CHARSET.sub(lambda _: b"charset=" + chance.choice(CHARSETS), mail)


def swap_encodings(mail: bytes, chance: Random) -> bytes:
    """Every part claims another transfer encoding."""
    return _ENCODING.sub(lambda found: found[1] + chance.choice(ENCODINGS), mail)


def encode_the_subject(mail: bytes, chance: Random) -> bytes:
    """The subject is made of encoded words, which need not be right (RFC 2047)."""
    words = [
        b"=?%b?%b?%b?="
        % (
            chance.choice(CHARSETS),
            chance.choice([b"b", b"q", b"B", b"x"]),
            chance.choice(_WORDS)[: chance.randint(1, 40)],
        )
        for _ in range(chance.randint(1, 30))
    ]
    return _SUBJECT.sub(lambda _: b"Subject: " + chance.choice([b" ", b"", b"\r\n "]).join(words) + b"\r\n", mail)


_WORDS = (b"MDYgMTIgMzQgNTYgNzg=", b"06_12_34_56_78", b"=30=36_12_34_56_78", b"////", b"=C3", b"=", b"2AA=", b"")


def play_with_boundaries(mail: bytes, chance: Random) -> bytes:
    """The name of a boundary, or its lines, are not what they should be."""
    found = _BOUNDARY.search(mail)
    if found is None:
        return _wrapped(mail, b"multipart/mixed", chance)
    name = found[1]
    other = chance.choice([b"", b" ", name[:-1], name + b"x", b"x" * 300, b"--", b"\xe9", name.swapcase(), b'"', b"=?"])
    return chance.choice(
        [
            mail.replace(name, other),
            mail[: found.start(1)] + other + mail[found.end(1) :],
            mail.replace(b"--" + name + b"--", b"--" + name),
            mail.replace(b"--" + name, b"--" + name + b"--", 1),
            mail.replace(b"--" + name, b" --" + name + b"\t "),
            mail.replace(b"--" + name, (b"--" + name + b"\r\n") * 60),
        ]
    )


def nest(mail: bytes, chance: Random) -> bytes:
    """It stands in a part, in a part, in a part."""
    kind = chance.choice([b"multipart/mixed", b"multipart/alternative", b"message/rfc822", b"multipart/report"])
    for _ in range(chance.choice([1, 2, 5, 9, 11, 40])):
        mail = _wrapped(mail, kind, chance)
    return mail


def lose_line_ends(mail: bytes, chance: Random) -> bytes:
    """Some lines end in CR or LF alone, or in both the wrong way round."""
    lines = mail.split(b"\r\n")
    ends = [b"\r\n"] * 20 + [b"\r", b"\n", b"\n\r", b"\r\r\n"]
    return b"".join(line + chance.choice(ends) for line in lines)


def stretch_a_line(mail: bytes, chance: Random) -> bytes:
    """A line is as long as it may be, or longer."""
    spot = _spot(mail, chance)
    return (
        mail[:spot]
        + chance.choice([b"x", b"a ", b"\xc3\xa9", b">", b"<p>"]) * chance.choice([400, 998, 20_000])
        + mail[spot:]
    )


ACCIDENTS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip_bits,
    cut_off,
    lose_a_piece,
    repeat_a_piece,
    swap_pieces,
    put_in_a_token,
    put_in_a_token,
    put_in_a_token,
    put_in_noise,
    go_on_as_another,
    shuffle_fields,
    repeat_a_field,
    swell_a_field,
    swap_charsets,
    swap_encodings,
    encode_the_subject,
    play_with_boundaries,
    nest,
    lose_line_ends,
    stretch_a_line,
)


def _spot(mail: bytes, chance: Random) -> int:
    """A place in the mail; every other time one in its header, where more can go wrong."""
    end = mail.find(b"\r\n\r\n")
    return chance.randint(0, end if end > 0 and chance.random() < 0.5 else len(mail))


def _fields(mail: bytes) -> list[bytes]:
    return _FIELD.findall(mail[: mail.find(b"\r\n\r\n") + 2])


def _body(mail: bytes) -> bytes:
    return mail[mail.find(b"\r\n\r\n") + 2 :]


def _wrapped(mail: bytes, kind: bytes, chance: Random) -> bytes:
    if kind.startswith(b"message/"):
        return b"Subject: 0612345678\r\nContent-Type: " + kind + b"\r\n\r\n" + mail
    boundary = b"b%d" % chance.choice([1, 1, chance.randrange(1000)])
    end = b"--" + boundary + chance.choice([b"--", b"", b"-"]) + b"\r\n"
    head = (
        b"Subject: 0612345678\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + b"; boundary=" + boundary + b"\r\n\r\n"
    )
    return head + b"--" + boundary + b"\r\n" + mail + b"\r\n" + end
