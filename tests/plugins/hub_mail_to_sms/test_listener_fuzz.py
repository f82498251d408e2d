"""Mutilated mails on one connection: each is answered with a sentence, and the listener goes on."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import a_mail

if TYPE_CHECKING:
    import smtplib

    from .conftest import Listener

FOLDER = Path(__file__).parent / "mails"
MAILS = [path.read_bytes().replace(b"06 39 98", b"06 12 34") for path in sorted(FOLDER.glob("*.eml"))]
TOKENS = (
    *(
        b"\x00",
        b"\xff",
        b"\xe9",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\n.\n",
        b"\r\n.\r\n",
        b"\x1b$B",
        b"\xef\xbf\xbe",
    ),
    *(
        b'"',
        b";",
        b"(",
        b"((((",
        b"<",
        b">",
        b"@",
        b"--",
        b"=",
        b"=?",
        b"?=",
        b"=?utf-8?b?",
        b"boundary=",
        b"charset=idna",
    ),
    b"Subject: 0612345678\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Message-ID: <[x]@microsoft.com>\r\n",
    b"Auto-Submitted: auto-replied\r\n",
    b"x" * 1200,
)
ROUNDS, MUTANTS = 5, 100
REPLY = re.compile(r"(?:2|4|5)\d\d (?:2|4|5)\.\d\.\d [ -~]{5,}")


def mutant(chance: random.Random) -> bytes:
    """A mail with a few things torn out, doubled or put in."""
    mail = bytearray(chance.choice(MAILS).replace(b"\n", b"\r\n"))
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(mail))
        end = min(len(mail), start + chance.choice([0, 1, 10, 200]))
        piece = chance.choice([b"", bytes(mail[start:end]) * 2, chance.choice(TOKENS), chance.randbytes(3)])
        mail[start:end] = piece
    return bytes(mail)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_mutilated_mail_is_answered_with_a_sentence(listener: Listener, seed: int) -> None:
    """Accepted, refused or put off, on a connection that stays in step; and then comes an ordinary mail."""
    chance = random.Random(seed)  # noqa: S311 - the same mutants every time
    with listener.client() as client:
        answers = {wire_answer(listener, client, mutant(chance)) for _ in range(MUTANTS)}
        assert listener.deliver_over(client, a_mail(text=f"Après {seed}")).startswith("250")
    assert [answer for answer in answers if not REPLY.fullmatch(answer)] == []
    assert not any(answer.startswith("451 4.3.0") for answer in answers)


def wire_answer(listener: Listener, client: smtplib.SMTP, mail: bytes) -> str:
    """Send a mail with just the bytes it has (smtplib would mend its line ends), and read the reply."""
    client.mail("a@client.example")
    client.rcpt(listener.address)
    client.docmd("DATA")
    client.send((b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.\r\n")
    code, words = client.getreply()
    client.rset()
    return f"{code} {words.decode()}"
