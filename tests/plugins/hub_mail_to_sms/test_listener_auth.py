"""Sign-in: by whom, over what, and what becomes of those who try too often."""

from __future__ import annotations

import select
import smtplib
import ssl
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import LoginPassword

from hub.errors import NotAuthenticated, StoreUnavailable
from hub_mail_to_sms import guest

from .conftest import CERTIFICATE, WITH_TLS, Wire, a_mail, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener

    Listen = Callable[..., Listener]

PLAIN_FOR_ALL = {"accept": "auth"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong token waits for a moment only."""
    monkeypatch.setattr(guest, "FAILURE_DELAY_S", 0.05)


def over_tls(listener: Listener) -> smtplib.SMTP:
    """A mail program that speaks TLS and checks the certificate."""
    client = smtplib.SMTP("localhost", listener.port, timeout=10)
    client.starttls(context=ssl.create_default_context(cafile=str(CERTIFICATE)))
    client.ehlo("client.example")
    return client


def plain(name: str, token: str) -> str:
    """What AUTH PLAIN is followed by."""
    return b64encode(f"\0{name}\0{token}".encode()).decode()


def coded(text: str) -> str:
    """What AUTH LOGIN asks for."""
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_an_account_signs_in_over_tls_and_sends(listen: Listen, mechanism: str) -> None:
    """On any interface, with its name and a token, to the address that everyone knows."""
    listener = listen(host="0.0.0.0", **WITH_TLS)  # noqa: S104 - on purpose: not loopback
    with over_tls(listener) as client:
        client.user, client.password = listener.hub.account.name, listener.hub.token
        client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
        answer = listener.deliver_over(client, a_mail(text="Par TLS"), to="sms@sms.localhost")
    assert (answer[:9], listener.texts()) == ("250 2.0.0", ["Par TLS"])


@pytest.mark.parametrize("name", ["Salon Exemple", "salon exemple", " SALON EXEMPLE ", "{id}"])
def test_an_account_is_known_by_name_or_id(listener: Listener, name: str) -> None:
    """Without regard to case; the id serves programs that take ASCII only."""
    with listener.wire() as wire:
        wire.greet()
        wanted = name.format(id=listener.hub.account.id)
        assert wire.say(f"AUTH PLAIN {plain(wanted, listener.hub.token)}") == "235 2.7.0 Authentication successful"


@pytest.mark.parametrize("mechanism", ["PLAIN", "plain", "Login"])
def test_a_mechanism_is_known_whatever_its_case(listener: Listener, mechanism: str) -> None:
    """Small letters are common."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(f"AUTH {mechanism}").startswith("334")


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("Salon Exemple", "hub_live_wrong"),
        ("Salon Exemple", ""),
        ("Another", "{token}"),
        ("", "{token}"),
        ("Salon Exemple", "\udcff"),
    ],
)
def test_what_is_not_right_is_refused(listener: Listener, name: str, token: str) -> None:
    """A wrong token, somebody else's, or one that is no text at all; the answer does not tell which."""
    given = f"\0{name}\0{token.format(token=listener.hub.token)}".encode("utf-8", "surrogateescape")
    with listener.wire() as wire:
        wire.greet()
        answer = wire.say(f"AUTH PLAIN {b64encode(given).decode()}")
    assert answer == "535 5.7.8 The account or the token is not right."


def test_a_revoked_token_is_refused(listen: Listen) -> None:
    """From the moment on."""
    listener = listen(accept="auth")
    listener.hub.core.tokens.revoke_ending(listener.hub.account.id, listener.hub.token[-4:])
    with listener.client() as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(listener.hub.account.name, listener.hub.token)


