"""Calls of another form than Standard Webhooks, which a plugin brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hub import Call, hookimpl
from hub.events.model import EventType
from hub.plugin_manager import Plugins
from hub.testing.clock import FakeClock

from .conftest import happen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Happened, Hub, Registry, Webhook
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

    from .conftest import Receiver


@dataclass
class Lines:
    """A plugin that tells every event but the second of a batch, in a line."""

    hub_api: int = 1
    secrets: list[Sequence[str]] = field(default_factory=list)

    @hookimpl
    def hub_register_event_styles(self, registry: Registry) -> None:
        """Bring the style `lines`."""
        registry.add_event_style("lines", self.dress)

    def dress(
        self, hub: Hub, webhook: Webhook, secrets: Sequence[str], events: Sequence[Happened]
    ) -> list[Call | None]:
        """A line for each."""
        self.secrets.append(secrets)
        said = [f"{hub.account(webhook.account_id).name} {one.type} {one.data['place']}" for one in events]
        calls: list[Call | None] = [Call(one.encode(), {"x-line": "yes"}) for one in said]
        return [*calls[:1], None, *calls[2:]] if len(calls) > 1 else calls


@pytest.fixture
def lines() -> Lines:
    """The plugin."""
    return Lines()


@pytest.fixture
def hub(make: HubMaker, lines: Lines) -> TestHub:
    """A hub with that plugin, which may call this machine."""
    plugins = Plugins()
    plugins.add(lines, "lines")
    return make(settings={"HUB_EVENTS_ALLOW_PRIVATE": "yes"}, plugins=plugins, clock=FakeClock())


def test_a_plugin_gives_calls_their_form(hub: TestHub, receiver: Receiver, lines: Lines) -> None:
    """Body and headers are its own; what it does not tell counts as told, and as no call."""
    made = hub.core.webhooks.create(hub.account.id, receiver.url, [EventType.BALANCE_LOW], style="lines", secret="s")
    happen(hub, 3)
    hub.core.deliverer.deliver_due()
    told = [one.body.decode() for one in receiver.calls]
    assert told == ["Salon Exemple balance.low 0", "Salon Exemple balance.low 2"]
    assert {one.headers.get("x-line") for one in receiver.calls} == {"yes"}
    assert lines.secrets == [["s"]]
    assert len(hub.core.webhooks.attempts(hub.account.id, made.webhook.id)) == 2
    hub.core.deliverer.deliver_due()
    assert len(receiver.calls) == 2


def test_an_edited_secret_takes_the_place_of_the_old_one_at_once(
    hub: TestHub, receiver: Receiver, lines: Lines
) -> None:
    """And an empty one leaves none."""
    made = hub.core.webhooks.create(hub.account.id, receiver.url, [EventType.BALANCE_LOW], style="lines", secret="a")
    for secret in ("b", ""):
        hub.core.webhooks.edit(hub.account.id, made.webhook.id, secret=secret)
        happen(hub)
        hub.core.deliverer.deliver_due()
    assert lines.secrets == [["b"], []]


def test_events_wait_while_nobody_brings_their_style(hub: TestHub, receiver: Receiver) -> None:
    """A plugin that is switched off loses none."""
    hub.core.webhooks.create(hub.account.id, receiver.url, [EventType.BALANCE_LOW], style="fax")
    happen(hub)
    hub.core.deliverer.deliver_due()
    (backlog,) = hub.core.webhooks.backlogs()
    assert (receiver.calls, backlog.waiting) == ([], 1)
