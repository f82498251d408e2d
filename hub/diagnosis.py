"""What `hub check` finds: every fault of the set-up at once, each with a sentence on how to mend it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import tempfile
from datetime import UTC
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from redis import RedisError
from sqlalchemy import text

from hub.bootstrap import build, build_from, redis_url_of
from hub.config.load import read_sources, without
from hub.embedded import NoServer, find_server, socket_path
from hub.errors import ConfigError, Fault, HubError, StoreUnavailable
from hub.messages.configured import only_simulated
from hub.messages.model import Finding
from hub.messages.route_report import findings_of, route_reports
from hub.messages.routing import names_of
from hub.plugin_manager import PluginState
from hub.processes.heartbeat import beats
from hub.queue import connect
from hub.registry import Address
from hub.sealing import find_canary, require_fit
from hub.vault import WrongKey, is_open_to_others

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.bootstrap import Core

_OLDEST_REDIS = (6, 2)
_OLDEST_SQLITE = (3, 38)
_OLDEST_POSTGRESQL = 13
_LONGEST_SOCKET_PATH = 107
_MOST_SKEW_S = 2.0
_LEAST_FREE_DISK = 0.05
_MOST_ROUNDS = 8
_FILE_AND_LINE = re.compile(r":\d+$")

log = structlog.get_logger(__name__)


def diagnose(config: Path | None, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Look at everything a hub needs; faults first."""
    try:
        core = build_or_say_why(config, environ)
    except ConfigError as error:
        faults = [Finding(fault.field, fault.message, fatal=True) for fault in error.faults]
        return [*faults, *_found_beside(error.faults, config, os.environ if environ is None else environ)]
    return sorted(_look_at(core), key=lambda finding: not finding.fatal)


def build_or_say_why(config: Path | None, environ: Mapping[str, str] | None = None) -> Core:
    """Build the hub; a data folder that cannot be made or a driver that is missing is a ConfigError too."""
    try:
        return build(config, environ=environ)
    except OSError as error:
        fault = Fault("[hub] data_dir", "no_folder", f"{error}; give a folder that can be made.")
        raise ConfigError([fault]) from error
    except ModuleNotFoundError as error:
        fault = Fault("[hub] database_url", "no_driver", f"{error}; `pip install textohub[postgres]` brings it.")
        raise ConfigError([fault]) from error


def _look_at(core: Core) -> list[Finding]:
    """What every look finds; the hub is closed afterwards."""
    try:
        return [finding for look in _LOOKS for finding in _found_by(look, core)]
    finally:
        core.close()


def _found_beside(faults: Sequence[Fault], config: Path | None, environ: Mapping[str, str]) -> list[Finding]:
    """What else would keep the hub from starting once these faults are mended, and secrets that others can read.

    The hub is built as if what is faulty were not written; of that, what follows from leaving it out is not told.
    """
    raw = read_sources(config, environ)
    told, dropped = {fault.message.partition(": ")[0] for fault in faults}, faults
    for _ in range(_MOST_ROUNDS):
        raw = without(raw, dropped)
        try:
            core = build_from(raw)
        except ConfigError as error:
            dropped = error.faults
            continue
        except (OSError, ModuleNotFoundError):
            return []
        secrets = {one.message for one in core.settings.warnings if one.code == "world_readable"}
        return [one for one in _look_at(core) if _counts(one, told, secrets)]
    return []


def _counts(finding: Finding, told: Collection[str], secrets: Collection[str]) -> bool:
    if finding.message in secrets:
        return True
    return finding.fatal and finding.where not in told and finding.message.partition(": ")[0] not in told


def _at(core: Core, key: str, message: str, *, fatal: bool = False) -> Finding:
    """A finding about a key, written `[section] name`: with file and line where the value stands in hub.ini."""
    section, _, name = key.removeprefix("[").partition("] ")
    where = core.settings.where(section, name)
    return Finding(where, f"{key}: {message}", fatal) if _FILE_AND_LINE.search(where) else Finding(key, message, fatal)


def _found_by(look: Callable[[Core], Iterator[Finding]], core: Core) -> list[Finding]:
    """What one look finds; one that breaks is a finding, and the others go on."""
    try:
        return list(look(core))
    except Exception as error:
        log.exception("look_failed", look=look.__name__)
        where = look.__name__.strip("_").replace("_", " ")
        return [Finding(where, f"It could not be looked at: {type(error).__name__}: {error}", fatal=True)]


