"""The line to PostgreSQL breaks at a COMMIT: what was kept is read again, and nobody is texted twice (F18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import hub_mail_to_sms
from hub.errors import CommitInDoubt, StoreUnavailable
from hub.messages.model import DeliveryReceipt, MessageState, ReceiptState
from hub.messages.tables import messages
from hub.store.engine import Store
from hub.testing.books import differences_in
from hub.testing.connector import carrier_id_of
from hub.testing.hub import TestHub, make_hub
from hub.web.app import create_app
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.handler import Delivery, Mailroom
from hub_mail_to_sms.limiter import Limiter
from hub_mail_to_sms.settings import MailSettings
from hub_mail_to_sms.verification import verifier_for

from .proxy import Break, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.databases import Databases

HEAD = b"From: accueil@salon.example\r\nSubject: 0612345678\r\n"
A_CAMPAIGN = b"INSERT INTO campaigns"
ARRIVING = (Break.ANSWER_LOST, Break.ARRIVES_LATE)


@pytest.fixture
def proxy(databases: Databases) -> Iterator[Proxy]:
    """A line to a fresh database that can be broken."""
    with Proxy(databases.fresh("postgresql")) as made:
        yield made


@pytest.fixture
def hub(proxy: Proxy, tmp_path: Path) -> Iterator[TestHub]:
    """A hub on that line; afterwards its books agree."""
    with capture_logs():
        settings = {"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2"}
        made = make_hub(tmp_path, proxy.url, settings=settings, bring={"mail_to_sms": hub_mail_to_sms})
        yield made
        with made.core.read() as connection:
            assert differences_in(connection) == []
        made.core.close()


def post(hub: TestHub, key: str | None = None) -> tuple[int, str | None, str]:
    """Ask for an alert over the API: status, Retry-After, and what the answer says."""
    headers = {"Authorization": f"Bearer {hub.token}"} | ({"Idempotency-Key": key} if key else {})
    body = {"purpose": "alert", "text": "Bonjour", "recipients": ["+33612345678"]}
    answer = create_app(hub.core).test_client().post("/api/v1/campaigns", json=body, headers=headers)
    return answer.status_code, answer.headers.get("Retry-After"), answer.get_data(as_text=True)


def mail(hub: TestHub, raw: bytes) -> str:
    """The reply to a mail of the hub's account."""
    settings = hub.core.section(MailSettings)
    room = Mailroom(hub.core, settings, Addresses(hub.core), Limiter(settings), verifier_for(settings))
    return room.decide(Delivery(raw, hub.account.id, signed_in=True, peer="127.0.0.1", envelope_from="a@b.example"))


def campaigns(hub: TestHub) -> int:
    """How many there are."""
    return len(hub.core.campaigns.latest())


def test_an_answer_that_is_lost_leaves_what_was_committed(proxy: Proxy) -> None:
    """The store says neither yes nor no (SQLSTATE 08007: transaction resolution unknown)."""
    store = Store(proxy.url)
    with store.write("test") as connection:
        connection.exec_driver_sql("CREATE TABLE told (what text)")
    proxy.break_at(b"INSERT INTO told", Break.ANSWER_LOST)
    with pytest.raises(CommitInDoubt), store.write("test") as connection:
        connection.exec_driver_sql("INSERT INTO told VALUES ('once')")
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM told").scalar_one() == 1
    store.close()


def test_a_line_that_breaks_before_the_commit_leaves_no_doubt(proxy: Proxy) -> None:
    """Nothing was kept, and that is what is said."""
    store = Store(proxy.url)
    with pytest.raises(StoreUnavailable) as caught, store.write("test") as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    assert not isinstance(caught.value, CommitInDoubt)
    store.close()


@pytest.mark.parametrize("how", ARRIVING)
def test_with_a_key_the_campaign_is_found_and_answered(hub: TestHub, proxy: Proxy, how: Break) -> None:
    """As if nothing had happened: it is this request's own, and it is rung for."""
    proxy.break_at(A_CAMPAIGN, how)
    answer = hub.send(idempotency_key="k")
    assert proxy.broke.wait(10)
    again = hub.send(idempotency_key="k")
    assert (answer.replayed, again.replayed, again.campaign_id == answer.campaign_id) == (False, True, True)
    assert (campaigns(hub), hub.core.accounts.balance(hub.account.id).reserved) == (1, 1)


def test_with_a_key_a_large_list_is_found_too(hub: TestHub, proxy: Proxy) -> None:
    """Before it is expanded."""
    proxy.break_at(A_CAMPAIGN, Break.ANSWER_LOST)
    answer = hub.send("+33612345671", "+33612345672", "+33612345673", idempotency_key="k")
    assert (answer.state, answer.replayed, campaigns(hub)) == ("expanding", False, 1)


