from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import dkim  # type: ignore[import-untyped]  # no types are published
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from hub.errors import HubError
from hub_mail_to_sms import verification
from hub_mail_to_sms.dns_verification import DnsVerifier, txt_records
from hub_mail_to_sms.settings import MailSettings, Verify
from hub_mail_to_sms.verification import CannotTellNow, FrontServer, verifier_for

from .conftest import KEY, TLS, a_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .conftest import Listener

BOSS = "boss@good.example"
FRONT = FrontServer("mx.hub.example", ("127.0.0.0/8", "::1/128"))
PASSED = "mx.hub.example; dmarc=pass (p=none) header.from=good.example"


def marked(*fields: str, sender: str = BOSS) -> bytes:
    """A mail with these Authentication-Results, the first on top."""
    header = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return header.encode() + a_mail(sender=sender)


@pytest.mark.parametrize(
    "fields",
    [
        (PASSED,),
        (PASSED, "mx.elsewhere.example; dmarc=fail header.from=good.example"),
        ("mx.elsewhere.example; dmarc=fail header.from=good.example", PASSED),
        ("MX.Hub.Example; DMARC=PASS header.from=Good.Example",),
        ("mx.hub.example;\r\n\tspf=fail smtp.mailfrom=x;\r\n\tdmarc=pass\r\n\theader.from=good.example",),
        ("mx.hub.example; dmarc=pass header.from=boss@good.example",),
    ],
)
def test_the_front_servers_word_is_believed(fields: Sequence[str]) -> None:
    """Whatever other servers say, and however it is written."""
    assert FRONT.is_genuine(marked(*fields), BOSS, "127.0.0.1")


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("mx.elsewhere.example; dmarc=pass header.from=good.example",),
        ("mx.hub.example.evil.example; dmarc=pass header.from=good.example",),
        ("mx.hub.example; dmarc=fail header.from=good.example", PASSED),
        ("mx.hub.example; spf=pass smtp.mailfrom=good.example; dkim=pass header.d=good.example", PASSED),
        ("mx.hub.example; none", PASSED),
        ("mx.hub.example; (", PASSED),
        ("mx.hub.example; dmarc=none header.from=good.example",),
        ("mx.hub.example; dmarc=pass header.from=evil.example",),
        ("mx.hub.example; dmarc=pass header.from=sub.good.example",),
        ("mx.hub.example; dmarc=pass header.from=good.example header.from=evil.example",),
        ("mx.hub.example; dmarc=pass header.from=good.example; dmarc=fail header.from=evil.example",),
        ("mx.hub.example; dmarc=pass",),
        ("mx.hub.example; dmarc=passed header.from=good.example",),
        ('mx.hub.example; spf=pass smtp.mailfrom="x; dmarc=pass header.from=good.example; y"@evil.example',),
    ],
)
def test_nothing_less_is_believed(fields: Sequence[str]) -> None:
    """Only the topmost field of its own name counts, and only a pass for the very domain of the sender."""
    assert not FRONT.is_genuine(marked(*fields), BOSS, "127.0.0.1")


