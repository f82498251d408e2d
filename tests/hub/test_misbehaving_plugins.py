"""Whatever a plugin does in whichever hook: texts leave or are held back with a reason, and the hub goes on (F31)."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from structlog.testing import capture_logs

from hub import Finding, hookimpl
from hub.errors import RequestRefused
from hub.messages.model import MessageState
from hub.plugin_guard import FAILURES
from hub.plugin_manager import Plugins, PluginState
from hub.testing.clock import FakeClock
from hub.testing.connector import FakeConnector
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence
    from pathlib import Path

    from hub.messages.model import Draft
    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub
MANY = [f"+336123{number:05}" for number in range(12)]
FORKED: list[int] = []


def _raise() -> None:
    raise RuntimeError("no licence")


def _leave() -> None:
    sys.exit("bye")


def _fork() -> None:
    if pid := os.fork():
        FORKED.append(pid)


def _fork_and_exit() -> None:
    if (pid := os.fork()) == 0:
        os._exit(0)
    FORKED.append(pid)


def _print() -> None:
    sys.stdout.write("I am here")


def _hang() -> None:
    _never.wait(60)


_never = threading.Event()
MISDEEDS: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "sys.exit": _leave,
    "hang": _hang,
    "fork": _fork,
    "fork and os._exit": _fork_and_exit,
    "print": _print,
}
HARMLESS = {"fork", "fork and os._exit", "print"}
"""After these a hook comes back as it should."""


@dataclass
class Rude:
    """A plugin that misbehaves in one of its hooks, and does its work in the others."""

    where: str = ""
    act: Callable[[], None] = _print
    calls: list[str] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_check_message(self, draft: Draft) -> None:
        """Check."""
        self._behave("check_message", draft)

    @hookimpl
    def hub_choose_route(self, routes: Sequence[str]) -> str:
        """Choose the last."""
        self._behave("choose_route", routes)
        return routes[-1]

    @hookimpl
    def hub_campaign_accepted(self) -> None:
        """Hear."""
        self._behave("campaign_accepted")

    @hookimpl
    def hub_message_submitted(self) -> None:
        """Hear."""
        self._behave("message_submitted")

    @hookimpl
    def hub_message_settled(self) -> None:
        """Hear."""
        self._behave("message_settled")

    @hookimpl
    def hub_health(self) -> list[Finding]:
        """Say."""
        self._behave("health")
        return []

    @hookimpl
    def hub_account_details(self) -> dict[str, str]:
        """Say."""
        self._behave("account_details")
        return {"shop": "open"}

    def _behave(self, where: str, *_: object) -> None:
        self.calls.append(where)
        if where == self.where:
            self.act()


@pytest.fixture(autouse=True)
def _cleared_up() -> Iterator[None]:
    """Let go of who hangs, and wait for the ends of copies."""
    _never.clear()
    FORKED.clear()
    yield
    _never.set()
    for pid in FORKED:
        os.waitpid(pid, 0)
    for thread in threading.enumerate():
        if thread.name.startswith("plugin "):
            thread.join(20)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test."""
    with capture_logs() as lines:
        yield lines


class Maker(Protocol):
    """Makes a hub with plugins, which may take 0.2 seconds over each call."""

    def __call__(self, **bring: object) -> TestHub:
        """Make one."""
        ...


@pytest.fixture
def make_with(databases: Databases, tmp_path: Path) -> Iterator[Maker]:
    """Make hubs with two routes to one carrier."""
    made: list[TestHub] = []

    def make(**bring: object) -> TestHub:
        settings = {"HUB_ROUTE_SPARE_CONNECTOR": "carrier", "HUB_ROUTE_SPARE_PRIORITY": "20"}
        hub = make_hub(
            tmp_path,
            databases.fresh("sqlite"),
            settings=settings,
            bring=bring,
            carrier=FakeConnector(),
            clock=FakeClock(),
        )
        guard = hub.core.plugins.guard
        guard.limits_s = dict.fromkeys(guard.limits_s, 0.2)
        made.append(hub)
        return hub

    yield make
    for hub in made:
        hub.core.close()


NOTICES = ("campaign_accepted", "message_submitted", "message_settled", "health", "account_details", "choose_route")