def test_a_wrong_token_waits_a_moment(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guessing is slow, and others do not wait with it."""
    monkeypatch.setattr(guest, "FAILURE_DELAY_S", 2.0)
    with listener.wire() as wire:
        wire.greet()
        began = time.monotonic()
        wire.send(f"AUTH PLAIN {plain('Salon Exemple', 'wrong')}\r\n".encode())
        assert listener.deliver(a_mail()).startswith("250")
        has_its_no, _, _ = select.select([wire.socket], [], [], 0)
        assert wire.reply().startswith("535")
    assert not has_its_no
    assert time.monotonic() - began >= 2.0


@pytest.mark.parametrize(
    ("said_", "answer"),
    [
        ("AUTH", "501 5.5.4"),
        ("AUTH PLAIN not-base64!", "501 5.5.2"),
        ("AUTH PLAIN " + coded("no separators"), "501 5.5.2"),
        ("AUTH PLAIN a b c", "501 5.5.4"),
        ("AUTH CRAM-MD5", "504 5.5.4"),
        ("AUTH LOGIN not-base64!", "501 5.5.2"),
    ],
)
def test_malformed_sign_ins_are_answered(listener: Listener, said_: str, answer: str) -> None:
    """None of them hangs."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(said_)[:9] == answer


@pytest.mark.parametrize(
    ("answer_to_challenge", "answer"),
    [("*", "501 5.7.0"), ("not-base64!", "501 5.5.2"), ("x" * 5000, "500 5.5.2"), ("", "501 5.5.2")],
)
def test_odd_answers_to_a_challenge_are_answered(listener: Listener, answer_to_challenge: str, answer: str) -> None:
    """Giving up, nonsense, a line without end."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("AUTH PLAIN")
        assert wire.say(answer_to_challenge)[:9] == answer


def test_after_a_malformed_sign_in_a_good_one_works(listener: Listener) -> None:
    """The dialogue is in step again."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("AUTH LOGIN")
        wire.say("x" * 5000)
        wire.say("NOOP")
        assert wire.say(f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}").startswith("235")


def test_without_tls_nobody_signs_in_on_an_open_interface(listen: Listen) -> None:
    """It is neither offered nor taken, even where the client sits on the same machine (B40)."""
    listener = listen(host="0.0.0.0", **WITH_TLS)  # noqa: S104 - on purpose: not loopback
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}").startswith("538 5.7.11")
    with listener.client() as client:
        assert not client.has_extn("auth")


def test_without_sign_in_an_open_interface_takes_no_mail(listen: Listen) -> None:
    """Not even for a secret address: the default is not to trust the world with it (B40)."""
    listener = listen(host="0.0.0.0")  # noqa: S104 - on purpose: not loopback
    assert listener.deliver(a_mail()).startswith("530 5.7.0")


def test_with_accept_address_an_open_interface_takes_mail_for_secret_addresses(listen: Listen) -> None:
    """The operator has said so."""
    listener = listen(host="0.0.0.0", accept="address")  # noqa: S104 - on purpose: not loopback
    assert listener.deliver(a_mail()).startswith("250")


def test_a_command_that_was_smuggled_before_tls_is_dropped(listener: Listener) -> None:
    """What stands behind STARTTLS in the clear is not the client's word (CVE-2024-34083)."""
    with listener.wire() as wire:
        wire.greet()
        wire.send(b"STARTTLS\r\nMAIL FROM:<injected@client.example>\r\n")
        wire.reply()
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        wire.socket = context.wrap_socket(wire.socket, server_hostname="localhost")
        wire.say("EHLO client.example")
        assert wire.say(f"RCPT TO:<{listener.address}>").startswith("503")


def test_tls_begins_once(listener: Listener) -> None:
    """A second STARTTLS inside the first is refused, and the connection stays."""
    with listener.wire() as wire:
        wire.greet()
        wire.start_tls()
        wire.say("EHLO client.example")
        assert (wire.say("STARTTLS"), wire.say("NOOP")) == (
            "503 5.5.1 This connection has TLS already.",
            "250 2.0.0 Ok",
        )


