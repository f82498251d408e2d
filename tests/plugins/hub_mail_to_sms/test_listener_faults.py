"""What goes wrong inside the hub: the client hears that it should come back, and nothing else."""

from __future__ import annotations

import io
import logging
import re
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from hub.errors import StoreUnavailable
from hub.observe import configure_logging
from hub_mail_to_sms import guest
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.handler import Mailroom
from hub_mail_to_sms.service import DECIDERS, MailService

from .conftest import Wire, a_mail, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.messages.model import Acceptance, CampaignRequest
    from hub.testing.databases import Databases

    from .conftest import Listener

    Listen = Callable[..., Listener]

SECRETS = ("0612345678", "612345678", "hub_live_", "salon.example", "Bonjour")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as the hub logs it."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    structlog.reset_defaults()
    configure_logging("debug", "json")
    structlog.configure(cache_logger_on_first_use=False)  # what is cached would outlive the test
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


def break_down(listener: Listener, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the core raise that on every campaign."""

    def accept(_: object, request: CampaignRequest) -> Acceptance:
        del request
        raise error

    monkeypatch.setattr(type(listener.hub.core), "accept", accept)


def test_a_locked_database_keeps_nothing_and_asks_for_another_try(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that does not come to its end, and a mail that waits no longer than it must."""
    monkeypatch.setattr("hub.store.engine.BUSY_TIMEOUT_S", 0.2)
    monkeypatch.setattr("hub.store.engine._PRAGMAS", ("PRAGMA busy_timeout=200",))
    listener = listen()
    with listener.hub.core.write():
        answer = listener.deliver(a_mail())
    assert answer == "451 4.3.0 The hub cannot keep this mail now; please send it again."
    assert listener.deliver(a_mail()).startswith("250")
    assert len(listener.texts()) == 1


def test_a_database_that_has_gone_asks_for_another_try(
    listen_on: Callable[..., Listener], databases: Databases
) -> None:
    """A server that ends every connection and takes no new one: nothing of its words reaches the client."""
    listener = listen_on("postgresql")
    with listener.client() as client:
        client.mail("a@client.example")
        client.rcpt(listener.address)
        databases._administer(f'DROP DATABASE "{listener.hub.core.store.url.database}" WITH (FORCE)')
        answer = said(client.data(a_mail()))
    assert answer == "451 4.3.0 The hub cannot keep this mail now; please send it again."


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (StoreUnavailable("The database did not take it: postgres://hub:HUNTER-2@db"), "451 4.3.0 The hub cannot keep"),
        (StoreUnavailable("The database did not take it: database or disk is full."), "452 4.3.1 The hub cannot keep"),
        (RuntimeError("db down postgres://hub:HUNTER-2@db"), "451 4.3.0 This did not work, through no fault of yours"),
        (RecursionError("deep"), "451 4.3.0 This did not work, through no fault of yours"),
    ],
)
def test_no_word_of_an_exception_reaches_the_client(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, error: Exception, answer: str
) -> None:
    """Only a sentence, a code that says try again, and a reference."""
    listener = listen()
    break_down(listener, monkeypatch, error)
    reply = listener.deliver(a_mail())
    assert reply.startswith(answer)
    assert "HUNTER" not in reply


