"""One mail is one mail, whatever it holds and wherever it breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import a_mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener

    Listen = Callable[..., Listener]

SMUGGLED = (
    b"MAIL FROM:<boss@evil.example>\r\nRCPT TO:<%b>\r\nDATA\r\nSubject: 0749123456\r\n\r\nSmuggled\r\n.\r\nQUIT\r\n"
)


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n\n.\r\n"])
def test_a_mail_that_another_server_might_end_earlier_is_refused_whole(listen: Listen, ending: bytes) -> None:
    """Neither the first half of it is taken nor what it tried to smuggle in (CVE-2023-51764 and its kin) (B39)."""
    listener = listen()
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(b"Subject: 0612345678\r\n\r\nFirst" + ending + SMUGGLED % listener.address.encode())
        answers = wire.replies()
    assert answers[0].startswith("554 5.6.0 A line of this mail ends in CR or LF alone")
    assert len(answers) == 2
    assert listener.texts() == []


def test_dots_at_the_beginning_of_lines_arrive(listen: Listen) -> None:
    """What SMTP adds it takes away (B39)."""
    listener = listen()
    listener.deliver(a_mail(text="Menu:\n.\n..\n.soupe\nfin"))
    assert listener.texts() == ["Menu:\n.\n..\n.soupe\nfin"]


def test_eight_bit_text_arrives_unannounced(listen: Listen) -> None:
    """Without BODY=8BITMIME, and without a charset: devices do so."""
    listener = listen()
    listener.deliver("Subject: 0612345678\r\n\r\nDéjà prêt à 5 €\r\n".encode())
    assert listener.texts() == ["Déjà prêt à 5 €"]


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(listen: Listen) -> None:
    """A mail without its end is no mail."""
    listener = listen()
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(a_mail())
    assert listener.wait_until_alone()
    assert listener.texts() == []


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x1b", b"\x7f"])
def test_control_characters_in_the_header_are_refused(listener: Listener, control: bytes) -> None:
    """They have no place there."""
    assert listener.deliver(b"Subject: 06" + control + b"12345678\r\n\r\nBonjour\r\n").startswith("554 5.6.0")
