"""A process is killed between two certain steps: what its client, the record and the carrier then say (F1 to F7)."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.accounts.service import Accounts
from hub.clock import SystemClock
from hub.testing.databases import KINDS

from .calling import BROKEN, get, port_of, send
from .conftest import SiteMaker, open_account
from .mailing import give_address
from .site import KILLED, Site

pytestmark = pytest.mark.slow

MAIL = b"From: accueil@salon.example\r\nSubject: 06 12 30 45 67\r\nMessage-ID: <1@salon.example>\r\n\r\nBonjour\r\n"
LEASE_OUT_S = 60.0


@pytest.fixture(params=KINDS)
def called(request: pytest.FixtureRequest, make_site: SiteMaker) -> tuple[Site, str]:
    """A site and the token of its account."""
    site = make_site(request.param)
    return site, open_account(site)


def books(site: Site) -> tuple[int, int, int]:
    """What the account has available, reserved and spent."""
    balance = Accounts(site.store, SystemClock()).balance(1)
    return balance.available, balance.reserved, balance.spent


def call_twice(site: Site, token: str, failpoint: str) -> list[object]:
    """A client asks, the web process dies at that point, another one is started, and the client asks again."""
    site.note_asked("small")
    web = site.start("serve_web", failpoint=failpoint)
    assert site.until(lambda: site.is_open(port_of(site))), site.log
    first, _ = send(site, token)
    assert site.wait(web) == KILLED, site.log
    there = len(site.rows())
    with site.during("serve_web"):
        assert site.until(lambda: site.is_open(port_of(site))), site.log
        _, second = send(site, token)
        _, third = send(site, token)
    replayed = [answer["Idempotent-Replayed"] for answer in (second, third)]
    return [first, there, *replayed, second["id"] == third["id"]]


def test_a_web_process_killed_before_its_commit_has_taken_nothing(called: tuple[Site, str]) -> None:
    """The client sees an error; its retry with the same key makes one message and one debit (F1)."""
    site, token = called
    assert call_twice(site, token, "accept.before_commit") == [BROKEN, 0, None, "true", True]
    assert books(site) == (999, 1, 0)
    site.must_play("finish", later_s=LEASE_OUT_S)
    assert (site.states(), list(site.taken().values()), site.faults()) == (["delivered"], [1], [])


def test_a_web_process_killed_after_its_commit_has_taken_it_once(called: tuple[Site, str]) -> None:
    """The client never heard the answer; the same key gets the same campaign, which is sent once (F2)."""
    site, token = called
    assert call_twice(site, token, "accept.after_commit") == [BROKEN, 1, "true", "true", True]
    assert books(site) == (999, 1, 0)
    site.must_play("finish", later_s=LEASE_OUT_S)
    assert (site.states(), list(site.taken().values()), site.faults()) == (["delivered"], [1], [])


def test_a_listener_killed_before_its_250_texts_once(site: Site) -> None:
    """The mail server sends the mail again, and hears which campaign it became (F3)."""
    give_address(site, "geheim")
    port = int(site.environ["HUB_MAIL_TO_SMS_PORT"])
    site.note_asked("mail")
    listener = site.start("serve_mail", failpoint="accept.after_commit")
    assert site.until(lambda: site.is_open(port)), site.log
    first = site.deliver(MAIL, "geheim@sms.localhost")
    assert site.wait(listener) == KILLED, site.log
    with site.during("serve_mail"):
        assert site.until(lambda: site.is_open(port)), site.log
        second = site.deliver(MAIL, "geheim@sms.localhost")
    assert (first, second[:26]) == ("SMTPServerDisconnected", "250 2.0.0 Ok: duplicate of")
    site.must_play("finish", later_s=LEASE_OUT_S)
    assert (site.states(), list(site.taken().values()), site.faults()) == (["delivered"], [1], [])


def test_a_worker_killed_after_its_claim_has_sent_nothing(site: Site) -> None:
    """Back in the queue once its lease has run out, and sent once (F4)."""
    site.must_play("accept")
    assert site.play("submit", failpoint="claim.after_commit") == KILLED
    held = site.states()
    site.must_play("schedule", later_s=LEASE_OUT_S)
    back = site.states()
    site.must_play("finish", later_s=2 * LEASE_OUT_S)
    assert (held, back, site.states()) == (["claimed"] * 2, ["pending"] * 2, ["delivered"] * 2)
    assert (sorted(site.taken().values()), site.faults()) == ([1, 1], [])


def test_a_worker_killed_with_its_answer_in_hand_leaves_a_doubt_that_is_shown(called: tuple[Site, str]) -> None:
    """Called `unknown`, held, not submitted again; the metric counts it and the API shows why (F5)."""
    site, token = called
    site.must_play("accept")
    silent = {"HUB_CONNECTOR_SANDBOX_RECEIPTS": "false"}
    assert site.play("submit", failpoint="submit.after_call", **silent) == KILLED
    site.must_play("schedule", later_s=LEASE_OUT_S, **silent)
    site.must_play("submit", later_s=2 * LEASE_OUT_S, **silent)
    assert (site.states(), sorted(site.taken().values()), books(site)) == (["unknown"] * 2, [1, 1], (998, 2, 0))
    with site.during("serve_web"):
        assert site.until(lambda: site.is_open(port_of(site))), site.log
        metrics = get(site, "/metrics").text
        campaign = next(iter(site.rows())).rpartition("-")[0]
        shown = get(site, f"/api/v1/messages?campaign={campaign}", token).json()
    assert 'hub_unknown_messages{connector="sandbox"} 2.0' in metrics
    assert {(one["state"], one["reason"]) for one in shown["items"]} == {("unknown", "answer_lost")}
    assert site.faults() == []


def test_a_worker_killed_before_it_recorded_the_yes_is_put_right_by_the_receipt(site: Site) -> None:
    """`unknown` until then, never submitted again; delivered and billed in the end (F6)."""
    site.must_play("accept")
    later = {"HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "300"}
    assert site.play("submit", failpoint="record.before_commit", **later) == KILLED
    site.must_play("schedule", later_s=LEASE_OUT_S, **later)
    held = site.states()
    site.must_play("finish", later_s=400, **later)
    assert (held, site.states(), books(site)) == (["unknown"] * 2, ["delivered"] * 2, (998, 0, 2))
    assert (sorted(site.taken().values()), site.faults()) == ([1, 1], [])


def test_a_worker_killed_after_it_recorded_the_yes_repeats_nothing(site: Site) -> None:
    """It is on disk (F7)."""
    site.must_play("accept")
    later = {"HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "300"}
    assert site.play("submit", failpoint="record.after_commit", **later) == KILLED
    recorded = site.states()
    site.must_play("finish", later_s=400, **later)
    assert (recorded, Counter(site.states())) == (["submitted"] * 2, {"delivered": 2})
    assert (sorted(site.taken().values()), site.faults()) == ([1, 1], [])
