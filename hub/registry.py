"""What registration hooks are handed: it takes what plugins bring, each name once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    import click
    from flask import Blueprint

    from hub.config.schema import Section
    from hub.events.model import Call, Happened, Webhook
    from hub.messages.connector import Connector, ConnectorContext
    from hub.running import Hub


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where the hub or a plugin keeps secrets that must be shown again, by the names of a table and of its columns.

    `key` is the primary key, `sealed` (text) what `Hub.vault` sealed, `lookup` (64 characters) its keyed hash. What
    stands in `clear` is sealed and set to NULL when the database is brought up to date; leave it NULL. None where
    nothing ever stood in clear.
    """

    table: str
    key: str
    clear: str | None
    sealed: str
    lookup: str


@dataclass(frozen=True, slots=True)
class PersonTable:
    """Where a plugin keeps something of people, by the names of a table and of its columns; `key` is the primary key.

    `account` (an account's id) and `number` (E.164) say whose a row is. Erasing a person deletes their rows, and an
    export of their data has `shown` of each. With `campaign` (a campaign's id) rows go, whosever they are, once the
    words of that campaign are old enough to be emptied; with `made_at` (a UtcDateTime) once words as old as they are;
    without both they stay.
    """

    table: str
    key: tuple[str, ...]
    account: str
    number: str
    shown: tuple[str, ...] = ()
    campaign: str | None = None
    made_at: str | None = None


@dataclass(frozen=True, slots=True)
class MigrationBranch:
    """Where a plugin's Alembic revisions are; `label` is the branch label of its first one.

    `sealed` names the columns with secrets in its tables, so that they are sealed again when the key changes. `people`
    names every table of its with phone numbers, so that the law reaches them, too.
    """

    label: str
    folder: Path
    sealed: tuple[SealedColumn, ...] = ()
    people: tuple[PersonTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens, and the hub.ini key that says so."""

    host: str
    port: int
    key: str


class Service(Protocol):
    """Something that runs as long as the hub does."""

    def start(self) -> None:
        """Begin to serve; return when ready."""
        ...

    def stop(self) -> None:
        """Take nothing new, finish what is in hand, return."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """A kind of connector: its keys in hub.ini, and what builds one."""

    name: str
    settings: type[Section]
    build: Callable[[ConnectorContext, Section], Connector]


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service by name; `listens` tells where, before it is started."""

    name: str
    build: Callable[[Hub], Service]
    listens: Callable[[Hub], tuple[Address, ...]]


@dataclass(frozen=True, slots=True)
class JobEntry:
    """Periodic work: `run` is called every `period_s` seconds, by one process at a time."""

    name: str
    run: Callable[[Hub], None]
    period_s: float


@dataclass(frozen=True, slots=True)
class ConsoleLink:
    """A link that people see beside a thing of that kind; `{id}` in its path stands for the thing's id."""

    place: str
    label: str
    path: str


EventStyle: TypeAlias = "Callable[[Hub, Webhook, Sequence[str], Sequence[Happened]], Sequence[Call | None]]"
"""Makes the calls of a webhook: with its secrets, one for each event, None for one that is not told."""

ORDER = "order"
"""The place beside a purchase order that nobody has paid yet."""


def _nowhere(_: Hub) -> tuple[Address, ...]:
    return ()


class DuplicateName(ValueError):
    """Two plugins bring something of the same name."""


@dataclass
class Registry:
    """What all plugins brought together, by kind and name."""

    connectors: dict[str, ConnectorType] = field(default_factory=dict)
    services: dict[str, ServiceEntry] = field(default_factory=dict)
    jobs: dict[str, JobEntry] = field(default_factory=dict)
    commands: dict[str, click.Command] = field(default_factory=dict)
    blueprints: list[Callable[[Hub], Blueprint]] = field(default_factory=list)
    sections: dict[str, type[Section]] = field(default_factory=dict)
    migrations: dict[str, MigrationBranch] = field(default_factory=dict)
    console_links: list[ConsoleLink] = field(default_factory=list)
    event_styles: dict[str, EventStyle] = field(default_factory=dict)

    def copy(self) -> Registry:
        """The same content, to go back to."""
        return Registry(**{kind: content.copy() for kind, content in vars(self).items()})

    def named(self) -> dict[tuple[str, str], object]:
        """Everything with a name, by its kind and name."""
        return {
            (kind, name): content
            for kind, named in vars(self).items()
            if isinstance(named, dict)
            for name, content in named.items()
        }

    def add_connector(
        self,
        name: str,
        settings: type[Section],
        build: Callable[[ConnectorContext, Section], Connector],
    ) -> None:
        """Add a kind of connector, for `[connector.ANY] type = name`."""
        _claim(self.connectors, name, "connector type")
        self.connectors[name] = ConnectorType(name, settings, build)

    def add_service(
        self,
        name: str,
        build: Callable[[Hub], Service],
        *,
        listens: Callable[[Hub], tuple[Address, ...]] = _nowhere,
    ) -> None:
        """Add a service; `hub serve` runs it, and `hub service NAME` runs it alone."""
        _claim(self.services, name, "service")
        self.services[name] = ServiceEntry(name, build, listens)

    def add_job(self, name: str, run: Callable[[Hub], None], *, period_s: float) -> None:
        """Add work that is to be done every `period_s` seconds."""
        _claim(self.jobs, name, "job")
        self.jobs[name] = JobEntry(name, run, period_s)

    def add_command(self, command: click.Command) -> None:
        """Add a command, or a group of them, to `hub`."""
        name = command.name or ""
        _claim(self.commands, name, "command")
        self.commands[name] = command

    def add_blueprint(self, build: Callable[[Hub], Blueprint]) -> None:
        """Add HTTP routes."""
        self.blueprints.append(build)

    def add_console_link(self, place: str, label: str, path: str) -> None:
        """Add a link beside things of a kind: `order` is a purchase order that is to be paid, `/pay/{id}` a path."""
        if place != ORDER:
            raise ValueError(f"there is no place {place!r} for links; there is {ORDER!r}")
        if not path.startswith("/") or "{id}" not in path:
            raise ValueError(f"the path {path!r} should begin with / and have {{id}} in it")
        self.console_links.append(ConsoleLink(place, label, path))

    def add_event_style(self, name: str, dress: EventStyle) -> None:
        """Add a form of calls for webhooks that are made with it; the hook `hub_register_event_styles` does so."""
        _claim(self.event_styles, name, "style of webhook calls")
        self.event_styles[name] = dress

    def add_section(self, name: str, model: type[Section]) -> None:
        """Add a section of hub.ini; the hook `hub_config_schema` does so."""
        if not _is_section(model):
            raise TypeError(f"the section {name!r} is read by {model!r}, which is no Section")
        _claim(self.sections, name, "section of hub.ini")
        self.sections[name] = model

    def add_migrations(self, branch: MigrationBranch) -> None:
        """Add a branch of migrations; the hook `hub_migrations` does so."""
        if not branch.folder.is_dir():
            raise NotADirectoryError(f"the migrations should be in {branch.folder}")
        _claim(self.migrations, branch.label, "branch of migrations")
        self.migrations[branch.label] = branch


def _is_section(model: object) -> bool:
    from hub.config.schema import Section

    return isinstance(model, type) and issubclass(model, Section)


def _claim(taken: Collection[str], name: str, kind: str) -> None:
    if not name:
        raise ValueError(f"a {kind} needs a name")
    if name in taken:
        raise DuplicateName(f"there is already a {kind} called {name!r}")
