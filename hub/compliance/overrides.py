"""What hub.ini may change of a country: the flat keys of `[compliance.FR]`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.compliance.layers import Layer
from hub.config.schema import split_list
from hub.config.words import did_you_mean
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.compliance.layers import Path

KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "enabled": ("marketing", "enabled"),
        "days": ("marketing", "days"),
        "start": ("marketing", "start"),
        "end": ("marketing", "end"),
        "closed_on_holidays": ("marketing", "closed_on_holidays"),
        "subdiv": ("holidays", "subdiv"),
        "add_holidays": ("holidays", "add"),
        "remove_holidays": ("holidays", "remove"),
    }
)
"""Each key, and where in the row it goes."""

LISTS = frozenset({"days", "add_holidays", "remove_holidays"})


def parse_override(region: str, words: Mapping[str, object]) -> tuple[Layer, list[Fault]]:
    """One `[compliance.XX]` section as a layer over its row, and a fault for each key that is none.

    Values are plain strings (`days = 1,2,3`, `closed_on_holidays = no`) or what they stand for; they are
    checked with the row. An empty `subdiv` means the whole country.
    """
    tables: dict[str, dict[str, object]] = {}
    faults = []
    for key, value in words.items():
        if key not in KEYS:
            message = f"there is no such key{did_you_mean(key, KEYS)}; write {', '.join(KEYS)}"
            faults.append(Fault(f"compliance.{region}.{key}", "unknown_key", message))
            continue
        table, name = KEYS[key]
        tables.setdefault(table, {})[name] = split_list(value) if key in LISTS else value
    names: dict[Path, str] = {path: key for key, path in KEYS.items()}
    return Layer(f"compliance.{region}", tables, names), faults