@pytest.mark.parametrize(
    ("peer", "genuine"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.1", False), ("", False), ("?", False)],
)
def test_only_the_front_servers_networks_are_believed(peer: str, *, genuine: bool) -> None:
    """Anyone else may write what he likes into a mail."""
    assert FRONT.is_genuine(marked(PASSED), BOSS, peer) is genuine


@pytest.mark.parametrize("field", ["From", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding"])
def test_a_field_too_many_makes_a_mail_incredible(field: str) -> None:
    """A signed mail sent again with another Subject on top would reach other numbers than its sender wrote."""
    mail = f"{field}: 0749123456\r\n".encode() + a_mail(sender=BOSS, message_id="<1@good.example>")
    assert not FRONT.is_genuine(f"Authentication-Results: {PASSED}\r\n".encode() + mail, BOSS, "127.0.0.1")


@pytest.mark.parametrize("sender", ["", "nobody", "boss@evil.example"])
def test_without_a_sender_of_that_domain_nothing_is_believed(sender: str) -> None:
    """Several From addresses come here as none."""
    assert not FRONT.is_genuine(marked(PASSED), sender, "127.0.0.1")


def test_a_front_server_without_a_name_is_none() -> None:
    """An empty setting must not match an empty field."""
    assert not FrontServer("", ("127.0.0.0/8",)).is_genuine(
        marked("; dmarc=pass header.from=good.example"), BOSS, "127.0.0.1"
    )


# --- by DNS ---

DKIM_KEY = f"v=DKIM1; k=rsa; p={(TLS / 'test_only.dkim.txt').read_text().strip()}"
RECORDS = {
    "s1._domainkey.good.example": [DKIM_KEY],
    "s1._domainkey.mail.good.example": [DKIM_KEY],
    "s1._domainkey.evil.example": [DKIM_KEY],
    "_dmarc.good.example": ["some other text", "v=DMARC1; p=reject"],
    "s1._domainkey.example.org": [DKIM_KEY],
    "_dmarc.example.org": ["v=DMARC1; p=reject"],
    "s1._domainkey.github.io": [DKIM_KEY],
    "s1._domainkey.evil.github.io": [DKIM_KEY],
    "_dmarc.github.io": ["v=DMARC1; p=none"],
    "_dmarc.evil.example": ["v=DMARC1; p=none"],
    "s1._domainkey.strict.example": [DKIM_KEY],
    "s1._domainkey.mail.strict.example": [DKIM_KEY],
    "_dmarc.strict.example": ["v=DMARC1; p=reject; adkim=s"],
    "s1._domainkey.two-words.example": [DKIM_KEY],
    "_dmarc.two-words.example": ["v=DMARC1; p=none"],
    "s1._domainkey.undecided.example": [DKIM_KEY],
    "_dmarc.undecided.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
    "s1._domainkey.silent.example": [DKIM_KEY],
    "_dmarc.broken.example": ["v=DMARC1; p"],
    "s1._domainkey.broken.example": [DKIM_KEY],
}
VERIFIER = DnsVerifier(lambda name: RECORDS.get(name, ()))


def signed(
    sender: str = BOSS, by: str = "good.example", fields: Sequence[str] = ("from", "subject"), **options: object
) -> bytes:
    """A mail with a DKIM signature."""
    mail = a_mail(sender=sender)
    return bytes(dkim.sign(mail, b"s1", by.encode(), KEY.read_bytes(), include_headers=fields, **options)) + mail


@pytest.mark.parametrize(
    ("sender", "by"),
    [
        (BOSS, "good.example"),
        (BOSS, "mail.good.example"),
        ("boss@mail.example.org", "example.org"),
        ("boss@strict.example", "strict.example"),
        ("boss@two-words.example", "two-words.example"),
    ],
)
def test_an_aligned_signature_is_believed(sender: str, by: str) -> None:
    """Of the sender's own domain, or of its kin where the DMARC record lets them sign."""
    assert VERIFIER.is_genuine(signed(sender, by), sender, "192.0.2.1")


@pytest.mark.parametrize(
    ("sender", "by"),
    [
        (BOSS, "evil.example"),
        ("boss@github.io", "evil.github.io"),
        ("boss@strict.example", "mail.strict.example"),
        ("boss@undecided.example", "undecided.example"),
        ("boss@silent.example", "silent.example"),
        ("boss@broken.example", "broken.example"),
        (BOSS, "unknown.example"),
        ("", "good.example"),
    ],
)
def test_any_other_signature_is_not(sender: str, by: str) -> None:
    """Somebody else's, one that the policy does not let speak, and those of domains without one clear policy."""
    assert not VERIFIER.is_genuine(signed(sender or BOSS, by), sender, "192.0.2.1")


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"Bonjour", b"Au revoir"),
        lambda mail: mail.replace(b"Subject: 06 12 34 56 78", b"Subject: 07 49 12 34 56"),
        lambda mail: b"Subject: 0749123456\r\n" + mail,
        lambda mail: mail + b"and more\r\n",
        lambda mail: mail.replace(b"DKIM-Signature:", b"DKIM-Nothing:"),
        lambda mail: mail.replace(b"bh=", b"bh=*"),
    ],
)
def test_a_mail_that_was_changed_is_not_believed(change: Callable[[bytes], bytes]) -> None:
    """In any way at all."""
    assert not VERIFIER.is_genuine(change(signed()), BOSS, "192.0.2.1")


def test_a_signature_that_leaves_room_at_the_end_is_not_believed() -> None:
    """With `l=` anything may be appended; that is one thing too many even when nothing was."""
    assert not VERIFIER.is_genuine(signed(length=True), BOSS, "192.0.2.1")


def test_a_signature_that_leaves_the_subject_open_is_not_believed() -> None:
    """The subject holds the numbers."""
    assert not VERIFIER.is_genuine(signed(fields=("from", "to")), BOSS, "192.0.2.1")


def test_one_good_signature_among_bad_ones_is_enough() -> None:
    """Relays and lists add theirs."""
    bad = signed(BOSS, "evil.example").partition(b"From:")[0]
    assert VERIFIER.is_genuine(bad + signed(), BOSS, "192.0.2.1")


def test_only_so_many_signatures_are_looked_at() -> None:
    """Each costs a question to the DNS, and the sender decides how many there are."""
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        return ()

    DnsVerifier(lookup).is_genuine(
        signed(BOSS, "evil.example").partition(b"From:")[0] * 50 + signed(), BOSS, "192.0.2.1"
    )
    assert len(asked) == 5


def test_a_dns_that_does_not_answer_is_no_answer() -> None:
    """The mail is to come again, not to bounce."""

    def lookup(_: str) -> Sequence[str]:
        raise CannotTellNow

    with pytest.raises(CannotTellNow):
        DnsVerifier(lookup).is_genuine(signed(), BOSS, "192.0.2.1")


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A name server on loopback that knows two names, fails for another, and knows nothing of the rest."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.getsockname()[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    threading.Thread(target=answer_questions, args=(server,), daemon=True).start()
    yield server
    server.sendto(b"", server.getsockname())