@pytest.mark.parametrize("where", NOTICES)
@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_text_leaves_whatever_a_plugin_does(make_with: Maker, where: str, misdeed: str) -> None:
    """It is delivered once, and the plugin that is well hears of everything."""
    well = Rude()
    hub = make_with(well=well, rude=Rude(where, MISDEEDS[misdeed]))
    campaign = hub.send().campaign_id
    hub.drain()
    hub.carrier.report(f"{campaign}-0")
    hub.core.plugin_findings()
    hub.core.plugins.account_details(hub.core, hub.account)
    assert (hub.states(campaign), len(hub.carrier.taken)) == ([MessageState.DELIVERED], 1)
    assert set(well.calls) >= {"check_message", *NOTICES} - {"choose_route"}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_rule_that_misbehaves_holds_the_text_back_and_is_named(make_with: Maker, misdeed: str) -> None:
    """Unless it comes back in the end; nothing else is the matter."""
    hub = make_with(rude=Rude("check_message", MISDEEDS[misdeed]))
    if misdeed in HARMLESS:
        assert hub.send().accepted == 1
        return
    with pytest.raises(RequestRefused, match="The rule of plugin rude failed") as refused:
        hub.send()
    assert refused.value.code == "check_failed"


@pytest.mark.parametrize("misdeed", ["raise", "sys.exit", "hang"])
def test_who_misbehaves_is_named_in_the_log(
    make_with: Maker, misdeed: str, logs: list[MutableMapping[str, Any]]
) -> None:
    """With its hook, and what it did."""
    hub = make_with(rude=Rude("message_submitted", MISDEEDS[misdeed]))
    hub.send()
    hub.drain()
    (line,) = [line for line in logs if line["event"] == "listener_failed"]
    said = {"raise": "no licence", "sys.exit": "bye", "hang": "did not come back within 0.2 s"}[misdeed]
    assert (line["plugin"], line["hook"], said in line["fault"]) == ("rude", "hub_message_submitted", True)


def test_a_rule_that_hangs_keeps_nobody_from_writing(make_with: Maker) -> None:
    """No transaction is open while it is asked."""
    asked = threading.Event()

    def hang() -> None:
        asked.set()
        _never.wait(60)

    hub = make_with(rude=Rude("check_message", hang))
    hub.core.plugins.guard.limits_s = {"hub_check_message": 30.0}
    waiting = threading.Thread(target=lambda: hub.send(idempotency_key="x"))
    waiting.start()
    assert asked.wait(20)
    hub.core.accounts.add_credits(hub.account.id, 5)
    assert hub.core.accounts.balance(hub.account.id).available == 1005
    _never.set()
    waiting.join(20)


def test_a_list_that_is_expanded_later_is_asked_outside_of_its_transaction_too(make_with: Maker) -> None:
    """A rule that reads the hub's own database while it is asked finds it free."""
    found: list[int] = []
    hub = make_with(rude=Rude("check_message", lambda: found.append(len(hub.core.accounts.all()))))
    object.__setattr__(hub.core.intake.limits, "inline_recipients", 3)
    campaign = hub.send(*MANY).campaign_id
    while hub.core.expander.expand_next():
        pass
    assert (found, len(hub.states(campaign))) == ([1] * len(MANY), len(MANY))


def test_a_rule_that_fails_over_one_text_holds_only_that_one_back(make_with: Maker) -> None:
    """The others leave."""

    @dataclass
    class Picky:
        hub_api: int = 1

        @hookimpl
        def hub_check_message(self, draft: Draft) -> None:
            if draft.to == MANY[3]:
                raise ValueError("seven")

    hub = make_with(picky=Picky())
    answer = hub.send(*MANY)
    assert (answer.accepted, answer.blocked_by) == (len(MANY) - 1, {"check_failed": 1})


def test_a_rule_that_fails_over_everything_is_asked_no_more(make_with: Maker) -> None:
    """After several in a row: the texts stay held back, and the plugin is named in every process's health."""
    rude = Rude("check_message", _raise)
    hub = make_with(rude=rude)
    for _ in range(2):
        with pytest.raises(RequestRefused):
            hub.send(*MANY)
    assert rude.calls.count("check_message") == FAILURES
    (finding,) = [one for one in hub.core.plugin_findings() if one.where == "plugin rude"]
    assert "hub_check_message failed 5 times in a row (RuntimeError: no licence)" in finding.message
    assert "held back" in finding.message


