"""The dialogue up to DATA: who is greeted how, which commands and parameters are taken, who is hung up on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from .conftest import a_mail

if TYPE_CHECKING:
    from .conftest import Listener

EXCHANGE_PARAMETERS = (
    "AUTH=<> SIZE=1234",
    "RET=HDRS ENVID=1c9a2b",
    "BODY=8BITMIME SIZE=1234 RET=FULL",
    "XOORG=client.example BODY=7BIT",
    "SMTPUTF8",
    "size=10 body=8bitmime",
)


def test_the_greeting_names_the_domain_and_no_version(listener: Listener) -> None:
    """Which software answers is nobody's business."""
    with listener.wire() as wire:
        assert wire.reply() == "220 sms.localhost ESMTP"


def test_ehlo_offers_what_there_is(listener: Listener) -> None:
    """Sizes, letters, TLS, sign-in (on loopback) and enhanced codes."""
    with listener.client() as client:
        assert set(client.esmtp_features) == {
            "size",
            "8bitmime",
            "smtputf8",
            "starttls",
            "auth",
            "enhancedstatuscodes",
            "help",
        }


def test_the_old_greeting_will_do(listener: Listener) -> None:
    """Scanners and alarm boxes say HELO."""
    with listener.wire() as wire:
        wire.reply()
        wire.say("HELO box")
        wire.say("MAIL FROM:<box@client.example>")
        assert wire.say(f"RCPT TO:<{listener.address}>") == "250 2.1.5 Ok"


@pytest.mark.parametrize("parameters", EXCHANGE_PARAMETERS)
def test_parameters_of_exchange_after_mail_are_passed_over(listener: Listener, parameters: str) -> None:
    """Office 365, Outlook and vCenter send them whether they are offered or not (B43)."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(f"MAIL FROM:<a@client.example> {parameters}") == "250 2.1.0 Ok"


@pytest.mark.parametrize("parameters", ["NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@client.example"])
def test_parameters_of_exchange_after_rcpt_are_passed_over(listener: Listener, parameters: str) -> None:
    """The same, one command later (B43)."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        assert wire.say(f"RCPT TO:<{listener.address}> {parameters}") == "250 2.1.5 Ok"


def test_a_long_parameter_fits(listener: Listener) -> None:
    """RFC 3461 and RFC 4954 make commands longer than the 512 bytes of RFC 5321."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(f"MAIL FROM:<a@client.example> ENVID={'x' * 600}") == "250 2.1.0 Ok"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL FROM:<a@client.example> X-FUNNY=1", "555 5.5.4"),
        ("MAIL FROM:<a@client.example> SIZE=viel", "501 5.5.4"),
        ("MAIL FROM:<a@client.example> SIZE=99999999", "552 5.3.4"),
        ("MAIL FROM:<a@client.example> BODY=BINARYMIME", "501 5.5.4"),
        ("MAIL FROM:<a\x00b@client.example>", "553 5.1.3"),
        ("MAIL FROM:<a\x07@client.example>", "553 5.1.3"),
        ("MAIL FROM:<é@client.example>", "553 5.6.7"),
        ("MAIL FROM:<é@client.example> SMTPUTF8", "250 2.1.0"),
        (b"MAIL FROM:<\xe9@client.example> SMTPUTF8", "553 5.1.3"),
        ("MAIL FROM:a@client.example", "250 2.1.0"),
        ("MAIL FROM: <a@client.example>", "250 2.1.0"),
        ("MAIL FROM:<>", "250 2.1.0"),
        ("MAIL FROM:", "501 5.5.4"),
        ("MAIL TO:<a@client.example>", "501 5.5.4"),
        ("MAIL", "501 5.5.4"),
        ("RCPT TO:<a@sms.localhost>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("VRFY someone", "252 2.5.1"),
        ("EXPN list", "502 5.5.1"),
        ("HELP", "214 2.0.0"),
        ("NOOP", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("FUNNY", "500 5.5.1"),
        ("", "500 5.5.2"),
        (b"\xff\xfe", "500 5.5.2"),
        ("NOOP " + "x" * 5000, "500 5.5.2"),
        ("QUIT", "221 2.0.0"),
    ],
)
def test_each_command_gets_its_code(listener: Listener, command: str | bytes, answer: str) -> None:
    """With the enhanced code that goes with it, and nothing that the client said repeated."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say(command)[:9] == answer


def test_a_reply_never_repeats_control_characters(listener: Listener) -> None:
    """A bare CR in a command must not come back as the end of a line."""
    with listener.wire() as wire:
        wire.greet()
        assert wire.say("FUN\rNY\x07").isprintable()


@pytest.mark.parametrize("command", ["MAIL FROM:<a@client.example>", "RCPT TO:<a@sms.localhost>", "DATA", "AUTH PLAIN"])
def test_nothing_goes_before_the_greeting(listener: Listener, command: str) -> None:
    """Not even an address is taken (B40)."""
    with listener.wire() as wire:
        wire.reply()
        assert wire.say(command).startswith("503 5.5.1")


def test_an_address_of_nobody_is_refused(listener: Listener) -> None:
    """A secret that is none (B41)."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        assert wire.say("RCPT TO:<abcdefghijkmnpqrstuv@sms.localhost>").startswith("550 5.1.1")


@pytest.mark.parametrize(
    "address",
    [
        "boss@elsewhere.example",
        "{secret}@elsewhere.example",
        "{secret}@sms.localhost@elsewhere.example",
        "{secret}%sms.localhost@elsewhere.example",
        "elsewhere.example!{secret}",
        "postmaster",
        "",
    ],
)
def test_nothing_is_ever_relayed(listener: Listener, address: str) -> None:
    """Whatever the address is dressed up as (B41)."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        secret = listener.address.partition("@")[0]
        assert wire.say(f"RCPT TO:<{address.format(secret=secret)}>").startswith("550 5.7.1")


