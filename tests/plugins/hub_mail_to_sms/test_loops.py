from __future__ import annotations

import pytest

from hub_mail_to_sms.loops import OWN_LOOP_HEADER, Automatic, AutomaticFacts, is_automatic

PERSON = "lea@example.org"


def with_field(name: str) -> AutomaticFacts:
    """Return the facts of a person's mail that has this field besides."""
    return AutomaticFacts(from_address=PERSON, present=frozenset({"from", "to", "subject", name.lower()}))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (AutomaticFacts(auto_submitted="auto-replied"), Automatic.AUTO_SUBMITTED),
        (AutomaticFacts(auto_submitted="Auto-Generated; owner=x"), Automatic.AUTO_SUBMITTED),
        (AutomaticFacts(auto_submitted="auto-notified (by rule)"), Automatic.AUTO_SUBMITTED),
        (AutomaticFacts(precedence="bulk"), Automatic.BULK),
        (AutomaticFacts(precedence="JUNK"), Automatic.BULK),
        (AutomaticFacts(precedence="list"), Automatic.MAILING_LIST),
        (AutomaticFacts(precedence="auto_reply"), Automatic.AUTO_REPLY),
        (AutomaticFacts(return_path="<>"), Automatic.NULL_SENDER),
        (AutomaticFacts(content_type="multipart/report"), Automatic.BOUNCE),
        (with_field("X-Failed-Recipients"), Automatic.BOUNCE),
        (with_field("List-Id"), Automatic.MAILING_LIST),
        (with_field("List-Unsubscribe"), Automatic.MAILING_LIST),
        (with_field("X-Autoreply"), Automatic.AUTO_REPLY),
        (with_field("X-Autorespond"), Automatic.AUTO_REPLY),
        (with_field("X-Loop"), Automatic.OWN_LOOP),
        (with_field(OWN_LOOP_HEADER), Automatic.OWN_LOOP),
    ],
)
def test_a_machines_mail_is_told_by_its_header(facts: AutomaticFacts, reason: Automatic) -> None:
    """Each tell-tale field is enough, and names its reason."""
    assert is_automatic(facts, PERSON) is reason


@pytest.mark.parametrize(
    "address",
    [
        "mailer-daemon@example.org",
        "MAILER-DAEMON@example.org",
        "postmaster@example.org",
        "noreply@example.org",
        "no-reply@example.org",
        "no_reply@example.org",
        "noreply+abc@example.org",
        "no-reply-1234@example.org",
        "donotreply@example.org",
        "do-not-reply@example.org",
        "nepasrepondre@example.org",
        "ne-pas-repondre@example.org",
        "pas-de-reponse@example.org",
        "bounces+42@example.org",
    ],
)
def test_an_address_nobody_reads_is_a_robots(address: str) -> None:
    """Nobody writes by hand from such an address."""
    assert is_automatic(AutomaticFacts(from_address=address)) is Automatic.ROBOT_SENDER


@pytest.mark.parametrize("envelope_from", ["", "<>", " "])
def test_the_null_sender_is_a_bounces(envelope_from: str) -> None:
    """A bounce has no envelope sender (RFC 5321, 4.5.5)."""
    assert is_automatic(AutomaticFacts(from_address=PERSON), envelope_from) is Automatic.NULL_SENDER


@pytest.mark.parametrize(
    "facts",
    [
        AutomaticFacts(),
        AutomaticFacts(from_address=PERSON, return_path=f"<{PERSON}>"),
        AutomaticFacts(auto_submitted="no"),
        AutomaticFacts(auto_submitted="No (a person)"),
        AutomaticFacts(precedence="first-class"),
        AutomaticFacts(from_address="noreplica@example.org"),
        AutomaticFacts(from_address="postmasters@example.org"),
        with_field("X-Auto-Response-Suppress"),
        with_field("X-Mailer"),
    ],
)
def test_a_persons_mail_passes(facts: AutomaticFacts) -> None:
    """Exchange's X-Auto-Response-Suppress, above all, is found on mail that people write."""
    assert is_automatic(facts, PERSON) is None


def test_the_own_header_is_named_before_all_else() -> None:
    """When the hub's own mail comes back as a bounce, the log says that it was its own."""
    facts = AutomaticFacts(return_path="<>", present=frozenset({OWN_LOOP_HEADER.lower()}))
    assert is_automatic(facts, "") is Automatic.OWN_LOOP


@pytest.mark.parametrize(
    "facts",
    [
        AutomaticFacts(from_address="noreply@alarm.example"),
        AutomaticFacts(auto_submitted="auto-generated"),
        AutomaticFacts(precedence="bulk"),
    ],
)
def test_a_program_that_signed_in_may_send(facts: AutomaticFacts) -> None:
    """An alarm or a backup that was given a token of its own is meant to text someone."""
    assert is_automatic(facts, PERSON, signed_in=True) is None


@pytest.mark.parametrize(
    "facts",
    [
        AutomaticFacts(auto_submitted="auto-replied"),
        AutomaticFacts(return_path="<>"),
        AutomaticFacts(content_type="multipart/report"),
        AutomaticFacts(precedence="auto_reply"),
        with_field("X-Autoreply"),
    ],
)
def test_even_who_signed_in_does_not_text_automatic_replies_and_bounces(facts: AutomaticFacts) -> None:
    """A mail program on holiday signs in too."""
    assert is_automatic(facts, PERSON, signed_in=True) is not None