def answer_questions(server: socket.socket) -> None:
    """Answer until an empty question comes."""
    while True:
        data, client = server.recvfrom(4096)
        if not data:
            server.close()
            return
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        name = question.question[0].name
        if name.to_text() == "known.example.":
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", '"v=DKIM1; " "p=abc"', '"other"'))
        elif name.to_text() == "failing.example.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name.to_text() != "empty.example.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), client)


@pytest.mark.parametrize(
    ("name", "records"),
    [("known.example", ["other", "v=DKIM1; p=abc"]), ("empty.example", []), ("unknown.example", [])],
)
@pytest.mark.usefixtures("name_server")
def test_the_dns_is_asked(name: str, records: list[str]) -> None:
    """A record may come in pieces; none is none."""
    assert sorted(txt_records(name)) == records


@pytest.mark.usefixtures("name_server")
def test_a_name_server_that_fails_is_no_answer() -> None:
    """Unlike one that knows of nothing."""
    with pytest.raises(CannotTellNow):
        txt_records("failing.example")


@pytest.mark.parametrize("name", ["x" * 100 + ".example", "a..example", "x." * 200 + "example"])
def test_a_name_that_cannot_be_has_no_records(name: str) -> None:
    """The sender chooses it; to ask him to come again would not help."""
    assert txt_records(name) == ()


def test_the_settings_choose_the_verifier() -> None:
    """A front server, unless they say dns."""
    assert isinstance(verifier_for(MailSettings(trusted_server="mx")), FrontServer)
    assert isinstance(verifier_for(MailSettings(verify=Verify.DNS)), DnsVerifier)


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback."""
    monkeypatch.setitem(__import__("sys").modules, "hub_mail_to_sms.dns_verification", None)
    with pytest.raises(HubError, match=r"pip install 'textohub\[dkim\]'"):
        verification.verifier_for(MailSettings(verify=Verify.DNS))


# --- through the listener ---


@pytest.fixture
def verified(listen: Callable[..., Listener]) -> Listener:
    """A listener behind a front server; the account trusts one address."""
    listener = listen(accept="verified", trusted_server="mx.hub.example")
    listener.addresses.allow(listener.hub.account.id, BOSS)
    return listener


@pytest.mark.parametrize("to", ["sms@sms.localhost", "{address}"])
def test_a_verified_sender_may_write_to_either_address(verified: Listener, to: str) -> None:
    """To the one that everyone knows, and to the account's own."""
    answer = verified.deliver(marked(PASSED), to=to.format(address=verified.address))
    assert (answer[:3], verified.texts()) == ("250", ["Bonjour"])


@pytest.mark.parametrize(
    ("mail", "to"),
    [
        (a_mail(sender=BOSS), "sms@sms.localhost"),
        (a_mail(sender=BOSS), "{address}"),
        (marked("mx.hub.example; dmarc=pass header.from=evil.example", sender="x@evil.example"), "sms@sms.localhost"),
        (marked(PASSED, sender="someone@good.example"), "sms@sms.localhost"),
        (marked(PASSED, sender=f"{BOSS}, x@evil.example"), "sms@sms.localhost"),
        (b"From: x@evil.example\r\n" + marked(PASSED), "sms@sms.localhost"),
    ],
)
def test_anybody_else_is_refused_after_the_mail(verified: Listener, mail: bytes, to: str) -> None:
    """Unverified, not allowed, or of more than one sender: knowing the address does not help."""
    answer = verified.deliver(mail, to=to.format(address=verified.address))
    assert (answer[:9], verified.texts()) == ("550 5.7.1", [])


def test_a_verified_sender_pays_with_his_own_account_only(verified: Listener) -> None:
    """Not with the one whose address he writes to."""
    other, _ = verified.hub.core.accounts.create("Another", "FR", credits_=10)
    answer = verified.deliver(marked(PASSED), to=verified.addresses.address_of(other.id))
    assert (answer[:9], verified.texts()) == ("550 5.7.1", [])


def test_a_sender_is_not_trusted_any_longer_from_the_moment_on(verified: Listener) -> None:
    """Of `hub mail allow --remove`."""
    verified.addresses.disallow(verified.hub.account.id, BOSS)
    assert verified.deliver(marked(PASSED)).startswith("550 5.7.1")


def test_a_signed_in_account_needs_no_verification(verified: Listener) -> None:
    """A token is proof enough."""
    with verified.client() as client:
        client.login(verified.hub.account.name, verified.hub.token)
        assert verified.deliver_over(client, a_mail()).startswith("250")


def test_a_mail_that_cannot_be_verified_now_is_to_come_again(
    listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """451, for the front server or the sender's to keep it."""

    def lookup(_: str) -> Sequence[str]:
        raise CannotTellNow

    monkeypatch.setattr("hub_mail_to_sms.service.verifier_for", lambda _: DnsVerifier(lookup))
    listener = listen(accept="verified", verify="dns")
    listener.addresses.allow(listener.hub.account.id, BOSS)
    assert listener.deliver(signed()).startswith("451 4.4.3")
