"""How many, how long, how big: what one client may take of the listener, and how it is told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import a_mail, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener, Wire

    Listen = Callable[..., Listener]

QUICK = {"timeout_s": 1, "mail_timeout_s": 1.5}


def a_mail_of(size: int) -> bytes:
    """A mail of about that many bytes, with lines as long as they may be."""
    return a_mail() + b"X" * 900 + (b"\r\n" + b"X" * 900) * (size // 902)


def test_a_client_has_only_so_many_connections(listen: Listen) -> None:
    """The next one is told to come back, and can when one has gone."""
    listener = listen(connections_per_client=2)
    with listener.wire() as first, listener.wire() as second:
        first.reply(), second.reply()
        with listener.wire() as third:
            assert third.replies() == ["421 4.7.0 Too many connections; try again in a minute."]
        first.say("QUIT"), first.replies()
        with listener.wire() as fourth:
            assert fourth.reply().startswith("220")


def test_there_are_only_so_many_connections_in_all(listen: Listen) -> None:
    """Whoever they belong to."""
    listener = listen(connections=1)
    with listener.wire() as first, listener.wire() as second:
        first.reply()
        assert second.reply().startswith("421 4.7.0")


def test_a_silent_client_is_dismissed(listen: Listen) -> None:
    """It is told why, and its place is free again."""
    listener = listen(timeout_s=1)
    with listener.wire() as wire:
        wire.reply()
        assert wire.replies() == ["421 4.4.2 No word from you for too long; goodbye."]
    assert listener.wait_until_alone()


def test_silence_in_the_middle_of_a_mail_is_silence(listen: Listen) -> None:
    """Nothing of the mail is taken."""
    listener = listen(timeout_s=1)
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(a_mail()[:40])
        assert wire.reply().startswith("421 4.4.2")
    assert listener.texts() == []


@pytest.mark.parametrize("phase", ["commands", "mail", "half a command"])
def test_a_client_that_drips_is_cut_off(listen: Listen, phase: str) -> None:
    """It is never silent for long, and never gets to an end: a limit per mail ends it."""
    listener = listen(timeout_s=1, mail_timeout_s=2)
    drop = {"commands": b"NOOP\r\n", "mail": b"x\r\n", "half a command": b"x"}[phase]
    with listener.wire() as wire:
        if phase == "mail":
            wire.begin_data(listener.address)
        else:
            wire.greet()
        answers = drip(wire.send, wire.replies, drop)
    assert answers[-1] == "421 4.4.2 This mail takes too long; goodbye."
    assert listener.texts() == []


def drip(send: Callable[[bytes], None], read_all: Callable[[], list[str]], drop: bytes) -> list[str]:
    """Send drops until the other side closes; what it said."""
    closed = threading.Event()

    def rain() -> None:
        while not closed.wait(0.3):
            try:
                send(drop)
            except OSError:
                return

    dripping = threading.Thread(target=rain)
    dripping.start()
    try:
        return read_all()
    finally:
        closed.set()
        dripping.join()


def test_one_mail_after_the_other_may_take_as_long_as_it_likes(listen: Listen) -> None:
    """The limit is per mail: a front server keeps its connection open."""
    listener = listen(timeout_s=5, mail_timeout_s=1)
    with listener.client() as client:
        for _ in range(3):
            time.sleep(0.6)
            answer = listener.deliver_over(client, a_mail())
    assert answer.startswith("250")


def test_a_client_that_reads_nothing_loses_its_place(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies that nobody takes must not keep a connection for ever."""
    monkeypatch.setattr("hub_mail_to_sms.guest.CLOSE_WITHIN_S", 0.2)
    listener = listen(**QUICK)
    with listener.wire() as wire:
        wire.socket.settimeout(1.0)
        with pytest.raises(OSError, match=r"timed out|reset|Broken"):  # as the buffers will have it
            talk_without_listening(wire)
        assert listener.wait_until_alone(20.0)


def talk_without_listening(wire: Wire) -> None:
    """Send commands and read no reply."""
    for _ in range(100_000):
        wire.send(b"NOOP\r\n" * 1000)


def test_a_mail_announced_too_big_is_refused_before_it_is_sent(listen: Listen) -> None:
    """SIZE at MAIL saves the journey (B42)."""
    with listen(max_size_kb=8).wire() as wire:
        wire.greet()
        answer = wire.say("MAIL FROM:<a@client.example> SIZE=8193")
    assert answer == "552 5.3.4 This mail is too big; the most is 8 kilobytes."


def test_a_mail_that_is_too_big_is_refused_after_its_end(listen: Listen) -> None:
    """Whatever was announced; the dialogue goes on behind it (B42)."""
    listener = listen(max_size_kb=8)
    with listener.client() as client:
        answer = listener.deliver_over(client, a_mail_of(20_000))
        next_answer = listener.deliver_over(client, a_mail())
    assert (answer, next_answer[:3]) == ("552 5.3.4 This mail is too big; the most is 8 kilobytes.", "250")


