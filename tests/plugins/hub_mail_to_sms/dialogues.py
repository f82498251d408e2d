"""SMTP dialogues after accidents: lines lost, doubled, out of order, garbled; sent in one breath or byte by byte."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = (
    *(b"EHLO client.example", b"HELO box", b"NOOP", b"RSET", b"HELP", b"VRFY a", b"EXPN b", b"QUIT", b"DATA", b"."),
    *(b"MAIL FROM:<a@client.example>", b"MAIL FROM:<>", b"MAIL FROM:<a@client.example> SIZE=99999999999 BODY=8BITMIME"),
    *(b"RCPT TO:<sms@sms.localhost>", b"RCPT TO:<nobody@sms.localhost>", b"RCPT TO:<@a,@b:c@elsewhere.example>"),
    *(b"AUTH PLAIN", b"AUTH LOGIN", b"AUTH PLAIN =", b"AUTH CRAM-MD5", b"AUTH LOGIN " + b64encode(b"Salon Exemple")),
    b"AUTH PLAIN " + b64encode(b"\0Salon Exemple\0wrong"),
    *(b"STARTTLS", b"STARTTLS now", b"BDAT 10 LAST", b"ETRN x", b"XCLIENT ADDR=127.0.0.1", b"TURN", b"SEND FROM:<a@b>"),
    *(
        b"",
        b" ",
        b"\x00",
        b"\xff\xfb\x01",
        b"\x16\x03\x01\x02",
        b"GET / HTTP/1.1",
        b"*",
        b64encode(b"x" * 900),
        b"-" * 60,
    ),
)


def dialogue(seed: int, number: int, to: str) -> list[bytes]:
    """What a client sends over one connection, piece by piece; the same for the same seed and number."""
    chance = Random(f"{seed}/{number}")  # noqa: S311 - the same dialogues every time
    lines = _ordinary(to, number)
    for _ in range(chance.randint(0, 5)):
        lines = chance.choice(ACCIDENTS)(lines, chance)
    return _cut(b"".join(line + _line_end(chance) for line in lines), chance)


def _ordinary(to: str, number: int) -> list[bytes]:
    mail = b"From: a@client.example\r\nMessage-ID: <%d@dialogues>\r\nSubject: 0612345678\r\n\r\nDialogue" % number
    return [
        b"EHLO client.example",
        b"MAIL FROM:<a@client.example>",
        b"RCPT TO:<%b>" % to.encode(),
        b"DATA",
        *mail.split(b"\r\n"),
        b".",
        b"QUIT",
    ]


def lose_a_line(lines: list[bytes], chance: Random) -> list[bytes]:
    """One is never said."""
    spot = chance.randrange(len(lines) + 1)
    return lines[:spot] + lines[spot + 1 :]


def say_a_line_again(lines: list[bytes], chance: Random) -> list[bytes]:
    """One is said twice, or thirty times."""
    spot = chance.randrange(len(lines) + 1)
    return lines[:spot] + lines[spot : spot + 1] * chance.choice([2, 2, 30]) + lines[spot + 1 :]


def say_something_else(lines: list[bytes], chance: Random) -> list[bytes]:
    """Another command comes in between."""
    spot = chance.randrange(len(lines) + 1)
    return [*lines[:spot], chance.choice(COMMANDS), *lines[spot:]]


def lose_the_order(lines: list[bytes], chance: Random) -> list[bytes]:
    """Two lines change places, or all of them."""
    if len(lines) < 2 or chance.random() < 0.2:
        return chance.sample(lines, len(lines))
    one, two = sorted(chance.sample(range(len(lines)), 2))
    return [*lines[:one], lines[two], *lines[one + 1 : two], lines[one], *lines[two + 1 :]]


def begin_again(lines: list[bytes], chance: Random) -> list[bytes]:
    """After all that is said, it is said again."""
    return lines[: chance.randrange(len(lines) + 1)] + lines


def garble_a_line(lines: list[bytes], chance: Random) -> list[bytes]:
    """One is not what it should be."""
    if not lines:
        return lines
    spot = chance.randrange(len(lines))
    return [*lines[:spot], chance.choice(GARBLES)(lines[spot], chance), *lines[spot + 1 :]]


ACCIDENTS: tuple[Callable[[list[bytes], Random], list[bytes]], ...] = (
    lose_a_line,
    say_a_line_again,
    say_something_else,
    say_something_else,
    lose_the_order,
    begin_again,
    garble_a_line,
    garble_a_line,
)


def _put_in(line: bytes, chance: Random) -> bytes:
    spot = chance.randrange(len(line) + 1)
    odd = (
        b"\x00",
        b"\x07",
        b"\xff",
        b"\xc3\xa9",
        b" ",
        b"\t",
        b"<",
        b">",
        b'"',
        b"\\",
        b":",
        b"@",
        b"\r",
        b"\n",
        b"\n.\n",
    )
    return line[:spot] + chance.choice(odd) * chance.choice([1, 1, 50]) + line[spot:]


def _lengthen(line: bytes, chance: Random) -> bytes:
    return line + chance.choice([b"x", b" ", b" A=B", b"\xc3\xa9"]) * chance.choice([240, 500, 990, 1001, 40_000])


def _swap_case(line: bytes, _: Random) -> bytes:
    return line.swapcase()


def _shorten(line: bytes, chance: Random) -> bytes:
    return line[: chance.randrange(len(line) + 1)]


def _flip(line: bytes, chance: Random) -> bytes:
    bent = bytearray(line or b"x")
    bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
    return bytes(bent)


GARBLES: tuple[Callable[[bytes, Random], bytes], ...] = (_put_in, _put_in, _lengthen, _swap_case, _shorten, _flip)


def _line_end(chance: Random) -> bytes:
    return b"\r\n" if chance.random() < 0.99 else chance.choice([b"\n", b"\r", b"\r\r\n", b""])


def _cut(data: bytes, chance: Random) -> list[bytes]:
    """One breath, or several."""
    spots = sorted(chance.choices(range(len(data) + 1), k=chance.choice([0, 1, 5, 40])))
    return [data[start:stop] for start, stop in pairwise([0, *spots, len(data)])]