def test_another_process_knows_who_is_switched_off(make_with: Maker, tmp_path: Path) -> None:
    """It stands in the database, and goes when the plugin is well again."""
    rude = Rude("check_message", _raise)
    hub = make_with(rude=rude)
    with pytest.raises(RequestRefused):
        hub.send(*MANY)
    other = make_hub(tmp_path, hub.core.store.url.render_as_string(), clock=hub.clock, empty=True)
    assert [one.where for one in other.core.plugin_findings()] == ["plugin rude"]
    rude.where = ""
    hub.core.plugins.guard.rest_s = 0.0
    for breaker in hub.core.plugins.guard._breakers.values():
        breaker.rests_until = 0.0
    assert hub.send().accepted == 1
    assert other.core.plugin_findings() == ()
    other.core.close()


def test_a_listener_that_hangs_on_is_skipped(make_with: Maker) -> None:
    """It costs its seconds once, then nothing; every text leaves."""
    rude = Rude("message_submitted", _hang)
    hub = make_with(rude=rude)
    for number in MANY[: FAILURES + 2]:
        hub.send(number)
        hub.drain()
    assert (len(hub.carrier.taken), rude.calls.count("message_submitted")) == (FAILURES + 2, 1)
    assert [one.where for one in hub.core.plugin_findings()] == ["plugin rude"]


def test_nobody_is_asked_where_no_plugin_decides(make_with: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, no second plan: it costs nothing."""
    started: list[str] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    hub = make_with()
    monkeypatch.setattr(threading.Thread, "start", note)
    hub.send(*MANY)
    hub.drain()
    assert [name for name in started if name.startswith("plugin ")] == []


def test_a_plugin_is_called_once_per_batch(make_with: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread per message."""
    started: list[str] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    hub = make_with(well=Rude())
    monkeypatch.setattr(threading.Thread, "start", note)
    hub.send(*MANY)
    assert sorted(name for name in started if name.startswith("plugin ")) == [
        "plugin well hub_campaign_accepted",
        "plugin well hub_check_message",
        "plugin well hub_choose_route",
    ]


REGISTERING = """
import os, sys, time
from hub import hookimpl
hub_api = 1
@hookimpl
def hub_register_commands(registry):
    {deed}
"""
DEEDS = {
    "raise": ("raise RuntimeError('no licence')", PluginState.BROKEN, "RuntimeError: no licence"),
    "sys.exit": ("sys.exit('bye')", PluginState.BROKEN, "SystemExit: bye"),
    "hang": ("time.sleep(3)", PluginState.BROKEN, "did not come back within 0.3 s"),
    "fork": ("os.fork() and os.wait()", PluginState.ACTIVE, ""),
    "fork and os._exit": ("os.fork() or os._exit(0)", PluginState.ACTIVE, ""),
    "print": ("print('I am here')", PluginState.ACTIVE, ""),
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a plugin called `rude` beside those that are there."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> None:
        (tmp_path / "rude_plugin_of_a_test.py").write_text(source)
        monkeypatch.delitem(sys.modules, "rude_plugin_of_a_test", raising=False)
        from importlib.metadata import entry_points as real

        rude = EntryPoint("rude", "rude_plugin_of_a_test", "hub.plugins")
        monkeypatch.setattr(
            "hub.plugin_manager.entry_points",
            lambda group: [*real(group=group), *([rude] if group == "hub.plugins" else [])],
        )

    return write


@pytest.mark.parametrize("deed", DEEDS)
def test_a_plugin_that_misbehaves_while_it_comes_in_is_named_and_left_out(
    install: Callable[[str], None], deed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others come in; a plugin that comes back after all is active."""
    monkeypatch.setattr("hub.plugin_manager.REGISTRATION_S", 0.3 if deed == "hang" else 30.0)
    source, state, detail = DEEDS[deed]
    install(REGISTERING.format(deed=source))
    statuses = {status.name: status for status in Plugins.load(quiet=True).statuses}
    assert (statuses["rude"].state, statuses["mail_to_sms"].state) == (state, PluginState.ACTIVE)
    assert detail in statuses["rude"].detail
    assert capsys.readouterr().out == ""
