"""What keeps nobody from starting, and should be looked at: idle connectors, secrets that anyone can read."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from hub.config.schema import is_secret, keys_of
from hub.config.words import without_password
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from hub.config.gather import Written, WrittenSection
    from hub.config.schema import Section
    from hub.config.settings import RouteSettings


def idle_connectors(written: Written, connectors: Collection[str], routes: Mapping[str, RouteSettings]) -> list[Fault]:
    """A warning for each connector that no route leads to, and one where there is no connector at all."""
    if not connectors:
        message = "no connector is named or installed, so no text can leave; write [connector.NAME] and [route.NAME]"
        return [Fault("hub.ini", "no_connector", message)]
    led_to = {route.connector for route in routes.values()}
    message = "[connector.{0}]: no route leads here; write [route.{0}] with `connector = {0}`, or remove it"
    return [
        Fault(written.section(f"connector.{name}").where("type"), "connector_without_route", message.format(name))
        for name in connectors
        if name not in led_to
    ]


def open_secrets(model: type[Section], written: WrittenSection) -> Iterable[Fault]:
    """A warning for each secret that everyone on the machine can read in hub.ini."""
    keys = keys_of(model)
    for key, entry in written.entries.items():
        if entry.line is None or key not in keys or not is_secret(keys[key]) or not entry.value:
            continue
        if keys[key].repr or without_password(entry.value) != entry.value:
            message = f"[{written.name}] {key}: anyone on this machine can read it; take that right away (chmod o-r)"
            yield Fault(entry.where, "world_readable", message)


def world_readable(path: Path) -> bool:
    """Whether everyone on the machine can read a file."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except (OSError, ValueError):
        return False