def test_with_a_key_what_never_arrived_is_to_be_sent_again(
    hub: TestHub, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After; the repetition makes one campaign."""
    monkeypatch.setattr("hub.messages.doubt.READ_AGAIN_S", (0.01, 0.01))
    proxy.break_at(A_CAMPAIGN, Break.NEVER_ARRIVES)
    status, retry_after, said = post(hub, "k")
    assert (status, retry_after, "with the same Idempotency-Key" in said) == (503, "2", True)
    assert (post(hub, "k")[0], campaigns(hub)) == (201, 1)


def test_without_a_key_the_answer_says_that_it_may_have_been_taken(hub: TestHub, proxy: Proxy) -> None:
    """503 without Retry-After: a client that repeats by itself would send twice."""
    proxy.break_at(A_CAMPAIGN, Break.ANSWER_LOST)
    status, retry_after, said = post(hub)
    assert (status, retry_after, "it may have been taken" in said, campaigns(hub)) == (503, None, True, 1)


def test_a_mail_with_an_id_is_found_and_answered(hub: TestHub, proxy: Proxy) -> None:
    """250, once."""
    proxy.break_at(A_CAMPAIGN, Break.ANSWER_LOST)
    reply = mail(hub, HEAD + b"Message-ID: <1@salon.example>\r\n\r\nBonjour\r\n")
    assert (reply[:14], "duplicate" in reply, campaigns(hub)) == ("250 2.0.0 Ok: ", False, 1)


def test_a_mail_that_cannot_be_recognised_is_not_asked_for_again(hub: TestHub, proxy: Proxy) -> None:
    """A mail server would repeat it by itself; a person is told to look first."""
    proxy.break_at(A_CAMPAIGN, Break.ANSWER_LOST)
    reply = mail(hub, HEAD + b"\r\nBonjour\r\n")
    assert (reply[:41], campaigns(hub)) == ("554 5.3.0 The hub may have taken this mai", 1)


def test_a_mail_that_never_arrived_is_asked_for_again(
    hub: TestHub, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an id it is safe to do so."""
    monkeypatch.setattr("hub.messages.doubt.READ_AGAIN_S", (0.01,))
    proxy.break_at(A_CAMPAIGN, Break.NEVER_ARRIVES)
    raw = HEAD + b"Message-ID: <1@salon.example>\r\n\r\nBonjour\r\n"
    assert (mail(hub, raw)[:9], mail(hub, raw)[:9], campaigns(hub)) == ("451 4.3.0", "250 2.0.0", 1)


@pytest.mark.parametrize("how", list(Break))
def test_a_worker_that_does_not_hear_whether_it_may_submit_looks_again(hub: TestHub, proxy: Proxy, how: Break) -> None:
    """Each message is submitted once, and none is in doubt: nothing had been handed over yet."""
    answer = hub.send("+33612345671", "+33612345672")
    proxy.break_at(b"submitting", how)
    hub.drain()
    assert proxy.broke.wait(10)
    assert hub.states(answer.campaign_id) == [MessageState.SUBMITTED] * 2
    with hub.core.read() as connection:
        tries = list(connection.execute(select(messages.c.tries)).scalars())
    assert (tries, sorted(hub.carrier.counts.values())) == ([1, 1], [1, 1])


@pytest.mark.parametrize("how", list(Break))
def test_a_worker_that_does_not_hear_whether_its_record_is_kept_records_again(
    hub: TestHub, proxy: Proxy, how: Break
) -> None:
    """Billed once, submitted once."""
    answer = hub.send()
    hub.carrier.before = lambda _: proxy.break_at(b"submitted", how)
    hub.drain()
    assert proxy.broke.wait(10)
    balance = hub.core.accounts.balance(hub.account.id)
    assert (hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([MessageState.SUBMITTED], [1])
    assert (balance.reserved, balance.spent) == (0, 1)


def test_receipts_that_may_have_been_kept_are_handed_over_again(hub: TestHub, proxy: Proxy) -> None:
    """The carrier's line hears that they were not taken for certain, and repeats them; that changes nothing."""
    answer = hub.send()
    hub.drain()
    receipt = DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)
    proxy.break_at(b"delivered", Break.ANSWER_LOST)
    with pytest.raises(StoreUnavailable):
        hub.core.settler.receipts("carrier", [receipt])
    hub.core.settler.receipts("carrier", [receipt])
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]


def test_a_chunk_that_may_have_been_expanded_is_not_expanded_twice(hub: TestHub, proxy: Proxy) -> None:
    """It is gone with the messages that it became."""
    numbers = [f"+3361234567{number}" for number in range(5)]
    answer = hub.send(*numbers)
    proxy.break_at(b"INSERT INTO messages", Break.ANSWER_LOST)
    with pytest.raises(StoreUnavailable):
        hub.core.expander.expand_next()
    while hub.core.expander.expand_next():
        pass
    hub.drain()
    assert sorted(message.to for message in hub.carrier.taken) == numbers
    assert set(hub.states(answer.campaign_id)) == {MessageState.SUBMITTED}
