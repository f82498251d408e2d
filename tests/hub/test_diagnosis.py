"""What `hub check` finds beyond the settings: of plugins, connectors, and a Redis that is too old."""

from __future__ import annotations

import os
import socketserver
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from hub import Address, Finding, hookimpl
from hub.bootstrap import build
from hub.config.sections import SmtpSection
from hub.diagnosis import _look_at, build_or_say_why, diagnose
from hub.errors import ConfigError
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.mailing.relay import Relay
from hub.messages.breaker import Failure
from hub.plugin_kit import Section
from hub.plugin_manager import Plugins
from hub.store.engine import sqlite_url
from hub.testing.clock import FakeClock
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hub import Hub, Registry
    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

    Finder = Callable[..., dict[str, Finding]]


class Plugin:
    """A plugin with a connector, a service and an opinion, all of which a test decides."""

    hub_api = 1

    def __init__(self) -> None:
        self.findings: object = []
        self.connector: Any = None
        self.address: Any = None

    @hookimpl
    def hub_register_connectors(self, registry: Registry) -> None:
        """Bring a kind of connector."""
        registry.add_connector("paper", Section, lambda *_: self._raise_or_give(self.connector))

    @hookimpl
    def hub_register_services(self, registry: Registry) -> None:
        """Bring a service."""
        registry.add_service("fax", lambda _: None, listens=self._listens)  # type: ignore[arg-type,return-value]  # never built

    @hookimpl
    def hub_health(self, hub: Hub) -> Sequence[Finding]:
        """Have an opinion, once it was seen that the hub is there."""
        assert hub.data_dir.is_dir()
        found: Sequence[Finding] = self._raise_or_give(self.findings)
        return found

    def _listens(self, _: Hub) -> tuple[Address, ...]:
        address = self._raise_or_give(self.address)
        return (address,) if address else ()

    @staticmethod
    def _raise_or_give(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value


class Paper:
    """A connector that can be built."""

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Plugin:
    """The only plugin that is installed."""
    made = Plugin()
    made.connector = Paper()
    monkeypatch.setattr(sys.modules[__name__], "plugin_under_test", made, raising=False)
    monkeypatch.setitem(sys.modules, "a_plugin_to_check", sys.modules[__name__])
    entry = EntryPoint("paper", "a_plugin_to_check:plugin_under_test", "hub.plugins")
    monkeypatch.setattr("hub.plugin_manager.entry_points", lambda *, group: [entry] if group == "hub.plugins" else [])
    return made


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A hub on paper."""
    return {
        "HUB_HUB_DATA_DIR": str(tmp_path),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_CONNECTOR_MAIN_TYPE": "paper",
        "HUB_ROUTE_MAIN_CONNECTOR": "main",
        "HUB_SENDERS_FR": "36180",
        "HUB_WEB_PORT": "18391",
    }


@pytest.fixture
def find(plugin: Plugin, environ: dict[str, str]) -> Finder:
    """What is found, by where it is found."""
    assert plugin is not None

    def finder(**more: str) -> dict[str, Finding]:
        return {one.where: one for one in diagnose(None, environ | more)}

    return finder


def test_a_hub_with_a_carrier_has_nothing_to_be_told_but_redis(find: Finder) -> None:
    """Whoever said `none` knows what that costs, and is reminded."""
    assert list(find()) == ["[hub] redis_url"]


def test_a_connector_that_cannot_be_built_is_a_fault(find: Finder, plugin: Plugin) -> None:
    """Named by its section, in its own words."""
    plugin.connector = ValueError("the certificate has run out")
    found = find()["[connector.main]"]
    assert (found.fatal, found.message) == (True, "It cannot be built: the certificate has run out.")


def test_a_carrier_without_a_default_sender_is_worth_a_warning(find: Finder) -> None:
    """It would be refused in countries that want one."""
    assert find(HUB_SENDERS_FR="", HUB_SENDERS_DEFAULT="").get("[senders]", Finding("", "", fatal=True)).fatal


def test_what_plugins_find_is_found(find: Finder, plugin: Plugin) -> None:
    """Faults come first."""
    plugin.findings = [Finding("[paper] size", "A4 is out."), Finding("[paper] ink", "None is left.", fatal=True)]
    assert list(find()) == ["[paper] ink", "[hub] redis_url", "[paper] size"]


def test_a_plugin_whose_check_fails_is_found(find: Finder, plugin: Plugin) -> None:
    """It does not end the others'."""
    plugin.findings = RuntimeError("jammed")
    assert find()["plugin paper"].message == "Its own check failed: RuntimeError: jammed"


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(find: Finder, plugin: Plugin) -> None:
    """Here a plugin cannot tell where it listens."""
    plugin.address = RuntimeError("no idea")
    plugin.findings = [Finding("[paper] size", "A4 is out.")]
    found = find()
    assert (found["ports"].fatal, "[paper] size" in found) == (True, True)


def test_a_host_that_is_not_known_is_a_fault(find: Finder, plugin: Plugin) -> None:
    """A service cannot listen there (RFC 2606: no such host)."""
    plugin.address = Address("fax.invalid", 4000, "[paper] host")
    assert find()["[paper] host"].fatal


class OldRedis(socketserver.StreamRequestHandler):
    """Answers as a Redis of another age, as far as it is asked."""

    def handle(self) -> None:
        """Answer until the line is closed."""
        while header := self.rfile.readline():
            words = [self._word() for _ in range(int(header[1:]))]
            self.wfile.write(self._answer(words[0].upper()))

    def _word(self) -> bytes:
        size = int(self.rfile.readline()[1:])
        return self.rfile.read(size + 2)[:-2]

    def _answer(self, command: bytes) -> bytes:
        if command == b"INFO":
            content = b"redis_version:6.0.16\r\n"
            return b"$%d\r\n%s\r\n" % (len(content), content)
        return b"%1\r\n+proto\r\n:3\r\n" if command == b"HELLO" else b"+OK\r\n"


@pytest.fixture
def old_redis() -> Iterator[str]:
    """The URL of a Redis that is too old."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OldRedis) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_redis_that_is_too_old_is_a_fault(find: Finder, old_redis: str) -> None:
    """It lacks the command that keeps jobs from being lost on their way."""
    found = find(HUB_HUB_REDIS_URL=old_redis)["[hub] redis_url"]
    assert (found.fatal, found.message) == (True, "Redis 6.0.16 is too old; use 6.2 or newer, or Valkey.")


def test_a_hub_that_cannot_be_built_is_a_mistake_in_its_settings(environ: dict[str, str], tmp_path: Path) -> None:
    """Whatever the machine said of its folder."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as raised:
        build_or_say_why(None, os.environ | environ | {"HUB_HUB_DATA_DIR": str(tmp_path / "file" / "data")})
    assert [fault.field for fault in raised.value.faults] != []


def test_a_redis_socket_with_too_long_a_path_is_a_fault(find: Finder) -> None:
    """The kernel takes 107 bytes."""
    found = find(HUB_HUB_REDIS_URL=f"unix:///{'x' * 110}.sock")["[hub] redis_url"]
    assert (found.fatal, "at most 107 bytes" in found.message) == (True, True)


def test_a_disk_that_is_nearly_full_is_a_fault(find: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before texts are refused for it."""
    monkeypatch.setattr("hub.diagnosis._LEAST_FREE_DISK", 1.0)
    assert find()["[hub] data_dir"].message.startswith("Less than 100% of the disk is free")


def test_a_postgresql_that_does_not_wait_for_its_disk_is_worth_a_warning(find: Finder, databases: Databases) -> None:
    """The server of these tests does not: nobody pulls its plug."""
    found = find(HUB_HUB_DATABASE_URL=databases.fresh("postgresql"))["[hub] database_url"]
    assert (found.fatal, found.message.startswith("fsync is off")) == (False, True)


def test_clocks_that_differ_are_worth_a_warning(databases: Databases, tmp_path: Path) -> None:
    """Leases and lawful hours are read off both."""
    clock = FakeClock(datetime(2020, 1, 1, tzinfo=UTC))
    hub = make_hub(tmp_path, databases.fresh("postgresql"), clock=clock, empty=True)
    said = [one.message for one in _look_at(hub.core) if "clock" in one.message]
    assert [line.startswith("The database's clock and this machine's differ by") for line in said] == [True]


def test_a_journal_that_cannot_be_shared_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk of the network, where SQLite keeps to another kind."""
    monkeypatch.setattr("hub.store.engine._PRAGMAS", ("PRAGMA journal_mode=DELETE",))
    hub = make_hub(tmp_path, f"sqlite:///{tmp_path / 'hub.db'}", empty=True)
    found = [(one.fatal, one.message) for one in _look_at(hub.core) if "journal" in one.message]
    assert found == [(True, "The journal is delete and cannot be wal here; put data_dir on a disk of this machine.")]


@pytest.mark.usefixtures("plugin")
def test_a_data_folder_is_made_for_its_owner_alone(environ: dict[str, str], tmp_path: Path) -> None:
    """Everybody's texts are in it."""
    build_or_say_why(None, environ | {"HUB_HUB_DATA_DIR": str(tmp_path / "data")}).close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_carrier_that_cannot_be_reached_is_found(find: Finder, environ: dict[str, str]) -> None:
    """With what it said, and where to see more (F19)."""
    core = build(None, environ=environ)
    core.upgrade()
    core.route_health.note("main", Failure("connection refused", is_final=True))
    core.close()
    found = find()["[route.main]"]
    assert (found.fatal, "connection refused" in found.message, "hub routes" in found.message) == (False, True, True)


def test_a_route_for_an_account_that_there_is_not_is_found(find: Finder, environ: dict[str, str]) -> None:
    """It serves nobody; the ids and names of those that there are may be written as people do."""
    core = build(None, environ=environ)
    core.upgrade()
    core.accounts.create("Salon Exemple", "FR")
    core.close()
    found = find(HUB_ROUTE_MAIN_ACCOUNTS="salon exemple, Salon Exempel, 1, 2")["[route.main] accounts"]
    assert (found.fatal, "There is no account 2, salon exempel;" in found.message) == (False, True)


# --- mail that the hub writes ---


@pytest.fixture
def desk(tmp_path: Path, environ: dict[str, str], plugin: Plugin) -> TestHub:
    """A hub with an account, and what is found of it."""
    assert plugin is not None
    settings = {name: value for name, value in environ.items() if not name.startswith("HUB_HUB_")}
    hub = make_hub(tmp_path, sqlite_url(tmp_path), settings=settings, plugins=Plugins.load(quiet=True), empty=True)
    hub.core.upgrade()
    hub.account = hub.core.accounts.create("Salon", "FR")[0]
    return hub


def a_mail(hub: TestHub) -> None:
    """Keep a mail to be sent."""
    mail = OutgoingMail(hub.account.id, "inbound", "1", "a@salon.example", "SMS", "Oui")
    with hub.core.write() as connection:
        post(connection, [mail], hub.clock.now())


def test_without_a_relay_nothing_is_said_as_long_as_nobody_is_to_be_written_to(find: Finder, desk: TestHub) -> None:
    """Most hubs write to nobody."""
    assert desk.account.id
    assert "[smtp] host" not in find()


def test_an_account_that_nobody_can_write_to_is_worth_a_warning(find: Finder, desk: TestHub) -> None:
    """It waits for people's answers."""
    desk.core.accounts.patch_settings(desk.account.id, {"reply_email": "a@salon.example"})
    a_mail(desk)
    found = find()["[smtp] host"]
    assert (found.fatal, "1 account(s) name an address, and 1 mail(s) wait" in found.message) == (False, True)


def test_a_relay_that_takes_nothing_is_worth_a_warning(find: Finder, desk: TestHub) -> None:
    """With what it said."""
    a_mail(desk)
    relay = SmtpSection(host="127.0.0.1", port=1, security="none")
    replace(desk.core.postman, relay=Relay(relay)).send_due()
    assert "1 mail(s) wait. The last fault: 127.0.0.1:1:" in find(HUB_SMTP_HOST="127.0.0.1")["[smtp] host"].message


def test_mail_that_was_not_sent_is_worth_a_warning(find: Finder, desk: TestHub) -> None:
    """With the command that says why."""
    a_mail(desk)
    desk.clock.advance(days=8)
    desk.core.mails.expire_old()
    assert find()["mail"].message == "1 mail(s) were not sent; `hub mail-queue` says why."


@pytest.mark.parametrize(("host", "told"), [("mail.example.org", True), ("127.0.0.1", False), ("localhost", False)])
def test_a_password_in_clear_is_worth_a_warning(find: Finder, host: str, *, told: bool) -> None:
    """Unless it does not leave the machine."""
    found = find(HUB_SMTP_HOST=host, HUB_SMTP_SECURITY="none", HUB_SMTP_USER="hub", HUB_SMTP_PASSWORD="x")
    assert ("[smtp] security" in found) is told