def test_an_address_that_cannot_be_looked_up_is_not_unknown(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """550 would take it out of address books; 451 makes the sender come back."""
    listener = listen()

    def away(_: Addresses, local_part: str) -> int:
        raise StoreUnavailable(f"The database did not take it: {local_part}.")

    monkeypatch.setattr(Addresses, "account_of", away)
    assert listener.deliver(a_mail()) == "451 4.3.0 The hub cannot keep this mail now; please send it again."


def test_after_an_exception_the_dialogue_goes_on(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next mail on the same connection is taken, without RSET."""
    listener = listen()
    with listener.client() as client:
        with monkeypatch.context() as broken:
            break_down(listener, broken, RuntimeError("once"))
            first = listener.deliver_over(client, a_mail())
        assert (first[:9], listener.deliver_over(client, a_mail())[:9]) == ("451 4.3.0", "250 2.0.0")


def test_the_reference_leads_to_the_log(listen: Listen, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    """What the operator is told by a puzzled sender is found there, with its traceback."""
    listener = listen()
    break_down(listener, monkeypatch, RuntimeError("the reason"))
    reference = listener.deliver(a_mail()).rpartition(" ")[2]
    line = next(line for line in logged.getvalue().splitlines() if reference in line)
    assert "the reason" in line
    assert "Traceback" in line


def test_a_reference_never_looks_like_a_phone_number(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are shortened in the log, and such a reference would not be found again."""
    listener = listen()
    break_down(listener, monkeypatch, RuntimeError("the reason"))
    assert re.search(r" Reference [a-z]{10}$", listener.deliver(a_mail()))


def test_the_log_holds_no_number_no_token_and_no_text(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    """Not at its most talkative, and not when something breaks that quotes them all."""
    monkeypatch.setattr(guest, "FAILURE_DELAY_S", 0.0)
    listener = listen(accept="auth")
    token = listener.hub.token
    with listener.client() as client:
        client.docmd("AUTH", "PLAIN " + b64encode(f"\0Salon Exemple\0{token}x".encode()).decode())
        client.docmd(b64encode(f"\0Salon Exemple\0{token}".encode()).decode())
        client.login(listener.hub.account.name, token)
        listener.deliver_over(client, a_mail())
        listener.deliver_over(client, a_mail("[foo] 0612345678"))
        listener.deliver_over(client, a_mail("0123456789"))
        break_down(listener, monkeypatch, RuntimeError(f"+33612345678 and {token}"))
        listener.deliver_over(client, a_mail())
    for word in (*SECRETS, token, b64encode(token.encode()).decode()[:20]):
        assert word.lower() not in logged.getvalue().lower(), word


def test_signing_in_leaves_no_warning(listen: Listen, logged: io.StringIO) -> None:
    """Of its own deprecated attribute aiosmtpd would speak each time."""
    listener = listen(accept="auth")
    with listener.client() as client:
        client.login(listener.hub.account.name, listener.hub.token)
    assert "deprecated" not in logged.getvalue()


def test_a_connection_that_resets_is_no_error(listen: Listen, logged: io.StringIO) -> None:
    """Clients die in the middle of things; nobody needs a traceback of it."""
    listener = listen()
    for _ in range(5):
        wire = listener.wire()
        wire.begin_data(listener.address)
        wire.socket.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: a reset instead of an end
        wire.socket.close()
    assert listener.wait_until_alone()
    assert "error" not in logged.getvalue()


def test_a_decision_that_takes_too_long_is_answered_in_time(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """451, and when the work is done after all, the second try is told so and sends nothing again."""
    listener = listen()
    monkeypatch.setattr(listener.service, "_door", slow_door(listener.service, 0.3))
    decide, go_on, done = Mailroom.decide, threading.Event(), threading.Event()

    def slow(self: Mailroom, delivery: Any) -> str:
        go_on.wait(5)
        try:
            return decide(self, delivery)
        finally:
            done.set()

    mail = a_mail(message_id="<slow@salon.example>")
    with monkeypatch.context() as slowly:
        slowly.setattr(Mailroom, "decide", slow)
        first = listener.deliver(mail)
        go_on.set()
        done.wait(5)
    second = listener.deliver(mail)
    assert (first, second[:31]) == (
        "451 4.3.2 This took too long; please send it again.",
        "250 2.0.0 Ok: duplicate of 01M8",
    )
    assert len(listener.texts()) == 1


def slow_door(service: MailService, within_s: float) -> object:
    """The listener's door, in more of a hurry."""
    door = service._door
    return type(door)(door.mailroom, within_s)


def test_a_client_that_waits_for_us_is_not_silent(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the time for silence and for a mail: the hub's own slowness does not count."""
    listener = listen(timeout_s=1, mail_timeout_s=1)
    decide = Mailroom.decide

    def slow(self: Mailroom, delivery: Any) -> str:
        time.sleep(2.5)
        return decide(self, delivery)

    monkeypatch.setattr(Mailroom, "decide", slow)
    assert listener.deliver(a_mail()).startswith("250")


def test_stopping_lets_the_mail_in_hand_finish(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its 250 comes, and then goodbye; idle clients hear goodbye at once, new ones nothing."""
    listener = listen()
    decide, deciding = Mailroom.decide, threading.Event()

    def slow(self: Mailroom, delivery: Any) -> str:
        deciding.set()
        time.sleep(0.7)
        return decide(self, delivery)

    monkeypatch.setattr(Mailroom, "decide", slow)
    with listener.wire() as busy, listener.wire() as idle:
        port = listener.port
        idle.greet()
        busy.begin_data(listener.address)
        busy.send(a_mail() + b"\r\n.\r\n")
        deciding.wait(5)
        stopping = threading.Thread(target=listener.service.stop)
        stopping.start()
        assert idle.replies() == ["421 4.3.2 The hub is stopping; try again in a minute."]
        with pytest.raises(ConnectionError):
            Wire(port)
        assert [answer[:9] for answer in busy.replies()] == ["250 2.0.0", "421 4.3.2"]
        stopping.join(5)
    assert not stopping.is_alive()
    assert len(listener.texts()) == 1


def test_stopping_waits_for_a_mail_that_is_still_coming_in(listen: Listen) -> None:
    """Half of it is there; the other half may come."""
    listener = listen()
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        wire.send(a_mail()[:50])
        stopping = threading.Thread(target=listener.service.stop)
        stopping.start()
        time.sleep(0.2)
        wire.send(a_mail()[50:] + b"\r\n.\r\n")
        assert wire.reply().startswith("250")
        stopping.join(5)
    assert not stopping.is_alive()


def test_stopping_does_not_wait_for_ever(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that never ends is dropped."""
    monkeypatch.setattr("hub_mail_to_sms.service.FINISH_WITHIN_S", 0.3)
    listener = listen()
    with listener.wire() as wire:
        wire.begin_data(listener.address)
        began = time.monotonic()
        listener.service.stop()
        assert time.monotonic() - began < 10  # mails in hand have 15 s otherwise
        assert wire.replies() == []


def test_stopping_leaves_no_thread(listen: Listen) -> None:
    """Neither the loop's nor those that decide."""
    before = set(threading.enumerate())
    listener = listen()
    listener.deliver(a_mail())
    listener.service.stop()
    listener.service.stop()
    end = time.monotonic() + 5
    while (left := {t.name for t in set(threading.enumerate()) - before}) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left


def test_a_port_that_is_taken_is_told_and_leaves_nothing(listen: Listen) -> None:
    """OSError, as `hub service` expects."""
    listener = listen()
    second = MailService(listener.hub.core)
    with pytest.raises(OSError, match="address already in use"):
        second.start()
    assert not second._thread.is_alive()


def test_a_listener_that_never_started_has_no_port_and_stops(listen: Listen) -> None:
    """Should something else keep the hub from starting."""
    second = MailService(listen().hub.core)
    with pytest.raises(RuntimeError, match="has not started"):
        _ = second.port
    second.stop()


def test_mails_that_wait_keep_nobody_from_being_looked_up(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are decided at once hang; the next client is answered up to its DATA all the same."""
    listener = listen()
    go_on = threading.Event()
    monkeypatch.setattr(Mailroom, "decide", lambda *_: "250 2.0.0 Ok" if go_on.wait(30) else "451 4.3.0 Later")
    wires = [listener.wire() for _ in range(DECIDERS + 2)]
    for wire in wires:
        wire.begin_data(listener.address)
        wire.send(a_mail() + b"\r\n.\r\n")
    with listener.wire() as wire:
        assert wire.begin_data(listener.address).startswith("354")
    go_on.set()
    answers = [wire.reply() for wire in wires]
    for wire in wires:
        wire.socket.close()
    assert set(answers) == {"250 2.0.0 Ok"}
