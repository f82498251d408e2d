"""Join settings, store, rules and plugins. Nothing is opened yet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hub.bootstrap.core import Core
from hub.clock import SystemClock
from hub.compliance.policies import load_policies
from hub.config.load import load, read_sources
from hub.embedded import socket_path, socket_url
from hub.messages.configured import require_routes
from hub.plugin_manager import Plugins
from hub.queue import Doorbell, NoDoorbell, RqDoorbell
from hub.store.engine import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hub.clock import Clock
    from hub.config.load import Raw
    from hub.config.settings import Settings


def build(
    config: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    plugins: Plugins | None = None,
) -> Core:
    """Put a hub together from hub.ini and the environment. Raises ConfigError with every fault found.

    Nothing is opened yet: neither the database nor Redis need to be there.
    """
    return build_from(read_sources(config, os.environ if environ is None else environ), clock=clock, plugins=plugins)


def build_from(raw: Raw, *, clock: Clock | None = None, plugins: Plugins | None = None) -> Core:
    """Put a hub together from what was read. Raises ConfigError with every fault found."""
    plugins = plugins or Plugins.load(raw.disabled_plugins)
    registry = plugins.registry
    settings = load(
        raw,
        plugin_sections=plugins.sections(),
        connector_types={name: kind.settings for name, kind in registry.connectors.items()},
    )
    policies = load_policies(profiles=settings.compliance.profiles, overrides=settings.overrides)
    require_routes(settings)
    settings.hub.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # everybody's texts are in there
    clock = clock or SystemClock()
    url = settings.hub.database_url or sqlite_url(settings.hub.data_dir)
    core = Core(settings, plugins, policies, Store(url), clock, doorbell_for(settings, clock))
    plugins.guard.tell = core.resting.note
    return core


def redis_url_of(settings: Settings) -> str | None:
    """Where Redis is: as configured, else the private server's socket; None to do without."""
    if settings.hub.redis_url == "none":
        return None
    return settings.hub.redis_url or socket_url(settings.hub.data_dir)


def doorbell_for(settings: Settings, clock: Clock) -> Doorbell:
    """A doorbell on that Redis, when there is one to ring."""
    url = redis_url_of(settings)
    private = not settings.hub.redis_url
    if url is None or (private and not socket_path(settings.hub.data_dir).exists()):
        return NoDoorbell()
    return RqDoorbell(url, clock)
