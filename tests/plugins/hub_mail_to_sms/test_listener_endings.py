"""How connections end before their time: half-closed, broken off, reset; and what is left of them: nothing."""

from __future__ import annotations

import gc
import os
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SENDER, a_mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener, Wire

    Listen = Callable[..., Listener]

OF_THE_DATABASE = 15
"""Files that a few more connections to the database hold, which the pool opens when it is asked for several at once."""


def a_whole_dialogue(listener: Listener, mail: bytes, last: bytes = b"QUIT\r\n") -> bytes:
    """Everything that a client says to send a mail, in one breath."""
    commands = f"EHLO x\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{listener.address}>\r\nDATA\r\n"
    return commands.encode() + mail + b"\r\n.\r\n" + last


@pytest.mark.parametrize(("last", "end"), [(b"QUIT\r\n", "221"), (b"", "421"), (b"NOO", "421")])
def test_a_client_that_has_said_all_hears_all_answers(listen: Listen, last: bytes, end: str) -> None:
    """`printf ... | nc` closes its side at once; what it sent is taken, and it is told so."""
    listener = listen()
    with listener.wire() as wire:
        wire.send(a_whole_dialogue(listener, a_mail(), last))
        wire.finish()
        answers = [answer[:3] for answer in wire.replies()]
    assert answers == ["220", "250", "250", "250", "354", "250", end]
    assert listener.texts() == ["Bonjour"]


def test_a_client_that_stops_speaking_inside_a_mail_is_told_and_nothing_is_taken(listen: Listen) -> None:
    """A mail without its end is no mail."""
    listener = listen()
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(a_mail())
        wire.finish()
        assert wire.replies() == ["421 4.4.2 You say no more; goodbye."]
    assert listener.texts() == []


def test_stopping_to_speak_in_the_middle_of_a_sign_in_ends_it(
    listen: Listen, said_in_the_log: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a hang nor an error in the log."""
    monkeypatch.setattr("hub_mail_to_sms.guest.FAILURE_DELAY_S", 0.05)
    listener = listen()
    with listener.wire() as wire:
        wire.greet()
        wire.say("AUTH LOGIN")
        wire.send(b"half")
        wire.finish()
        assert wire.replies()[-1] == "421 4.4.2 You say no more; goodbye."
    assert [event for event in said_in_the_log if event["log_level"] == "error"] == []


def cut_off(listener: Listener, said: bytes, *, reset: bool) -> None:
    """Say that much of a mail's DATA and be gone."""
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(said)
        if reset:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_mail_that_breaks_off_anywhere_leaves_nothing(
    listen: Listen, said_in_the_log: list[dict[str, Any]], *, reset: bool
) -> None:
    """At every byte of it and of its end: nothing is accepted, nothing is logged as an error, nobody stays."""
    listener = listen(mails_per_minute=1000)
    wire_form = b"From: a@b.example\r\nSubject: 0612345678\r\nMessage-ID: <1@b>\r\n\r\nBonjour\r\n.\r\n"
    for length in range(len(wire_form)):
        cut_off(listener, wire_form[:length], reset=reset)
    assert listener.wait_until_alone()
    assert listener.texts() == []
    assert [event for event in said_in_the_log if event["log_level"] in ("error", "warning")] == []


def open_files() -> int:
    """How many files and sockets this process holds open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the folder changes while it is read


def memory_kb() -> int:
    """How much memory this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def visit(listener: Listener, how: int) -> None:
    """Come and go in one of several ways."""
    with listener.wire() as wire:
        endings: list[Callable[[Wire], object]] = [
            lambda wire: wire.say("QUIT"),
            lambda wire: wire.begin_data(listener.address),
            lambda wire: wire.send(b"x" * 3000),
            lambda wire: wire.send(a_whole_dialogue(listener, a_mail())),
            lambda wire: wire.finish(),
        ]
        endings[how % len(endings)](wire)


def test_a_thousand_visits_leave_no_file_and_no_memory_behind(listen: Listen) -> None:
    """However they end; the first hundred pay for what a process reads once."""
    listener = listen(mails_per_minute=100_000, mails_per_minute_per_sender=100_000)
    for number in range(100):
        visit(listener, number)
    assert listener.wait_until_alone()
    gc.collect()
    files, memory = open_files(), memory_kb()
    for number in range(1000):
        visit(listener, number)
    assert listener.wait_until_alone()
    gc.collect()
    assert open_files() <= files + OF_THE_DATABASE
    assert memory_kb() - memory < 5_000  # five kilobytes a visit; one that is kept has fifteen


def test_five_hundred_silent_clients_are_let_in_and_let_go(listen: Listen) -> None:
    """Somebody else is served meanwhile, and afterwards every file is closed again."""
    listener = listen(connections=600, connections_per_client=600)
    listener.deliver(a_mail())
    files = open_files()
    wires = [listener.wire() for _ in range(500)]
    greetings = {wire.reply()[:3] for wire in wires}
    answer = listener.deliver(a_mail())
    for wire in wires:
        wire.socket.close()
    assert (greetings, answer[:3]) == ({"220"}, "250")
    assert listener.wait_until_alone()
    assert open_files() <= files + OF_THE_DATABASE


def test_silent_clients_make_room_by_themselves(listen: Listen) -> None:
    """Every place is taken; when the silent have been dismissed, the next client is let in."""
    listener = listen(connections=20, timeout_s=1)
    wires = [listener.wire() for _ in range(20)]
    for wire in wires:
        assert wire.reply().startswith("220")
    assert listener.wire().reply().startswith("421 4.7.0")
    assert {tuple(wire.replies()) for wire in wires} == {("421 4.4.2 No word from you for too long; goodbye.",)}
    assert listener.wait_until_alone()
    assert listener.deliver(a_mail()).startswith("250")