def test_a_source_route_is_dropped(listener: Listener) -> None:
    """RFC 5321, appendix C: take it and ignore it; what is left is the hub's own address."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        assert wire.say(f"RCPT TO:<@elsewhere.example:{listener.address}>") == "250 2.1.5 Ok"


def test_an_address_is_found_whatever_its_case(listener: Listener) -> None:
    """Address books write capitals, and some add the dot of the root."""
    assert listener.deliver(a_mail(), to=f"{listener.address.upper()}.").startswith("250")


def test_the_same_account_twice_is_one_mail(listener: Listener) -> None:
    """An address in To and Cc stands twice in the envelope."""
    before = len(listener.texts())
    with listener.client() as client:
        client.mail("a@client.example")
        client.rcpt(listener.address)
        client.rcpt(listener.address.upper())
        client.data(a_mail())
    assert len(listener.texts()) == before + 1


def test_another_account_waits_for_a_mail_of_its_own(listener: Listener) -> None:
    """452 makes the sending server come back for the rest, so nobody is forgotten."""
    other, _ = listener.hub.core.accounts.create("Another", "FR")
    with listener.client() as client:
        client.mail("a@client.example")
        client.rcpt(listener.address)
        assert client.rcpt(listener.addresses.address_of(other.id))[1].startswith(b"4.5.3 One account")


def test_after_a_hundred_addresses_it_is_enough(listener: Listener) -> None:
    """3,000 addresses in one envelope are nobody's mail (B41)."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        answers = [wire.say(f"RCPT TO:<{listener.address}>")[:9] for _ in range(101)]
    assert answers[-2:] == ["250 2.1.5", "452 4.5.3"]


@pytest.mark.parametrize(
    "line", ["POST / HTTP/1.1", "GET / HTTP/1.0", "get /", "CONNECT x:25 HTTP/1.1", "PRI * HTTP/2.0"]
)
def test_a_browser_is_hung_up_on(listener: Listener, line: str) -> None:
    """Its body would be taken for commands otherwise (B44)."""
    with listener.wire() as wire:
        wire.reply()
        wire.send(f"{line}\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@client.example>\r\n".encode())
        assert wire.replies() == ["421 4.7.0 This is a mail server."]


def test_the_fifth_bad_command_is_the_last(listener: Listener) -> None:
    """A client that blunders on is no mail program."""
    with listener.wire() as wire:
        wire.greet()
        wire.send(b"FUNNY\r\n" * 10)
        assert [line[:3] for line in wire.replies()] == ["500"] * 4 + ["421"]


def test_bad_arguments_count_too(listener: Listener) -> None:
    """Known commands with nonsense behind them are nonsense."""
    with listener.wire() as wire:
        wire.greet()
        wire.send(b"MAIL nonsense\r\n" * 10)
        assert [line[:3] for line in wire.replies()] == ["501"] * 5 + ["421"]


def test_guessing_addresses_ends_soon(listener: Listener) -> None:
    """Twenty-five wrong ones are no typing errors."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        wire.send(b"".join(b"RCPT TO:<guess%d@sms.localhost>\r\n" % number for number in range(40)))
        assert [line[:3] for line in wire.replies()] == ["550"] * 25 + ["421"]


def test_a_mail_that_was_taken_forgives_mistakes(listener: Listener) -> None:
    """A long connection is not ended for an error here and there."""
    with listener.wire() as wire:
        wire.greet()
        for _ in range(3):
            for _ in range(4):
                wire.say("MAIL nonsense")
            wire.say("MAIL FROM:<a@client.example>")
            wire.say(f"RCPT TO:<{listener.address}>")
            wire.say("DATA")
            answer = wire.say(a_mail() + b"\r\n.")
        assert answer.startswith("250")


def test_data_takes_no_argument(listener: Listener) -> None:
    """It is no mail yet."""
    with listener.wire() as wire:
        wire.greet()
        wire.say("MAIL FROM:<a@client.example>")
        wire.say(f"RCPT TO:<{listener.address}>")
        assert (wire.say("DATA now")[:9], wire.say("DATA")[:3]) == ("501 5.5.4", "354")


def test_commands_in_one_breath_are_answered_in_order(listener: Listener) -> None:
    """Pipelining is not offered, and clients that do it anyway are served."""
    with listener.wire() as wire:
        wire.reply()
        wire.send(
            b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<%b>\r\nDATA\r\n"
            % listener.address.encode()
        )
        assert [wire.reply()[:3] for _ in range(4)] == ["250", "250", "250", "354"]


def test_garbage_does_not_kill_it(listener: Listener) -> None:
    """A hundred clients that speak random bytes, and then one that sends a mail."""
    chance = random.Random(20261124)  # noqa: S311 - a seed, so that a failure comes again
    for _ in range(100):
        with listener.wire() as wire:
            wire.send(chance.randbytes(chance.randrange(2000)) + chance.choice([b"", b"\r\n", b"\nDATA\r\n.\r\n"]))
            wire.finish()
            assert {line[:1] for line in wire.replies()} <= {"2", "4", "5"}
    assert listener.deliver(a_mail(text="Encore debout")).startswith("250")
