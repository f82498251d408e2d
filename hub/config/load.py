"""From hub.ini and the environment to `Settings`, or to everything that is wrong with them.

What counts, from least to most: a model's defaults (the core's and the plugins'), hub.ini, HUB_* variables.
Reading has two steps because hub.ini says which plugins stay out, and plugins say what hub.ini may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hub.config.cautions import idle_connectors, open_secrets, world_readable
from hub.config.environment import hub_variables, variable
from hub.config.gather import Models, Written, WrittenSection, gather
from hub.config.ini import IniFile, read_ini
from hub.config.schema import country
from hub.config.sections import (
    CORE_SECTIONS,
    BillingSection,
    ComplianceSection,
    ContactsSection,
    EventsSection,
    GuardSection,
    HubSection,
    LinksSection,
    MessagesSection,
    PluginsSection,
    RetentionSection,
    RouteSection,
    SendersSection,
    SmtpSection,
    WebSection,
    WorkersSection,
)
from hub.config.settings import ConnectorSettings, RouteSettings, Settings, pick
from hub.config.validate import unreadable, validate
from hub.config.words import did_you_mean, shown
from hub.errors import ConfigError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.config.schema import Section

S = TypeVar("S", bound="Section")


@dataclass(frozen=True, slots=True)
class Raw:
    """What was read, before anything is known of plugins.

    `folder` is where relative paths start: the folder of hub.ini, else the current one.
    """

    path: Path | None
    folder: Path
    ini: IniFile
    variables: Mapping[str, str] = field(repr=False)
    disabled_plugins: tuple[str, ...] = ()
    world_readable: bool = False


def read_sources(path: Path | None, environ: Mapping[str, str]) -> Raw:
    """Read hub.ini, if there is one, and the HUB_* variables; faults wait in the answer for `load`."""
    ini = read_ini(path) if path else IniFile()
    variables = hub_variables(environ)
    return Raw(
        path=path,
        folder=path.absolute().parent if path else Path.cwd(),
        ini=ini,
        variables=variables,
        disabled_plugins=_disabled_plugins(ini, variables),
        world_readable=path is not None and world_readable(path),
    )


def without(raw: Raw, faults: Iterable[Fault]) -> Raw:
    """The same, as if what is faulty had not been written: for who wants to look at the rest."""
    places = {fault.field for fault in faults}
    sections = {name for name, where in raw.ini.headers.items() if where in places}
    headers = {name: where for name, where in raw.ini.headers.items() if name not in sections}
    entries = [one for one in raw.ini.entries if one.where not in places and one.section not in sections]
    variables = {name: value for name, value in raw.variables.items() if name not in places}
    return replace(raw, ini=IniFile(headers, tuple(entries)), variables=variables)


def load(
    raw: Raw,
    *,
    plugin_sections: Mapping[str, type[Section]],
    connector_types: Mapping[str, type[Section]],
) -> Settings:
    """Check everything and give the settings; a ConfigError carries every fault there is.

    `plugin_sections` are the models of the loaded plugins by section name, `connector_types` those of the
    connectors by the word that `type` takes.
    """
    models = Models({**plugin_sections, **CORE_SECTIONS}, connector_types, raw.disabled_plugins)
    written = gather(raw.ini, raw.variables, models)
    desk = _Desk(raw, [*written.faults, *_taken(plugin_sections)])
    sections = {name: desk.read(model, written.section(name)) for name, model in models.fixed.items()}
    connectors = _connectors(desk, written, connector_types)
    routes = _routes(desk, written)
    overrides = _overrides(desk, written)
    if desk.faults:
        raise ConfigError(sorted(desk.faults, key=_position))
    made = {name: section for name, section in sections.items() if section is not None}
    core = [made[name] for name in CORE_SECTIONS]
    return Settings(
        path=raw.path,
        folder=raw.folder,
        hub=pick(core, HubSection),
        web=pick(core, WebSection),
        workers=pick(core, WorkersSection),
        messages=pick(core, MessagesSection),
        compliance=pick(core, ComplianceSection),
        senders=pick(core, SendersSection),
        guard=pick(core, GuardSection),
        contacts=pick(core, ContactsSection),
        smtp=pick(core, SmtpSection),
        billing=pick(core, BillingSection),
        events=pick(core, EventsSection),
        retention=pick(core, RetentionSection),
        links=pick(core, LinksSection),
        plugins=pick(core, PluginsSection),
        plugin_sections={name: made[name] for name in plugin_sections},
        connectors=connectors,
        routes=routes,
        overrides=overrides,
        warnings=(*idle_connectors(written, connectors, routes), *desk.warnings),
        origins=_origins(written),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where sections are read one after the other, and faults and warnings pile up."""

    raw: Raw
    faults: list[Fault]
    warnings: list[Fault] = field(default_factory=list)

    def read(self, model: type[S], written: WrittenSection) -> S | None:
        """What a model makes of a section; None once its faults are noted."""
        made, faults = validate(model, written, self.raw.folder)
        self.faults.extend(faults)
        if self.raw.world_readable:
            self.warnings.extend(open_secrets(model, written))
        return made

    def refuse(self, written: WrittenSection, key: str, code: str, message: str) -> None:
        """Note a fault of a key."""
        self.faults.append(Fault(written.where(key), code, f"[{written.name}] {key}: {message}"))


