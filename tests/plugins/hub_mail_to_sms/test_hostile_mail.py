"""Mails made to break or to stop a reader: reference, reliability, section 3.1 and rows B45, B46."""

from __future__ import annotations

import inspect
import random
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.mail import UnreadableMail, UnreadableReason
from hub_mail_to_sms.reading import read_mail

HEADER = b"From: salon@example.org\r\nSubject: 0639981234\r\n"
HTML = HEADER + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
SEEDS = [path.read_bytes().replace(b"\n", b"\r\n") for path in sorted((Path(__file__).parent / "mails").glob("*.eml"))]
TOKENS = (
    *b"\x00 \xff \xe9 \r \n \r\n\r\n \x1b$B \xef\xbf\xbe \" ; ( < > @ -- '' =\r\n =? ?= =?utf-8?b? *0*=".split(b" "),
    *b"boundary= charset= charset=idna charset=utf-7 charset=utf-16 format=flowed".split(b" "),
    *b"<div <table> <!-- &#0; &#x110000; [cid:x] href='\x01'".split(b" "),
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/delivery-status\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: attachment; filename*=x'y'z\r\n",
    b"Message-ID: <[x]@microsoft.com>\r\n",
    b"From: (((\r\n",
)
ROUNDS = 8
MUTANTS_PER_ROUND = 250


def nested(depth: int, content_type: bytes = b"multipart/mixed") -> bytes:
    """Return a mail with so many parts inside each other."""
    lines = [b"Content-Type: %b; boundary=b%d\r\n\r\n--b%d\r\n" % (content_type, n, n) for n in range(depth)]
    return HEADER + b"".join(lines) + b"\r\nBonjour"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(nested(1000), id="1000 multiparts inside each other"),
        pytest.param(nested(11), id="11 multiparts inside each other"),
        pytest.param(
            HEADER + b"Content-Type: message/rfc822\r\n\r\n" * 900, id="900 forwarded mails inside each other"
        ),
        pytest.param(HEADER + b"To: " + b"a@b.example, " * 20_000 + b"\r\n\r\nx", id="20 000 addresses, 260 kB"),
        pytest.param(HEADER + b"To: " + b"a@b.co, " * 7_000 + b"\r\n\r\nx", id="7 000 addresses, 56 kB"),
        pytest.param(HEADER + b"A: b\r\n" * 150_000 + b"\r\nx", id="150 000 header fields"),
        pytest.param(
            HEADER + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
            id="10 000 parts",
        ),
        pytest.param(
            HEADER + b"Content-Type: message/delivery-status\r\n\r\n" + b"A: b\r\n\r\n" * 20_000,
            id="20 000 reports in one part",
        ),
        pytest.param(HEADER + b"Content-Type: text/plain" + b';"' * 30_000 + b"\r\n\r\nx", id="30 000 parameters"),
        pytest.param(HEADER + b"\r\n" + b"\n" * 1_000_000, id="a million lines"),
        pytest.param(HTML + b"<div>" * 100_000, id="100 000 elements"),
        pytest.param(HTML + b"<div>" * 300 + b"x", id="300 elements inside each other"),
        pytest.param(HTML + b"abc " * 200_000, id="800 kB of HTML"),
    ],
)
def test_a_bomb_is_refused_as_too_complex(raw: bytes) -> None:
    """It is refused by counting, before anything works on it for long."""
    with pytest.raises(UnreadableMail) as caught:
        read_mail(raw)
    assert caught.value.reason_code is UnreadableReason.TOO_COMPLEX


