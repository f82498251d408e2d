"""Few credits are told of once per crossing: by mail, by text, and to plugins."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from hub import hookimpl
from hub.billing.model import BalanceAlert
from hub.errors import RequestRefused
from hub.events.model import EventType
from hub.events.tables import webhook_events
from hub.failpoints import FailpointReached, armed
from hub.messages.tables import campaigns, messages
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from hub.billing.model import LowBalance
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.messages.conftest import Twin

PHONE = "+33612345670"


@pytest.fixture
def low(hub: TestHub) -> TestHub:
    """A hub whose account is warned below 990 credits, and has 985."""
    hub.core.balance_alerts.set(hub.account.id, 990, ["compta@salon.example", "marie@salon.example"], PHONE)
    use(hub, 15)
    return hub


def use(hub: TestHub, credits_: int) -> None:
    """Take so many credits away."""
    hub.core.accounts.add_credits(hub.account.id, -credits_)


def mails(hub: TestHub) -> list[str]:
    """Whom the hub writes to."""
    return sorted(one.to for one in hub.core.mails.all())


def texts(hub: TestHub) -> list[tuple[str, str]]:
    """Whom it texts, and what."""
    with hub.core.read() as connection:
        joined = select(messages.c.recipient, messages.c.text).join(campaigns)
        return [tuple(row) for row in connection.execute(joined.where(campaigns.c.source == "balance_alert"))]


def test_a_crossing_is_told_by_mail_to_every_address(low: TestHub) -> None:
    """Each gets one."""
    low.core.balance_alerts.look()
    assert mails(low) == ["compta@salon.example", "marie@salon.example"]


def test_a_crossing_is_told_by_a_text_of_the_accounts_own(low: TestHub) -> None:
    """In its language, and charged."""
    low.core.balance_alerts.look()
    words = "Salon Exemple : il reste 985 crédit(s), sous votre seuil de 990."
    assert texts(low) == [(PHONE, words)]
    assert low.core.accounts.balance(low.account.id).reserved > 0


def test_a_crossing_is_told_once(low: TestHub) -> None:
    """However long the credits stay low."""
    for _ in range(3):
        low.core.balance_alerts.look()
        use(low, 1)
    assert (len(mails(low)), len(texts(low))) == (2, 1)


def test_two_processes_that_see_a_crossing_tell_it_once(low: TestHub, twin: Twin) -> None:
    """And text once."""
    other = twin(low)
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(core.balance_alerts.look) for core in (low.core, other) * 2]:
            one.result()
    alert = low.core.balance_alerts.get(low.account.id)
    assert (len(mails(low)), len(texts(low)), alert.fault) == (2, 1, None)


def test_who_rises_and_falls_again_is_told_again(low: TestHub) -> None:
    """It is another crossing."""
    low.core.balance_alerts.look()
    low.core.accounts.add_credits(low.account.id, 500)
    low.core.balance_alerts.look()
    use(low, 600)
    low.core.balance_alerts.look()
    assert (len(mails(low)), len(texts(low))) == (4, 2)


def test_as_many_credits_as_the_threshold_are_not_few(hub: TestHub) -> None:
    """Below it they are."""
    hub.core.balance_alerts.set(hub.account.id, 1000, ["compta@salon.example"])
    assert hub.core.balance_alerts.look() == 0


def test_a_text_that_a_crash_left_owing_is_sent_later(low: TestHub) -> None:
    """What was written down with the crossing is still to be done."""
    accept, core = low.core.balance_alerts.accept, low.core
    object.__setattr__(core.balance_alerts, "accept", _dies)
    with pytest.raises(SystemError):
        core.balance_alerts.look()
    object.__setattr__(core.balance_alerts, "accept", accept)
    core.balance_alerts.look()
    assert (len(mails(low)), len(texts(low))) == (2, 1)


def _dies(_: object) -> None:
    raise SystemError


def test_where_credits_do_not_suffice_for_the_text_the_alert_says_so(hub: TestHub) -> None:
    """The mail went all the same."""
    hub.core.balance_alerts.set(hub.account.id, 10, ["compta@salon.example"], PHONE)
    use(hub, 1000)
    for _ in range(2):
        hub.core.balance_alerts.look()
    alert = hub.core.balance_alerts.get(hub.account.id)
    assert (mails(hub), texts(hub)) == (["compta@salon.example"], [])
    assert alert.fault is not None
    assert "0 left" in alert.fault


def test_who_asks_for_nothing_is_told_nothing(hub: TestHub) -> None:
    """Nor who has switched it off."""
    hub.core.balance_alerts.set(hub.account.id, 990, ["compta@salon.example"])
    hub.core.balance_alerts.set(hub.account.id, None)
    use(hub, 15)
    assert (hub.core.balance_alerts.look(), hub.core.balance_alerts.get(hub.account.id)) == (0, BalanceAlert())


def test_another_address_does_not_tell_it_again(low: TestHub) -> None:
    """The same threshold was crossed already."""
    low.core.balance_alerts.look()
    low.core.balance_alerts.set(low.account.id, 990, ["autre@salon.example"])
    assert low.core.balance_alerts.look() == 0


def test_another_threshold_is_another_crossing(low: TestHub) -> None:
    """Who raises it wants to know."""
    low.core.balance_alerts.look()
    low.core.balance_alerts.set(low.account.id, 995, ["compta@salon.example"])
    assert low.core.balance_alerts.look() == 1


@pytest.mark.parametrize(
    ("threshold", "emails", "code"),
    [
        (0, (), "out_of_range"),
        (5, ("nobody",), "not_an_address"),
        (5, tuple(f"a{place}@salon.example" for place in range(11)), "too_many"),
    ],
)
def test_what_an_alert_cannot_be(hub: TestHub, threshold: int, emails: tuple[str, ...], code: str) -> None:
    """Each with its own code."""
    with pytest.raises(RequestRefused) as refused:
        hub.core.balance_alerts.set(hub.account.id, threshold, emails)
    assert refused.value.code == code


@dataclass
class Listener:
    """Hears who has few credits."""

    heard: list[LowBalance] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_balance_low(self, low: LowBalance) -> None:
        """Remember it."""
        self.heard.append(low)


def test_plugins_hear_of_a_crossing_once(make: HubMaker) -> None:
    """With what is left, and the threshold."""
    listener, plugins = Listener(), Plugins()
    plugins.add(listener, "listener")
    hub = make(plugins=plugins)
    hub.core.balance_alerts.set(hub.account.id, 1500)
    for _ in range(2):
        hub.core.balance_alerts.look()
    assert [(one.available, one.threshold, one.crossing) for one in listener.heard] == [(1000, 1500, 1)]


def events(hub: TestHub) -> list[Any]:
    """What waits to be told to the webhooks of the account."""
    with hub.core.read() as connection:
        bodies = connection.execute(select(webhook_events.c.body).order_by(webhook_events.c.id)).scalars()
        return [json.loads(one) for one in bodies]


@pytest.fixture
def heard(low: TestHub) -> TestHub:
    """The same hub, where a webhook asked for `balance.low`, and one for something else."""
    for kind in (EventType.BALANCE_LOW, EventType.MESSAGE_SETTLED):
        low.core.webhooks.create(low.account.id, "https://salon.example/hook", (kind,))
    return low


def test_a_crossing_is_an_event_for_webhooks(heard: TestHub) -> None:
    """With the credits, the threshold, and which crossing it is."""
    heard.core.balance_alerts.look()
    told = [(one["type"], one["version"], one["data"]) for one in events(heard)]
    assert told == [("balance.low", 1, {"available": 985, "threshold": 990, "crossing": 1})]


def test_a_crossing_is_an_event_once(heard: TestHub) -> None:
    """However often it is looked for; another crossing is another event."""
    for _ in range(3):
        heard.core.balance_alerts.look()
    heard.core.accounts.add_credits(heard.account.id, 500)
    heard.core.balance_alerts.look()
    use(heard, 600)
    heard.core.balance_alerts.look()
    assert [one["data"]["crossing"] for one in events(heard)] == [1, 2]


def test_two_processes_that_see_a_crossing_record_it_once(heard: TestHub, twin: Twin) -> None:
    """On both databases."""
    other = twin(heard)
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(core.balance_alerts.look) for core in (heard.core, other) * 2]:
            one.result()
    assert len(events(heard)) == 1


def test_a_crossing_that_a_crash_took_back_was_not_told(heard: TestHub) -> None:
    """Its event and its mails go with it, and come with the next look."""
    with armed("balance_alert.before_commit=raise"), pytest.raises(FailpointReached):
        heard.core.balance_alerts.look()
    before = (events(heard), mails(heard))
    heard.core.balance_alerts.look()
    assert (before, len(events(heard)), len(mails(heard))) == (([], []), 1, 2)


def test_a_webhook_alone_is_enough_to_be_warned(hub: TestHub) -> None:
    """An alert without any address is told to webhooks."""
    hub.core.webhooks.create(hub.account.id, "https://salon.example/hook", (EventType.BALANCE_LOW,))
    hub.core.balance_alerts.set(hub.account.id, 990)
    use(hub, 15)
    hub.core.balance_alerts.look()
    assert (len(events(hub)), mails(hub), texts(hub)) == (1, [], [])