def test_before_tls_nothing_is_remembered(listener: Listener) -> None:
    """RFC 3207: after the handshake the dialogue begins anew."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        wire.start_tls()
        wire.say("EHLO client.example")
        assert wire.say("MAIL FROM:<b@client.example>").startswith("250")


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01garbage\r\n", b"EHLO in the clear\r\n"])
def test_a_handshake_that_fails_leaves_nothing_behind(
    listen: Listen, said_in_the_log: list[dict[str, Any]], hello: bytes
) -> None:
    """Neither a connection nor an error in the log: scanners do this all day."""
    listener = listen(**WITH_TLS)
    with listener.wire() as wire:
        wire.greet()
        wire.say("STARTTLS")
        wire.send(hello)
        wire.finish()
        wire.replies()
    assert listener.wait_until_alone(3.0)
    assert [event for event in said_in_the_log if event["log_level"] == "error"] == []


def test_a_handshake_that_never_comes_ends_like_any_silence(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, said_in_the_log: list[dict[str, Any]]
) -> None:
    """The client holds the line and says nothing."""
    monkeypatch.setattr(guest, "CLOSE_WITHIN_S", 0.2)
    listener = listen(**WITH_TLS, timeout_s=1)
    with listener.wire() as wire:
        wire.greet()
        wire.say("STARTTLS")
        assert listener.wait_until_alone(3.0)
    assert [event for event in said_in_the_log if event["log_level"] == "error"] == []


def test_nobody_signs_in_in_the_middle_of_a_mail(listen: Listen) -> None:
    """RFC 4954, section 4. Else an address taken unverified would count as the signed-in account's own."""
    listener = listen(accept="verified", trusted_server="mx.example")
    other, token = listener.hub.core.accounts.create("Another", "FR")
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        wire.say(f"RCPT TO:<{listener.address}>")
        assert wire.say(f"AUTH PLAIN {plain(other.name, token.secret)}").startswith("503 5.5.1")


def test_a_signed_in_account_sends_for_itself_only(listen: Listen) -> None:
    """Another's secret address is nobody's to it."""
    listener = listen(accept="auth")
    other, token = listener.hub.core.accounts.create("Another", "FR")
    with listener.client() as client:
        client.login(other.name, token.secret)
        assert listener.deliver_over(client, a_mail()).startswith("550 5.1.1")


def test_a_signed_in_account_may_use_its_own_address(listen: Listen) -> None:
    """What stands in the address book goes on working."""
    listener = listen(accept="auth")
    with listener.client() as client:
        client.login(listener.hub.account.name, listener.hub.token)
        assert listener.deliver_over(client, a_mail()).startswith("250")


def test_the_public_address_is_nobodys_without_sign_in(listener: Listener) -> None:
    """`sms@` is no secret."""
    assert listener.deliver(a_mail(), to="sms@sms.localhost").startswith("550 5.1.1")


def test_after_five_failures_the_client_must_wait(listen: Listen) -> None:
    """On this connection and on the next (B40)."""
    listener = listen(accept="auth")
    wrong = f"AUTH PLAIN {plain('Salon Exemple', 'wrong')}"
    with listener.wire() as wire:
        wire.greet()
        answers = [wire.say(wrong)[:3] for _ in range(6)]
    with listener.wire() as wire:
        wire.greet()
        answers.append(wire.say(f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}")[:3])
    assert answers == ["535"] * 5 + ["421", "421"]


def test_others_behind_the_same_address_may_sign_in_still(listen: Listen) -> None:
    """One program with an old token does not lock a whole office out."""
    listener = listen(accept="auth", auth_failures=1)
    other, token = listener.hub.core.accounts.create("Another", "FR")
    with listener.wire() as wire:
        wire.greet()
        wire.say(f"AUTH PLAIN {plain('Salon Exemple', 'wrong')}")
        assert wire.say(f"AUTH PLAIN {plain(other.name, token.secret)}").startswith("235")


def test_many_names_do_not_help_guessing(listen: Listen) -> None:
    """Five times the failures, under whatever names, are too many as well."""
    listener = listen(accept="auth", auth_failures=1)
    with listener.wire() as wire:
        wire.greet()
        answers = [wire.say(f"AUTH PLAIN {plain(f'name {number}', 'wrong')}")[:3] for number in range(6)]
    assert answers == ["535"] * 5 + ["421"]


def test_a_lockout_is_one_clients_own(listen: Listen) -> None:
    """Whoever guesses from elsewhere does not keep an account from signing in (B40)."""
    listener = listen(accept="auth", auth_failures=1)
    command = f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}"
    with listener.wire("127.0.0.2") as guesser:
        guesser.greet()
        guesser.say(f"AUTH PLAIN {plain('Salon Exemple', 'wrong')}")
        assert guesser.say(command).startswith("421 4.7.0 Too many failed sign-ins")
    with listener.wire() as owner:
        owner.greet()
        assert owner.say(command).startswith("235")