PICTURE = b'<img src="data:image/png;base64,' + b"A" * 900_000 + b'">Bonjour'
WIDE_TABLE = b"<table>" + b"<tr><td>a</td></tr>" * 9 + b"<tr><td>" + b"x" * 200_000 + b"</table>"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"From: " + b"(" * 5000 + b")" * 5000 + b"\r\n\r\nBonjour", "Bonjour", id="5 000 nested comments"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a" * 5500 + b"\r\n\r\nBonjour", "Bonjour", id="5 500 open words"),
        pytest.param(
            HEADER + b"Content-Type: text/plain; charset=punycode\r\n\r\na-" + b"z" * 900_000,
            "a-" + "z" * 900_000,
            id="a charset that takes quadratic time",
        ),
        pytest.param(
            HTML + b"<p " + b" ".join(b"a%d=1" % n for n in range(90_000)) + b">Bonjour",
            "Bonjour",
            id="90 000 attributes",
        ),
        pytest.param(HTML + b"<?" * 400_000, "", id="400 000 open instructions"),
        pytest.param(HTML + b"<!--" * 200_000, "", id="200 000 open comments"),
        pytest.param(HTML + WIDE_TABLE, "a\n" * 9 + "x" * 200_000, id="a table with one very wide cell"),
        pytest.param(HTML + b'<p style="margin-top:99999em">Bonjour', "Bonjour", id="a huge margin"),
        pytest.param(HTML + PICTURE, "Bonjour", id="a picture in the HTML"),
        pytest.param(HEADER + b"\r\n" + b"Le 4 mai 2027\n" * 40_000, "Le 4 mai 2027\n" * 40_000, id="almost quotes"),
        pytest.param(HEADER + b"\r\n" + b"[cid:" * 200_000, "[cid:" * 200_000, id="almost pictures"),
    ],
)
def test_what_used_to_take_long_is_read(raw: bytes, text: str) -> None:
    """Costly but lawful mail comes out whole (the time limit of the suite is the judge of its cost)."""
    assert read_mail(raw).text == text.strip()


def test_even_a_full_stack_ends_in_a_refusal() -> None:
    """What the limits did not foresee is refused as well, here a RecursionError amid lawful HTML."""
    with pytest.raises(UnreadableMail) as caught:
        read_deep_in_the_stack(HTML + b"<div>" * 240 + b"x", frames_left=150)
    assert isinstance(caught.value.__cause__, RecursionError)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_mutilated_mail_is_read_or_refused(seed: int) -> None:
    """Whatever happens to the bytes of a mail, nothing but UnreadableMail is raised, and no text has controls."""
    chance = random.Random(seed)  # noqa: S311 - the same mutants every time
    for _ in range(MUTANTS_PER_ROUND):
        assert_read_or_refused(mutate(chance))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Bytes that never were a mail do no more harm than a mail."""
    assert_read_or_refused(raw)


@given(st.text(max_size=300), st.sampled_from(["plain", "html"]))
def test_any_text_is_read_or_refused(text: str, kind: str) -> None:
    """Any text in any alphabet comes out printable, or is refused."""
    encoded = text.encode("utf-8", "replace")
    assert_read_or_refused(HEADER + b"Content-Type: text/" + kind.encode() + b"; charset=utf-8\r\n\r\n" + encoded)


def read_deep_in_the_stack(raw: bytes, frames_left: int) -> None:
    """Read the mail where the interpreter allows only so many further calls."""
    frames = sys.getrecursionlimit() - len(inspect.stack(0)) - frames_left

    def descend(frames: int) -> None:
        if frames:
            descend(frames - 1)
        else:
            read_mail(raw)

    descend(frames)


def assert_read_or_refused(raw: bytes) -> None:
    """Read the mail; what comes out must be what every store and every carrier takes."""
    words = printed(raw)
    letters = {letter for word in words for letter in word} - {"\n", "\t"}
    assert not {unicodedata.category(letter) for letter in letters} & {"Cc", "Cs"}


def printed(raw: bytes) -> list[str]:
    """Return every string that the mail is read as, or the sentence of its refusal."""
    try:
        mail = read_mail(raw)
    except UnreadableMail as refusal:
        return [refusal.sentence]
    return [mail.subject, mail.text, mail.from_address, mail.message_id or "", *mail.attachments, *mail.notes]


def mutate(chance: random.Random) -> bytes:
    """Return one of the stored mails after up to six accidents."""
    raw = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        spot, other = chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)
        match chance.randrange(7):
            case 0:
                raw[spot : spot + 1] = bytes([chance.randrange(256)])
            case 1:
                del raw[spot : spot + chance.randint(1, 40)]
            case 2:
                raw[spot:spot] = chance.choice(TOKENS)
            case 3:
                raw[spot:spot] = raw[spot : spot + chance.randint(1, 200)]
            case 4:
                raw[spot:] = chance.choice(SEEDS)[chance.randrange(400) :]
            case 5:
                del raw[spot:]
            case _:
                raw[spot : spot + 20], raw[other : other + 20] = raw[other : other + 20], raw[spot : spot + 20]
    return bytes(raw)
