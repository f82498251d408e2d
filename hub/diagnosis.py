"""What `hub check` finds: every fault of the set-up at once, each with a sentence on how to mend it."""

from __future__ import annotations

import os
import socket
import tempfile
from typing import TYPE_CHECKING

import structlog
from redis import RedisError

from hub.bootstrap import build, only_simulated, redis_url_of
from hub.embedded import NoServer, find_server
from hub.errors import ConfigError, Fault, HubError
from hub.messages.model import Finding
from hub.plugin_manager import PluginState
from hub.processes.heartbeat import beats
from hub.queue import connect
from hub.registry import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from hub.bootstrap import Core

_OLDEST_REDIS = (6, 2)

log = structlog.get_logger(__name__)


def diagnose(config: Path | None, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Look at everything a hub needs; faults first."""
    try:
        core = build_or_say_why(config, environ)
    except ConfigError as error:
        return [Finding(fault.field, fault.message, fatal=True) for fault in error.faults]
    try:
        findings = [finding for look in _LOOKS for finding in _found_by(look, core)]
    finally:
        core.close()
    return sorted(findings, key=lambda finding: not finding.fatal)


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
        yield Finding("[connector.NAME]", "No carrier is configured: texts go to a simulated one and reach nobody.")
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
        yield Finding(
            "[hub] data_dir", f"{core.data_dir} cannot be written ({error.strerror}); mend its rights.", fatal=True
        )


def _database(core: Core) -> Iterator[Finding]:
    try:
        found = core.schema_status()
    except HubError as error:
        yield Finding("[hub] database_url", f"{error} Is the server up, and the URL right?", fatal=True)
        return
    if found.foreign:
        yield Finding("[hub] database_url", "A newer hub wrote this database; install that one.", fatal=True)
    elif found.missing and not core.store.is_sqlite:
        yield Finding("[hub] database_url", "The tables are not up to date; run `hub db upgrade`.", fatal=True)


def _redis(core: Core) -> Iterator[Finding]:
    url = redis_url_of(core.settings)
    if url is None:
        yield Finding("[hub] redis_url", "Without Redis workers poll: texts leave up to a second later.")
        return
    if not core.settings.hub.redis_url:
        try:
            find_server()
        except NoServer as error:
            yield Finding("[hub] redis_url", str(error))
        return
    try:
        with connect(url) as client:
            version = str(client.info("server")["redis_version"])
    except (RedisError, OSError, ValueError) as error:
        yield Finding("[hub] redis_url", f"Redis does not answer: {error}. Start it, or mend the URL.", fatal=True)
        return
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_REDIS:
        yield Finding("[hub] redis_url", f"Redis {version} is too old; use 6.2 or newer, or Valkey.", fatal=True)


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
                yield Finding(address.key, f"{address.host}:{address.port}: {reason}; choose another.", fatal=True)


def _guards(core: Core) -> Iterator[Finding]:
    if not _has_its_tables(core):
        return  # said by the look at the database
    if count := core.held.count():
        yield Finding("guards", f"{count} campaign(s) wait for review; `hub held` lists them.")
    for account_id, credits_ in core.held.jumped():
        name = core.accounts.get(account_id).name
        yield Finding("guards", f"{name} used {credits_} credits today, many times what it did before: is it at work?")


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
    yield from core.plugins.health(core)


_LOOKS: tuple[Callable[[Core], Iterator[Finding]], ...] = (
    _settings,
    _plugins,
    _data_dir,
    _database,
    _redis,
    _connectors,
    _ports,
    _plugin_health,
    _guards,
)