def _settings(core: Core) -> Iterator[Finding]:
    for fault in core.settings.warnings:
        yield Finding(fault.field, fault.message)
    if only_simulated(core.settings):
        message = "No real carrier is configured: a simulated one takes the texts, and they reach nobody."
        yield Finding("[connector.NAME]", message)
    elif not core.limits.short_codes and core.limits.default_sender is None:
        yield Finding("[senders]", "No default sender: give the short codes your carrier gave you, as in FR = 36180.")


def _plugins(core: Core) -> Iterator[Finding]:
    for status in core.plugins.statuses:
        if status.state not in {PluginState.ACTIVE, PluginState.DISABLED}:
            yield Finding(f"plugin {status.name}", f"{status.state}: {status.detail}")


def _data_dir(core: Core) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=core.data_dir):
            pass
    except OSError as error:
        sentence = f"{core.data_dir} cannot be written ({error.strerror}); mend its rights."
        yield _at(core, "[hub] data_dir", sentence, fatal=True)
    usage = shutil.disk_usage(core.data_dir)
    if usage.free <= usage.total * _LEAST_FREE_DISK:
        sentence = f"Less than {_LEAST_FREE_DISK:.0%} of the disk is free at {core.data_dir}; make room."
        yield _at(core, "[hub] data_dir", sentence, fatal=True)


def _database(core: Core) -> Iterator[Finding]:
    key = "[hub] database_url"
    try:
        found = core.schema_status()
        with core.store.read() as connection:
            wrong = [*(_sqlite if core.store.is_sqlite else _postgresql)(connection, core)]
    except HubError as error:
        yield _at(core, key, f"{error} Is the server up, and the URL right?", fatal=True)
        return
    if found.foreign:
        yield _at(core, key, "A newer hub wrote this database; install that one.", fatal=True)
    elif found.missing and not core.store.is_sqlite:
        yield _at(core, key, "The tables are not up to date; run `hub db upgrade`.", fatal=True)
    for sentence, fatal in wrong:
        yield _at(core, key, sentence, fatal=fatal)


def _sqlite(connection: Connection, _: Core) -> Iterator[tuple[str, bool]]:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        yield f"SQLite {sqlite3.sqlite_version} is too old; use a Python with 3.38 or newer.", True
    mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    if mode != "wal":
        yield f"The journal is {mode} and cannot be wal here; put data_dir on a disk of this machine.", True


def _postgresql(connection: Connection, core: Core) -> Iterator[tuple[str, bool]]:
    version = str(connection.execute(text("SHOW server_version")).scalar_one())
    if int(version.partition(".")[0]) < _OLDEST_POSTGRESQL:
        yield f"PostgreSQL {version} is too old; use {_OLDEST_POSTGRESQL} or newer.", True
    for setting in ("fsync", "synchronous_commit"):
        if connection.execute(text(f"SHOW {setting}")).scalar_one() == "off":
            yield f"{setting} is off: after a power cut, texts that were answered with yes may be gone.", False
    there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    skew = abs((core.clock.now() - there.astimezone(UTC)).total_seconds())
    if skew > _MOST_SKEW_S:
        yield f"The database's clock and this machine's differ by {skew:.0f} s; let NTP set both.", False


def _secret_key(core: Core) -> Iterator[Finding]:
    ring = core.keyring
    try:
        canary = find_canary(core.store)
        if canary is None:
            ring.keys()
        else:
            require_fit(ring, canary)
    except StoreUnavailable:
        return  # the look at the database says so
    except WrongKey as error:
        found = Finding(ring.where, str(error), fatal=True)
        yield _at(core, ring.where, str(error), fatal=True) if ring.setting else found
    if not ring.setting and is_open_to_others(ring.path):
        yield Finding(str(ring.path), f"Others can read the secret key; `chmod 600 {ring.path}`.")


def _paused(core: Core) -> Iterator[Finding]:
    yield from (Finding("hub pause", str(switch)) for switch in core.switches.known())


def _redis(core: Core) -> Iterator[Finding]:
    key = "[hub] redis_url"
    url = redis_url_of(core.settings)
    if url is None:
        yield _at(core, key, "Without Redis workers poll: texts leave up to a second later.")
        return
    path = urlsplit(url).path if url.startswith("unix:") else ""
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        sentence = f"{path} is too long for a socket: at most {_LONGEST_SOCKET_PATH} bytes."
        yield _at(core, key, sentence, fatal=bool(core.settings.hub.redis_url))
    elif not core.settings.hub.redis_url:
        yield from _private_redis(core, key)
    else:
        yield from _shared_redis(core, key, url)