def test_a_lockout_ends_by_itself(listen: Listen) -> None:
    """A quarter of an hour after the failures the right token is right again."""
    listener = listen(accept="auth", auth_failures=1)
    command = f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}"
    failures = listener.service._sign_in.limiter.failures
    answers = []
    for later_s in (0, 890, 910):
        failures.now = lambda later_s=later_s: time.monotonic() + later_s  # type: ignore[misc]  # bound now, on purpose
        with listener.wire() as wire:
            wire.greet()
            if later_s == 0:
                wire.say(f"AUTH PLAIN {plain('Salon Exemple', 'wrong')}")
            answers.append(wire.say(command)[:3])
    assert answers == ["421", "421", "235"]


def test_an_unknown_name_is_answered_as_a_wrong_token_is(listener: Listener) -> None:
    """Word for word: nobody learns which accounts there are."""
    answers = set()
    for name in ("Salon Exemple", "Nobody", "1", ""):
        with listener.wire() as wire:
            wire.greet()
            answers.add(wire.say(f"AUTH PLAIN {plain(name, 'hub_live_wrong')}"))
    assert answers == {"535 5.7.8 The account or the token is not right."}


def test_an_unknown_name_takes_as_long_as_a_wrong_token(listen: Listen) -> None:
    """The same is looked up for both, before the second that each waits; the quickest of many tries tells."""
    sign_in = listen(auth_failures=100).service._sign_in
    quickest = dict.fromkeys((b"Salon Exemple", b"Nobody at all"), float("inf"))
    for number in range(60):
        for name in quickest:
            began = time.thread_time()
            with pytest.raises(NotAuthenticated):
                sign_in.account_of(LoginPassword(name, b"hub_live_wrong"), f"192.0.2.{number}")
            quickest[name] = min(quickest[name], time.thread_time() - began)
    known, unknown = quickest.values()
    assert 0.5 < known / unknown < 2.0


def test_many_connections_at_once_do_not_help_guessing(listen: Listen) -> None:
    """Twenty at a time: what they fail together counts together, so that the next one is not even asked."""
    listener = listen(accept="auth", connections_per_client=30)
    wires = [listener.wire() for _ in range(20)]
    for wire in wires:
        wire.greet()
    for number, wire in enumerate(wires):
        wire.send(f"AUTH PLAIN {plain(f'name {number % 4}', f'wrong {number}')}\r\n".encode())
    answers = [wire.reply()[:3] for wire in wires]
    with listener.wire() as late:
        late.greet()
        answers.append(late.say(f"AUTH PLAIN {plain('name 0', listener.hub.token)}")[:3])
    for wire in wires:
        wire.socket.close()
    assert set(answers[:-1]) <= {"535", "421"}
    assert answers[-1] == "421"


def test_a_database_that_is_away_refuses_nobody_for_good(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """454 makes a mail program try again; 535 would make it ask for a new password."""
    listener = listen(accept="auth")

    def away(_: str) -> None:
        raise StoreUnavailable("The database did not take it: secret details.")

    monkeypatch.setattr(type(listener.hub.core), "authenticate", lambda _, token, *__: away(token))
    with listener.wire() as wire:
        wire.greet()
        answer = wire.say(f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}")
    assert answer == "454 4.7.0 Signing in does not work just now; please try again."


def test_checking_a_token_holds_up_nobody_else(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is asked in a thread."""
    listener = listen(accept="auth")
    asked, answered = threading.Event(), threading.Event()
    authenticate = type(listener.hub.core).authenticate

    def slow(self: object, token: str, address: str) -> object:
        asked.set()
        answered.wait(5)
        return authenticate(self, token, address)  # type: ignore[arg-type]  # it is the core itself

    monkeypatch.setattr(type(listener.hub.core), "authenticate", slow)
    with listener.wire() as waiting:
        waiting.greet()
        waiting.send(f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}\r\n".encode())
        asked.wait(5)
        with listener.client() as client:
            assert said(client.docmd("NOOP")) == "250 2.0.0 Ok"
        answered.set()
        assert waiting.reply().startswith("235")


def test_a_second_sign_in_is_refused(listener: Listener) -> None:
    """RFC 4954, section 4."""
    with Wire(listener.port) as wire:
        wire.greet()
        command = f"AUTH PLAIN {plain('Salon Exemple', listener.hub.token)}"
        wire.say(command)
        assert wire.say(command).startswith("503 5.5.1")
