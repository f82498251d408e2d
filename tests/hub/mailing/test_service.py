"""The queue as the operator sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.errors import Conflict, NotFound
from hub.mailing.model import MailState

from .conftest import put

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from hub.testing.relay import Relay
    from tests.conftest import HubMaker


@pytest.fixture
def hub(make: HubMaker, relay: Relay) -> TestHub:
    """A hub with a relay."""
    return make(settings=relay.environ())


def test_what_was_not_sent_is_listed(hub: TestHub, relay: Relay) -> None:
    """The latest first; what was sent only when asked for."""
    relay.will_say("RCPT", "550 5.1.1 Nobody")
    put(hub, "1", "2")
    hub.core.postman.send_due()
    put(hub, "3")
    assert [one.state for one in hub.core.mails.all()] == ["waiting", "failed"]
    assert [one.id for one in hub.core.mails.all(states=[MailState.SENT])] == [2]


def test_an_accounts_mail_is_listed_alone(hub: TestHub) -> None:
    """When that is asked for."""
    put(hub)
    assert [len(hub.core.mails.all(account_id=number)) for number in (hub.account.id, 99)] == [1, 0]


def test_a_failed_mail_can_be_tried_again(hub: TestHub, relay: Relay) -> None:
    """Now, and with all its tries."""
    relay.will_say("RCPT", "550 5.1.1 Nobody")
    put(hub)
    hub.core.postman.send_due()
    (failed,) = hub.core.mails.all()
    assert (hub.core.mails.retry(failed.id).state, hub.core.postman.send_due()) == ("waiting", 1)


def test_one_that_was_too_old_is_sent_when_somebody_asks_for_it(hub: TestHub, relay: Relay) -> None:
    """They know how old it is."""
    put(hub)
    hub.clock.advance(timedelta(days=8))
    hub.core.mails.expire_old()
    (old,) = hub.core.mails.all()
    hub.core.mails.retry(old.id)
    assert (old.state, hub.core.postman.send_due(), len(relay.mails)) == ("expired", 1, 1)


def test_a_sent_mail_is_not_sent_twice(hub: TestHub) -> None:
    """Not even when somebody asks for it."""
    put(hub)
    hub.core.postman.send_due()
    (sent,) = hub.core.mails.all(states=[MailState.SENT])
    with pytest.raises(Conflict, match="was sent"):
        hub.core.mails.retry(sent.id)


def test_a_mail_in_hand_is_left_alone(hub: TestHub) -> None:
    """It would be sent twice."""
    put(hub)
    hub.core.postman._claim()
    with pytest.raises(Conflict, match="at this moment"):
        hub.core.mails.retry(1)


def test_there_is_no_mail_of_an_unknown_number(hub: TestHub) -> None:
    """And it says so."""
    with pytest.raises(NotFound, match="99"):
        hub.core.mails.retry(99)


def test_a_mail_that_waited_for_a_week_is_given_up_and_kept(hub: TestHub) -> None:
    """Somebody may want to read it."""
    put(hub)
    hub.clock.advance(timedelta(days=6))
    before = hub.core.mails.expire_old()
    hub.clock.advance(timedelta(days=2))
    assert (before, hub.core.mails.expire_old(), hub.core.mails.expire_old()) == (0, 1, 0)
    assert "a week" in (hub.core.mails.all()[0].fault or "")


def test_what_ended_a_month_ago_is_forgotten(hub: TestHub) -> None:
    """It holds people's texts; what waits stays."""
    put(hub, "1")
    hub.core.postman.send_due()
    hub.clock.advance(timedelta(days=31))
    put(hub, "2")
    assert hub.core.mails.forget_ended() == 1
    assert [one.id for one in hub.core.mails.all(states=tuple(MailState))] == [2]


def test_the_figures_say_how_the_queue_stands(hub: TestHub, relay: Relay) -> None:
    """How many, since when, and the latest fault."""
    begun = hub.clock.now()
    relay.will_say("RCPT", "550 5.1.1 Nobody", "451 4.7.1 Later")
    put(hub, "1", "2", "3")
    hub.core.postman.send_due()
    figures = hub.core.mails.figures()
    assert (figures.waiting, figures.failed, figures.expired) == (1, 1, 0)
    assert (figures.oldest, figures.fault) == (begun, "451 4.7.1 Later")
