from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_mail_to_sms.paths import NULL_PATH, read_parameters, read_path


@pytest.mark.parametrize(
    ("argument", "read"),
    [
        ("<a@x.example>", ("a@x.example", "")),
        ("<a@x.example> SIZE=1 BODY=8BITMIME", ("a@x.example", "SIZE=1 BODY=8BITMIME")),
        ("a@x.example SIZE=1", ("a@x.example", "SIZE=1")),
        ("<>", (NULL_PATH, "")),
        ("<> AUTH=<>", (NULL_PATH, "AUTH=<>")),
        ("<root>", ("root", "")),
        ('<"a b"@x.example>', ('"a b"@x.example', "")),
        ('<"a>\\"<b"@x.example>', ('"a>\\"<b"@x.example', "")),
        ("<@one.example,@two.example:a@x.example>", ("a@x.example", "")),
        ("<a@[192.0.2.1]>", ("a@[192.0.2.1]", "")),
        ("<é@x.example>", ("é@x.example", "")),
        ("<a@x.example>SIZE=1", None),
        ("<a@x.example", None),
        ("a@x.example>", None),
        ("<a b@x.example>", None),
        ("<a\x00@x.example>", None),
        ("<a\x7f@x.example>", None),
        ("<a\u200b@x.example>", None),
        ("<\udce9@x.example>", None),
        ('<"a\r"@x.example>', None),
        (f"<{'a' * 400}@x.example>", None),
        ('<"open@x.example>', None),
        ("(((a)))", ("(((a)))", "")),
    ],
)
def test_an_address_is_read_or_refused(argument: str, read: tuple[str, str] | None) -> None:
    """As strictly as RFC 5321 where it matters, as kindly as possible where it does not."""
    assert read_path(argument) == read


@given(st.text(max_size=400))
def test_an_address_that_was_read_is_printable(argument: str) -> None:
    """Whatever was sent, nothing else goes on from here."""
    read = read_path(argument)
    assert read is None or (read[0].isprintable() and read[0])


@pytest.mark.parametrize(
    "argument", ["<" * 1000, '<"' * 500, '<"' + "\\" * 999, "(" * 1000, "<@" + ":" * 900, "<" + '""' * 450]
)
def test_reading_an_address_never_takes_long(argument: str) -> None:
    """The patterns do not go back over what they have read."""
    began = time.perf_counter()
    read_path(argument)
    assert time.perf_counter() - began < 0.01


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ([], {}),
        (["SIZE=100"], {"SIZE": "100"}),
        (["SMTPUTF8"], {"SMTPUTF8": True}),
        (["X-NEW=1"], {"X-NEW": "1"}),
        (["AUTH=<>", "RET=HDRS", "ENVID=A+20B=", "NOTIFY=SUCCESS,FAILURE", "ORCPT=RFC822;A@X"], {}),
        (["SIZE"], None),
        (["SIZE="], None),
        (["SIZE=-1"], None),
        (["SIZE=²"], None),
        (["SIZE=" + "9" * 21], None),
        (["=1"], None),
        (["-X=1"], None),
        (["X=\x01"], None),
        (["É=1"], None),
    ],
)
def test_parameters_are_read_or_refused(words: list[str], read: dict[str, str | bool] | None) -> None:
    """Those of Exchange and its like are left out; those nobody knows are left for a no."""
    assert read_parameters(words) == read
