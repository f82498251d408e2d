"""Which sections there are, and what stands in each: hub.ini first, the environment's word over it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.config.environment import Places, read_environment, variable
from hub.config.ini import Entry
from hub.config.schema import keys_of, unquote
from hub.config.sections import RouteSection
from hub.config.words import did_you_mean, plain
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hub.config.ini import IniFile
    from hub.config.schema import Section

IMPLICIT = {"connector.sandbox": ("type", "sandbox"), "route.default": ("connector", "sandbox")}
"""What holds when no connector and no route is named: a simulated carrier takes every text."""

_NAMED = re.compile(r"(connector|route)\.[a-z][a-z0-9_]*")
_OVERRIDES = re.compile(r"compliance\.[a-z]{2}")
_DECLARING = re.compile(r"HUB_(CONNECTOR(?=.*_TYPE$)|ROUTE(?=.*_CONNECTOR$))_([A-Z][A-Z0-9_]*)_[A-Z]+")


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """A section as written: its entries by key, and where its header stands, if it has one."""

    name: str
    header: str | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def where(self, key: str) -> str:
        """Where a key stands, or should: at the section's header, else in the variable that would set it."""
        if key in self.entries:
            return self.entries[key].where
        return self.header or variable(self.name, key).rstrip("_")


@dataclass(frozen=True, slots=True)
class Written:
    """Everything written, by section, and what is wrong with how it is written."""

    sections: Mapping[str, WrittenSection]
    faults: tuple[Fault, ...]

    def section(self, name: str) -> WrittenSection:
        """A section as written; an empty one where it is not."""
        return self.sections.get(name) or WrittenSection(name)

    def named(self, kind: str) -> dict[str, WrittenSection]:
        """The sections `[kind.NAME]`, by NAME."""
        prefix = f"{kind}."
        return {name.removeprefix(prefix): it for name, it in self.sections.items() if name.startswith(prefix)}


@dataclass(frozen=True, slots=True)
class Models:
    """What reads the sections: `fixed` those with a name of their own, `connectors` each type of connector.

    Sections named after `disabled` plugins are passed over.
    """

    fixed: Mapping[str, type[Section]]
    connectors: Mapping[str, type[Section]]
    disabled: Collection[str] = ()

    def passes_over(self, section: str) -> bool:
        """Whether a section belongs to a plugin that was not loaded."""
        return section in self.disabled and section not in self.fixed

    def knows(self, section: str) -> bool:
        """Whether a section of this name may stand in hub.ini."""
        return section in self.fixed or bool(_NAMED.fullmatch(section) or _OVERRIDES.fullmatch(section))

    def keys(self, section: str, connector_type: str) -> set[str]:
        """The keys that can be listed for a section."""
        if section.startswith("route."):
            return set(keys_of(RouteSection))
        if section.startswith("connector."):
            return {"type", *(keys_of(self.connectors[connector_type]) if connector_type in self.connectors else ())}
        return set(keys_of(self.fixed[section]))


def gather(ini: IniFile, variables: Mapping[str, str], models: Models) -> Written:
    """Join what hub.ini and the environment say about the sections that exist."""
    headers = {name: where for name, where in ini.headers.items() if models.knows(name)}
    strangers = [name for name in ini.headers if not (models.knows(name) or models.passes_over(name))]
    entries = [entry for entry in ini.entries if entry.section in headers]
    said, faults = read_environment(variables, _places(headers, entries, variables, models))
    return Written(
        _by_section(headers, [*_implicit(headers, said, models), *entries, *said]),
        (*ini.faults, *(_no_such_section(name, ini.headers[name], models) for name in strangers), *faults),
    )


def _places(headers: Collection[str], entries: Iterable[Entry], variables: Mapping[str, str], models: Models) -> Places:
    """Where variables can point: the fixed sections, those of hub.ini, and those that variables declare."""
    types = {entry.section: entry.value for entry in entries if entry.key == "type"}
    names = {*models.fixed, *(name for name in headers if _NAMED.fullmatch(name))}
    if not any(_NAMED.fullmatch(name) for name in headers):
        names |= IMPLICIT.keys()
        types["connector.sandbox"] = "sandbox"

    def keys(section: str) -> set[str]:
        return models.keys(section, _type(section, types, variables))

    listed = {name: keys(name) for name in names}
    for variable_name in sorted(variables, key=len):
        found = _DECLARING.fullmatch(variable_name)
        if found and variable_name not in Places(listed).exact():
            section = f"{found[1]}.{found[2]}".lower()
            listed[section] = keys(section)
    return Places(
        listed,
        by_country=[name for name, model in models.fixed.items() if model.country_keys],
        open=[
            name
            for name in listed
            if name.startswith("connector.") and _type(name, types, variables) not in models.connectors
        ],
        ignored=[name for name in models.disabled if models.passes_over(name)],
    )


def _type(section: str, types: Mapping[str, str], variables: Mapping[str, str]) -> str:
    return unquote(variables.get(variable(section, "type"), types.get(section, ""))).strip().lower()


def _implicit(headers: Collection[str], said: Iterable[Entry], models: Models) -> list[Entry]:
    named = {name for name in (*headers, *(entry.section for entry in said)) if _NAMED.fullmatch(name)}
    in_file = any(_NAMED.fullmatch(name) for name in headers)
    if in_file or not named <= IMPLICIT.keys() or "sandbox" not in models.connectors:
        return []
    return [Entry(section, key, value, f"[{section}]") for section, (key, value) in IMPLICIT.items()]


def _by_section(headers: Mapping[str, str], entries: Iterable[Entry]) -> dict[str, WrittenSection]:
    """Sort entries into their sections; of two for one key, the later one counts."""
    sorted_in: dict[str, dict[str, Entry]] = {name: {} for name in headers}
    for entry in entries:
        sorted_in.setdefault(entry.section, {})[entry.key] = entry
    return {name: WrittenSection(name, headers.get(name), keys) for name, keys in sorted_in.items()}


def _no_such_section(name: str, where: str, models: Models) -> Fault:
    kind = name.partition(".")[0]
    if kind in {"connector", "route"}:
        hint = f"; write [{kind}.NAME], NAME being small letters, digits and _"
    elif kind == "compliance":
        hint = "; write [compliance.XX], XX being a country's two letters"
    else:
        hint = did_you_mean(name, models.fixed) or "; remove it, or install the plugin that reads it"
    return Fault(where, "unknown_section", f"[{plain(name)}]: there is no such section{hint}")