def test_a_mail_that_just_fits_is_taken(listen: Listen) -> None:
    """The limit is the last size that is taken."""
    mail = a_mail()
    assert listen(max_size_kb=8).deliver(mail + b"\r\n" * ((8192 - len(mail)) // 2)).startswith("250")


@pytest.mark.parametrize(("length", "answer"), [(998, "250"), (999, "500"), (100_000, "500")])
def test_a_line_holds_998_bytes_and_its_end(listener: Listener, length: int, answer: str) -> None:
    """RFC 5321, section 4.5.3.1.6."""
    assert listener.deliver(a_mail() + b"-- \r\n" + b"x" * length)[:3] == answer


def test_the_refusal_of_a_long_line_says_so(listener: Listener) -> None:
    """And the next mail on the connection is taken (B42)."""
    with listener.client() as client:
        answer = listener.deliver_over(client, a_mail() + b"x" * 2000 + b"\r\n.x")
        assert answer == "500 5.5.2 A line of this mail is too long; the most is 998 bytes."
        assert listener.deliver_over(client, a_mail()).startswith("250")


def test_a_mail_of_nothing_but_lines_is_refused(listener: Listener) -> None:
    """Half a million empty lines cost far more than their bytes."""
    assert listener.deliver(b"\r\n" * 60_000).startswith("554 5.6.0 This mail is too complex")


def test_an_account_sends_only_so_many_mails_a_minute(listen: Listen) -> None:
    """The next one is asked to wait, which a mail program does by itself."""
    listener = listen(mails_per_minute=2)
    answers = [listener.deliver(a_mail(sender=f"{name}@salon.example"))[:9] for name in ("un", "deux", "trois")]
    assert answers == ["250 2.0.0", "250 2.0.0", "450 4.7.1"]


def test_an_address_sends_only_so_many_mails_a_minute(listen: Listen) -> None:
    """A script gone wild leaves room for its colleagues."""
    listener = listen(mails_per_minute_per_sender=1)
    answers = [listener.deliver(a_mail(sender=name))[:9] for name in ("a@salon.example", "A@Salon.example", SECOND)]
    assert answers == ["250 2.0.0", "450 4.7.1", "250 2.0.0"]


SECOND = "b@salon.example"


def test_other_accounts_have_limits_of_their_own(listen: Listen) -> None:
    """One account's flood is not the other's."""
    listener = listen(mails_per_minute=1)
    other, _ = listener.hub.core.accounts.create("Another", "FR", credits_=10)
    listener.deliver(a_mail())
    assert listener.deliver(a_mail(), to=listener.addresses.address_of(other.id)).startswith("250")


def test_a_subject_holds_only_so_many_numbers(listen: Listen) -> None:
    """The whole mail is refused: nobody could tell which ones were left out."""
    listener = listen(max_recipients=2)
    answer = listener.deliver(a_mail("0612345678, 0749123456, 0639981234"))
    assert answer == "554 5.5.3 The subject has 3 numbers; the most is 2."


def test_a_text_costs_only_so_many_segments(listen: Listen) -> None:
    """The hub's own cap holds for mails too, and says how long the text is."""
    listener = listen(messages__max_segments=2)
    answer = listener.deliver(a_mail(text="Bonjour, " * 60))
    assert answer.startswith("554 5.2.3 The text takes 4 segments in GSM-7; the most is 2.")


def test_idle_clients_do_not_keep_others_out(listen: Listen) -> None:
    """A hundred that say nothing, and one that sends a mail."""
    listener = listen(connections_per_client=200)
    wires = [listener.wire() for _ in range(100)]
    answer = listener.deliver(a_mail())
    for wire in wires:
        wire.socket.close()
    assert answer.startswith("250")


def test_an_open_connection_takes_many_mails(listener: Listener) -> None:
    """With RSET between them, as relays do."""
    with listener.client() as client:
        for _ in range(20):
            answer = listener.deliver_over(client, a_mail())
            assert said(client.rset()) == "250 2.0.0 Ok"
    assert answer.startswith("250")


def nested(depth: int) -> bytes:
    """Multiparts inside each other."""
    parts = (f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return b"Subject: 0612345678\r\n" + "".join(parts).encode()


@pytest.mark.parametrize(
    "bomb",
    [
        nested(1000),
        b"Subject: 0612345678\r\n" + b"To: " + b"a@b.example,\r\n " * 20_000 + b"c@d.example\r\n\r\nBonjour\r\n",
        b"Subject: 0612345678\r\n" + b"X:y\r\n" * 200_000 + b"\r\nBonjour\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
        b"From: " + b"(" * 900 + b"\r\n " + b"(" * 900 + b"\r\nSubject: 0612345678\r\n\r\n\r\n",
        b"Subject: 06 " + b"x" * 900 + b"\r\n x" * 3000 + b"\r\n\r\nBonjour\r\n",
        b"Subject: 06\r\n" + b"  \r\n" * 3000 + b" 1234\r\n" * 500 + b"\r\nBonjour\r\n",
        b"Subject: 06 12 34 12 " + b"\r\n ".join([b"=?utf-8?q?" + b"<p>" * 250 + b"?="] * 12) + b"\r\n\r\nBonjour\r\n",
    ],
    ids=["nested", "addresses", "fields", "parts", "comments", "a long word", "many words", "a word of marks"],
)
def test_a_mail_made_to_keep_the_hub_busy_does_not(listener: Listener, bomb: bytes) -> None:
    """It is refused, for less than a second of work, that of its sender included (B45)."""
    began = time.process_time()
    answer = listener.deliver(bomb)
    assert (answer[:5], time.process_time() - began < 1.0) == ("554 5", True)


@pytest.mark.parametrize("bomb", ["nested", "addresses", "fields"])
def test_a_mail_made_too_complex_is_told_so(listener: Listener, bomb: str) -> None:
    """In these words, so that nobody looks for a mistake in the numbers (B45)."""
    made = {
        "nested": nested(1000),
        "addresses": b"Subject: 0612345678\r\n" + b"To: " + b"a@b.example,\r\n " * 20_000 + b"c@d.example\r\n\r\nx\r\n",
        "fields": b"Subject: 0612345678\r\n" + b"X:y\r\n" * 200_000 + b"\r\nBonjour\r\n",
    }
    assert listener.deliver(made[bomb]).startswith(
        ("554 5.6.0 The mail is too complex", "554 5.6.0 This mail is too complex")
    )
