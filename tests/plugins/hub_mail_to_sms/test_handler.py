"""One mail, decided: the order of questions, and who it counts against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import hub_mail_to_sms
from hub.testing.hub import TestHub, make_hub
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.handler import Delivery, Mailroom
from hub_mail_to_sms.limiter import Limiter
from hub_mail_to_sms.settings import MailSettings

from .conftest import a_mail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.databases import Databases


@dataclass
class Verdict:
    """A verifier that always says the same, and remembers what it was asked."""

    genuine: bool
    asked: list[tuple[str, str]] = field(default_factory=list)

    def is_genuine(self, raw: bytes, from_address: str, peer: str) -> bool:
        """Say it."""
        del raw
        self.asked.append((from_address, peer))
        return self.genuine


@pytest.fixture
def hub(databases: Databases, tmp_path: Path) -> Iterator[TestHub]:
    """A hub with the plugin's tables."""
    made = make_hub(tmp_path, databases.fresh("sqlite"), bring={"mail_to_sms": hub_mail_to_sms})
    made.core.upgrade()
    yield made
    made.core.close()


def a_mailroom(hub: TestHub, verdict: Verdict | None = None, **settings: Any) -> Mailroom:
    """A mailroom with these settings."""
    made = MailSettings(**settings)
    return Mailroom(hub.core, made, Addresses(hub.core), Limiter(made), verdict or Verdict(genuine=True))


def delivery(raw: bytes, account_id: int | None = 1, **facts: Any) -> Delivery:
    """A mail from somewhere."""
    return Delivery(
        raw, account_id, **{"signed_in": False, "peer": "192.0.2.1", "envelope_from": "a@x.example", **facts}
    )


def test_a_dropped_mail_counts_against_nobody(hub: TestHub) -> None:
    """A storm of automatic answers leaves room for people."""
    mailroom = a_mailroom(hub, mails_per_minute=1)
    for _ in range(3):
        mailroom.decide(delivery(a_mail(Auto_Submitted="auto-replied")))
    assert mailroom.decide(delivery(a_mail())).startswith("250 2.0.0 Ok: 1 accepted")


def test_a_mail_without_a_sender_counts_for_the_envelopes(hub: TestHub) -> None:
    """Devices write mails without From."""
    mailroom = a_mailroom(hub, mails_per_minute_per_sender=1)
    raw = b"Subject: 0612345678\r\n\r\nAlarme\r\n"
    answers = [mailroom.decide(delivery(raw, envelope_from=name))[:3] for name in ("A@x.example", "a@x.example", "b")]
    assert answers == ["250", "450", "250"]


def test_a_refused_mail_counts_too(hub: TestHub) -> None:
    """Trying numbers costs as much as sending."""
    mailroom = a_mailroom(hub, mails_per_minute=1)
    mailroom.decide(delivery(a_mail("0123456789")))
    assert mailroom.decide(delivery(a_mail())).startswith("450 4.7.1")


def test_only_verified_mail_is_asked_about(hub: TestHub) -> None:
    """Who signed in, or knows the address where that is enough, needs no proof."""
    verdict = Verdict(genuine=False)
    a_mailroom(hub, verdict, accept="address").decide(delivery(a_mail()))
    a_mailroom(hub, verdict, accept="verified").decide(delivery(a_mail(), signed_in=True))
    assert verdict.asked == []


def test_the_verifier_hears_who_and_from_where(hub: TestHub) -> None:
    """The From address in small letters, and the client's own address."""
    verdict = Verdict(genuine=False)
    Addresses(hub.core).allow(hub.account.id, "boss@salon.example")
    a_mailroom(hub, verdict, accept="verified").decide(delivery(a_mail(sender="Boss@Salon.Example")))
    assert verdict.asked == [("boss@salon.example", "192.0.2.1")]


def test_a_stranger_is_refused_before_anybody_is_asked(hub: TestHub) -> None:
    """His name servers might take their time to answer; to be who he says he is would not make him a customer."""
    verdict = Verdict(genuine=True)
    answer = a_mailroom(hub, verdict, accept="verified").decide(delivery(a_mail(), account_id=None))
    assert (answer[:9], verdict.asked) == ("550 5.7.1", [])


@pytest.mark.parametrize(
    ("mail", "code"),
    [(a_mail("Bonjour"), "554 5.1.3"), (a_mail("0123456789"), "554 5.1.3"), (a_mail(text=""), "554 5.6.0")],
)
def test_a_refusal_is_logged_by_its_code(
    hub: TestHub, said_in_the_log: list[dict[str, Any]], mail: bytes, code: str
) -> None:
    """Enough to see that something goes wrong for an account, and with whom it would be wrong to log more."""
    a_mailroom(hub).decide(delivery(mail))
    assert said_in_the_log == [{"event": "mail_refused", "log_level": "info", "account": 1, "code": code}]


def test_a_mail_that_cannot_be_read_is_refused_before_anything_else(hub: TestHub) -> None:
    """Nobody is asked about it."""
    verdict = Verdict(genuine=True)
    bomb = b"Subject: 0612345678\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\nBonjour\r\n"
    answer = a_mailroom(hub, verdict, accept="verified").decide(delivery(bomb))
    assert (answer[:9], verdict.asked) == ("554 5.6.0", [])


def test_the_size_limit_holds_for_the_reader_too(hub: TestHub) -> None:
    """Should a mail come by another way than the listener's."""
    answer = a_mailroom(hub, max_size_kb=8).decide(delivery(a_mail() + b"x\r\n" * 4000))
    assert answer.startswith("552 5.3.4")


def test_a_mail_whose_turn_does_not_come_is_put_off(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are stored one after the other; behind one that hangs the others are not kept for ever."""
    monkeypatch.setattr("hub_mail_to_sms.handler.TURN_WITHIN_S", 0.05)
    mailroom = a_mailroom(hub)
    with mailroom._its_turn():
        assert mailroom.decide(delivery(a_mail())).startswith("451 4.3.0")
    assert mailroom.decide(delivery(a_mail())).startswith("250")


def test_a_turn_ends_with_a_refusal_too(hub: TestHub) -> None:
    """Else the first refused mail would be the last that is looked at."""
    mailroom = a_mailroom(hub)
    mailroom.decide(delivery(a_mail("0123456789")))
    assert mailroom.turns.acquire(blocking=False)


def test_a_time_with_an_offset_is_taken_as_it_is(hub: TestHub) -> None:
    """And one without is the hub's own zone."""
    mailroom = a_mailroom(hub)
    for at in ("2026-12-01 10:30+05:00", "2026-12-01 10:30"):
        mailroom.decide(delivery(a_mail(f"[at={at}] 0612345678")))
    times = [campaign.send_at.isoformat() for campaign in hub.core.campaigns.latest() if campaign.send_at]
    assert sorted(times) == ["2026-12-01T05:30:00+00:00", "2026-12-01T09:30:00+00:00"]