def _private_redis(core: Core, key: str) -> Iterator[Finding]:
    try:
        find_server()
    except NoServer as error:
        yield _at(core, key, str(error))
    folder = socket_path(core.data_dir).parent
    if not os.access(folder, os.W_OK):
        yield _at(core, key, f"The private Redis cannot make its socket in {folder}; mend the rights of that folder.")


def _shared_redis(core: Core, key: str, url: str) -> Iterator[Finding]:
    try:
        with connect(url) as client:
            version = str(client.info("server")["redis_version"])
    except (RedisError, OSError, ValueError) as error:
        yield _at(core, key, f"Redis does not answer: {error}. Start it, or mend the URL.", fatal=True)
        return
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_REDIS:
        yield _at(core, key, f"Redis {version} is too old; use 6.2 or newer, or Valkey.", fatal=True)


def _connectors(core: Core) -> Iterator[Finding]:
    for name in core.settings.connectors:
        try:
            core.build_connector(name).close()
        except Exception as error:  # noqa: BLE001 - it is a stranger's, and what it raises is the finding
            yield Finding(f"[connector.{name}]", f"It cannot be built: {error}.", fatal=True)


def _ports(core: Core) -> Iterator[Finding]:
    running = {beat.name for beat in beats(core.data_dir, core.clock) if beat.is_alive}
    wanted = {"web": [Address(core.settings.web.host, core.settings.web.port, "[web] port")]}
    for name, entry in core.plugins.registry.services.items():
        wanted[f"service-{name}"] = list(entry.listens(core))
    for process, addresses in wanted.items():
        if process in running:
            continue  # the hub itself holds them
        for address in addresses:
            if reason := _cannot_listen(address):
                sentence = f"{address.host}:{address.port}: {reason}; choose another."
                yield _at(core, address.key, sentence, fatal=True)


def _guards(core: Core) -> Iterator[Finding]:
    if not _has_its_tables(core):
        return  # said by the look at the database
    if count := core.held.count():
        yield Finding("guards", f"{count} campaign(s) wait for review; `hub held` lists them.")
    for account_id, credits_ in core.held.jumped():
        name = core.accounts.get(account_id).name
        yield Finding("guards", f"{name} used {credits_} credits today, many times what it did before: is it at work?")


def _routes(core: Core) -> Iterator[Finding]:
    if not _has_its_tables(core):
        return
    with core.store.read() as connection:
        yield from findings_of(route_reports(connection, core.routes.values(), core.clock.now()))
    named = {name: route.accounts for name, route in core.routes.items() if route.accounts}
    known = frozenset().union(*(names_of(one.id, one.name) for one, _ in core.accounts.all())) if named else frozenset()
    for name, accounts in named.items():
        if strangers := sorted(accounts - known):
            sentence = f"There is no account {', '.join(strangers)}; write the id or the name of one that there is."
            yield _at(core, f"[route.{name}] accounts", sentence)


def _mail(core: Core) -> Iterator[Finding]:
    relay = core.postman.relay
    wanted = relay.settings
    if wanted.security == "none" and wanted.user and not _is_this_machine(wanted.host):
        yield _at(core, "[smtp] security", "The password travels in clear; set starttls or tls.")
    if not _has_its_tables(core):
        return
    figures = core.mails.figures()
    if not relay.is_configured:
        writers = core.accounts.written_to()
        if writers or figures.waiting:
            who = f" {writers} account(s) name an address, and {figures.waiting} mail(s) wait, for a week at most."
            yield _at(core, "[smtp] host", f"No mail server is named, so the hub writes to nobody.{who}")
    elif figures.waiting and figures.fault:
        yield _at(core, "[smtp] host", f"{figures.waiting} mail(s) wait. The last fault: {figures.fault}")
    if ended := figures.failed + figures.expired:
        yield Finding("mail", f"{ended} mail(s) were not sent; `hub mail-queue` says why.")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_its_tables(core: Core) -> bool:
    try:
        return core.schema_status().is_ready
    except Exception:  # noqa: BLE001 - it is a database away, or a file that is none
        return False


def _cannot_listen(address: Address) -> str | None:
    try:
        families = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, where = families[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def _plugin_health(core: Core) -> Iterator[Finding]:
    yield from core.plugin_findings()


_LOOKS: tuple[Callable[[Core], Iterator[Finding]], ...] = (
    _settings,
    _plugins,
    _data_dir,
    _database,
    _secret_key,
    _paused,
    _redis,
    _connectors,
    _ports,
    _plugin_health,
    _guards,
    _routes,
    _mail,
)
