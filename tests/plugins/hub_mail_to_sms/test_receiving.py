from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.receiving import MOST_LINES, Fault, Received, receive

MOST = 100_000


def received(wire: bytes, most: int = MOST) -> tuple[Received, bytes]:
    """What was received of what came over the wire, and what was left of it."""

    async def read() -> tuple[Received, bytes]:
        reader = asyncio.StreamReader(limit=1001)
        reader.feed_data(wire)
        reader.feed_eof()
        return await receive(reader, most), await reader.read()

    return asyncio.run(read())


def stuffed(lines: list[bytes]) -> bytes:
    """Lines as a client sends them: a dot before each that begins with one, and a dot alone at the end."""
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in [*lines]) + b".\r\n"


LINES = st.lists(st.binary(max_size=998).map(lambda line: line.translate(None, b"\r\n")), max_size=20)


@given(LINES)
def test_a_mail_arrives_as_it_was_written(lines: list[bytes]) -> None:
    """Dots and all, and what follows stays where it is."""
    content, left = received(stuffed(lines) + b"QUIT\r\n")
    assert (content, left) == (Received(b"".join(line + b"\r\n" for line in lines)), b"QUIT\r\n")


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_whatever_is_sent_has_one_end(data: bytes, most: int) -> None:
    """A mail ends at CR LF dot CR LF at the latest, and what is kept of it is never more than allowed."""
    content, left = received(data + b"\r\n.\r\nQUIT\r\n", most)
    assert left.endswith(b"QUIT\r\n")
    assert len(content.content) <= most


@pytest.mark.parametrize(
    "ending",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\n\n.\r\n",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
    ],
)
def test_nothing_but_cr_lf_dot_cr_lf_ends_a_mail(ending: bytes) -> None:
    """What another server might take for the end does not let a second mail in."""
    smuggled = b"MAIL FROM:<a@evil.example>\r\nRCPT TO:<b@sms.localhost>\r\nDATA\r\nSubject: 0612345678\r\n\r\nHa"
    content, left = received(b"Subject: x\r\n\r\nfirst" + ending + smuggled + b"\r\n.\r\nQUIT\r\n")
    assert left == b"QUIT\r\n"
    assert content.fault is Fault.BARE_LINE_END or smuggled in content.content


@pytest.mark.parametrize(
    "data",
    [
        *(b"a\rb\r\n", b"a\nb\r\n", b"\r\r\n", b"\n\r\n", b"a\n.\r\n"),
        *(b"a line\n" * 1000 + b"\r\n", b"a line\r" * 1000 + b"\r\n"),
    ],
)
def test_a_bare_line_end_is_a_fault(data: bytes) -> None:
    """Nothing is kept of a mail that two servers would read differently."""
    assert received(data + b".\r\n")[0] == Received(b"", Fault.BARE_LINE_END)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"x" * 998 + b"\r\n", None),
        (b"." + b"." * 998 + b"\r\n", None),
        (b"x" * 999 + b"\r\n", Fault.LINE_TOO_LONG),
        (b"x" * 50_000 + b"\r\n", Fault.LINE_TOO_LONG),
        (b"x" * 2000 + b"\r\n.more\r\n", Fault.LINE_TOO_LONG),
        (b"y" * 100 + b"\r\n" + b"x\r\n" * 40_000, Fault.TOO_BIG),
        (b"\r\n" * (MOST_LINES - 1), None),
        (b"\r\n" * (MOST_LINES + 1), Fault.TOO_MANY_LINES),
    ],
)
def test_each_limit_has_its_fault(data: bytes, fault: Fault | None) -> None:
    """The first one found is told."""
    assert received(data + b".\r\nQUIT\r\n", MOST + 10)[0].fault is fault


def test_the_dot_at_the_end_of_a_long_line_ends_nothing() -> None:
    """A piece of a line is no line."""
    assert received(b"x" * 3000 + b".\r\nmore\r\n.\r\nQUIT\r\n") == (Received(b"", Fault.LINE_TOO_LONG), b"QUIT\r\n")


def test_a_mail_without_an_end_is_no_mail() -> None:
    """The connection broke."""
    with pytest.raises(asyncio.IncompleteReadError):
        received(b"Subject: x\r\n\r\nhello\r\n")
