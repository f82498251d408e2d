"""A mail is taken once, however often it is sent and whatever happens on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from .conftest import Wire, a_mail, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener

    Listen = Callable[..., Listener]

MESSAGE_ID = "<20261124.1@salon.example>"


def test_the_same_mail_twice_is_one_campaign(listen_on_both: Listen) -> None:
    """The second time its sender is told which one."""
    listener = listen_on_both()
    first = listener.deliver(a_mail(message_id=MESSAGE_ID))
    second = listener.deliver(a_mail(message_id=MESSAGE_ID))
    campaign = first.rpartition(" ")[2].rstrip(".")
    assert second == f"250 2.0.0 Ok: duplicate of {campaign}, nothing sent again."
    assert listener.texts() == ["Bonjour"]


def test_the_same_mail_costs_once(listen_on_both: Listen) -> None:
    """Credits are set aside for the first one only."""
    listener = listen_on_both()
    for _ in range(2):
        listener.deliver(a_mail(message_id=MESSAGE_ID))
    assert listener.hub.core.accounts.balance(listener.hub.account.id).available == 999


def test_the_same_mail_at_the_same_instant_is_one_campaign(listen_on_both: Listen) -> None:
    """Everybody hears yes, and it is sent once."""
    listener = listen_on_both()
    for number in range(5):
        mail = a_mail(text=f"Bonjour {number}", message_id=f"<{number}@salon.example>")
        assert deliver_at_once(listener, mail, times=4) == {"250"}
    assert listener.texts() == [f"Bonjour {number}" for number in range(5)]


def deliver_at_once(listener: Listener, mail: bytes, *, times: int) -> set[str]:
    """Send a mail over several connections in the same moment; the codes they heard."""
    together = threading.Barrier(times)
    codes: list[str] = []

    def deliver() -> None:
        with listener.client() as client:
            client.mail("a@client.example")
            client.rcpt(listener.address)
            together.wait(5)
            codes.append(str(client.data(mail)[0]))

    threads = [threading.Thread(target=deliver) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return set(codes) if len(codes) == times else set()


def test_another_mail_under_the_same_id_is_refused(listen_on_both: Listen) -> None:
    """A script with a fixed Message-ID hears that it is wrong: a yes would lose its mails one by one."""
    listener = listen_on_both()
    listener.deliver(a_mail(message_id=MESSAGE_ID))
    answer = listener.deliver(a_mail(text="Autre chose", message_id=MESSAGE_ID))
    assert answer == ("554 5.6.0 Another mail with this Message-ID was taken before, and this one differs from it.")


def test_the_id_is_the_accounts_own(listen: Listen) -> None:
    """Another account may have the same one."""
    listener = listen()
    other, _ = listener.hub.core.accounts.create("Another", "FR", credits_=10)
    listener.deliver(a_mail(message_id=MESSAGE_ID))
    answer = listener.deliver(a_mail(message_id=MESSAGE_ID), to=listener.addresses.address_of(other.id))
    assert answer.startswith("250 2.0.0 Ok: 1 accepted")


@pytest.mark.parametrize(
    "again", ["<20261124.1@salon.example>", " <20261124.1@salon.example> ", "<20261124.1@\r\n salon.example>"]
)
def test_an_id_is_the_same_however_it_is_folded(listener: Listener, again: str) -> None:
    """Relays fold and unfold fields."""
    listener.deliver(f"Message-ID: {MESSAGE_ID}\r\nSubject: 0612345678\r\n\r\nPli\r\n".encode())
    answer = listener.deliver(f"Message-ID: {again}\r\nSubject: 0612345678\r\n\r\nPli\r\n".encode())
    assert answer.startswith("250 2.0.0 Ok: duplicate of")


def test_mails_without_an_id_are_all_different(listen: Listen) -> None:
    """Nothing says that they are one: an alarm that rings twice rings twice."""
    listener = listen()
    for _ in range(2):
        listener.deliver(a_mail())
    assert len(listener.texts()) == 2


def test_a_mail_whose_yes_was_lost_is_taken_once(listen_on_both: Listen) -> None:
    """The connection broke between the commit and the 250: the sender comes back."""
    listener = listen_on_both()
    mail = a_mail(message_id=MESSAGE_ID)
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(mail + b"\r\n.\r\n")
        wire.reply()
        wire.socket.close()
    assert "duplicate" in listener.deliver(mail)
    assert len(listener.texts()) == 1


DYING = """
import os, signal, sys
from hub.bootstrap import Core, build
accept = Core.accept
def accept_and_die(core, request):
    accept(core, request)
    os.kill(os.getpid(), signal.SIGKILL)
Core.accept = accept_and_die
from hub_mail_to_sms.service import MailService
service = MailService(build())
service.start()
print("listening", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_a_listener_that_dies_between_commit_and_yes_loses_and_doubles_nothing(listen_on_both: Listen) -> None:
    """SIGKILL at the worst moment: the sender hears nothing, comes back, and is told that it is a duplicate."""
    listener = listen_on_both()
    mail, port = a_mail(message_id=MESSAGE_ID), free_port()
    environ = {**os.environ, **environment_of(listener, port)}
    with subprocess.Popen(
        [sys.executable, "-c", DYING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        with Wire(port) as wire:
            wire.begin_data(listener.address)
            wire.send(mail + b"\r\n.\r\n")
            assert wire.replies() == []
    assert process.returncode == -signal.SIGKILL
    assert "duplicate" in listener.deliver(mail)
    assert listener.texts() == ["Bonjour"]


def environment_of(listener: Listener, port: int) -> dict[str, str]:
    """The settings of another process on the same database."""
    core = listener.hub.core
    return {
        "HUB_HUB_DATA_DIR": str(core.data_dir / "other"),
        "HUB_HUB_DATABASE_URL": core.store.url.render_as_string(hide_password=False),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_SECRET_KEY": ",".join(core.vault.keys),
        "HUB_MAIL_TO_SMS_PORT": str(port),
    }