def _connectors(desk: _Desk, written: Written, types: Mapping[str, type[Section]]) -> dict[str, ConnectorSettings]:
    connectors = {}
    for name, section in written.named("connector").items():
        kind = section.entries.get("type")
        word = kind.value.lower() if kind else ""
        if word not in types:
            hint = did_you_mean(word, types) or f"; write one of {', '.join(sorted(types)) or 'the types installed'}"
            found = f"{shown(word)} is no type of connector" if kind else "this key is missing"
            desk.refuse(section, "type", "unknown_connector_type", f"{found}{hint}")
            continue
        rest = {key: entry for key, entry in section.entries.items() if key != "type"}
        made = desk.read(types[word], replace(section, entries=rest))
        if made is not None:
            connectors[name] = ConnectorSettings(name, word, made)
    return connectors


def _routes(desk: _Desk, written: Written) -> dict[str, RouteSettings]:
    routes = {}
    connectors = written.named("connector")
    for name, section in written.named("route").items():
        made = desk.read(RouteSection, section)
        if made is not None:
            routes[name] = RouteSettings(name=name, **dict(made))
        leads_to = section.entries["connector"].value.lower() if "connector" in section.entries else ""
        if leads_to and leads_to not in connectors:
            hint = did_you_mean(leads_to, connectors) or "; write a section [connector.NAME] for it"
            desk.refuse(section, "connector", "unknown_connector", f"no connector is named {shown(leads_to)}{hint}")
    return routes


def _overrides(desk: _Desk, written: Written) -> dict[str, dict[str, str]]:
    overrides = {}
    for code, section in written.named("compliance").items():
        try:
            overrides[country(code)] = {key: entry.value for key, entry in section.entries.items()}
        except ValueError as error:
            desk.faults.append(Fault(section.where(""), "unknown_section", f"[{section.name}]: '{code}' {error}"))
        found = (unreadable(entry, lines=True) for entry in section.entries.values())
        desk.faults.extend(fault for fault in found if fault)
    return overrides


def _taken(plugin_sections: Mapping[str, type[Section]]) -> list[Fault]:
    message = "this section belongs to the hub itself; the plugin that registers it must take another name"
    return [Fault(f"[{name}]", "section_taken", message) for name in plugin_sections if name in CORE_SECTIONS]


def _disabled_plugins(ini: IniFile, variables: Mapping[str, str]) -> tuple[str, ...]:
    """`[plugins] disabled` alone; `load` looks at all the rest, and at what is wrong with this."""
    own = {name: value for name, value in variables.items() if name.startswith(variable("plugins", ""))}
    written = gather(ini, own, Models({"plugins": PluginsSection}, {}))
    section, _ = validate(PluginsSection, written.section("plugins"), Path())
    return section.disabled if section else ()


def _origins(written: Written) -> dict[tuple[str, str], str]:
    entries = (entry for section in written.sections.values() for entry in section.entries.values())
    return {(entry.section, entry.key): entry.where for entry in entries}


def _position(fault: Fault) -> tuple[bool, int]:
    """hub.ini from top to bottom, then variables."""
    line = re.search(r":(\d+)$", fault.field)
    return (line is None, int(line[1]) if line else 0)
