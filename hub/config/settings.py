"""The settings as the rest of the hub reads them: typed, complete, and never changing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hub.config.sections import RouteSection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hub.config.schema import Section
    from hub.config.sections import (
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
        SendersSection,
        SmtpSection,
        WebSection,
        WorkersSection,
    )
    from hub.errors import Fault

S = TypeVar("S", bound="Section")


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """One `[connector.NAME]`: its type, and the section that the type's model made of the other keys."""

    name: str
    type: str
    section: Section


class RouteSettings(RouteSection):
    """One `[route.NAME]`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that hub.ini, the environment and the defaults say.

    `overrides` holds the `[compliance.XX]` sections as written, by country; `warnings` are faults that keep
    nobody from starting. `folder` is where relative paths start.
    """

    path: Path | None
    folder: Path
    hub: HubSection
    web: WebSection
    workers: WorkersSection
    messages: MessagesSection
    compliance: ComplianceSection
    senders: SendersSection
    guard: GuardSection
    contacts: ContactsSection
    smtp: SmtpSection
    billing: BillingSection
    events: EventsSection
    retention: RetentionSection
    links: LinksSection
    plugins: PluginsSection
    plugin_sections: Mapping[str, Section] = field(default_factory=dict)
    connectors: Mapping[str, ConnectorSettings] = field(default_factory=dict)
    routes: Mapping[str, RouteSettings] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    origins: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def plugin(self, model: type[S]) -> S:
        """The section of a plugin, by the model it registered; LookupError where it registered none."""
        return pick(self.plugin_sections.values(), model)

    def where(self, section: str, key: str) -> str:
        """Where a value comes from: `hub.ini:12`, a variable's name, or `[section]` for a default.

        `settings.where("web", "port")`; a country's key is `("compliance.FR", "start")`.
        """
        return self.origins.get((section.lower(), key.lower()), f"[{section}]")


def pick(sections: Iterable[Section], model: type[S]) -> S:
    """The section that a model made."""
    for section in sections:
        if isinstance(section, model):
            return section
    raise LookupError(f"no section of hub.ini is read by {model.__name__}")
