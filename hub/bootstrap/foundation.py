"""What every room of a hub stands on: settings, plugins, rules, store, clock, doorbell and key."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from hub.accounts.second_factor import TOTP_SECRETS
from hub.bootstrap.telling import Teller
from hub.events.secrets import SEALED
from hub.messages.configured import limits_from, routes_from
from hub.messages.connector import ConnectorContext
from hub.queue import Doorbell, NoDoorbell, QueueName, Ring
from hub.sealing import Keyring, find_canary, open_vault, seal_clear
from hub.store import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from hub.clock import Clock
    from hub.compliance.policies import PolicyBook
    from hub.config.settings import Settings
    from hub.messages.connector import Connector
    from hub.messages.limits import Limits
    from hub.messages.outcomes import Changes
    from hub.messages.routing import Route
    from hub.plugin_manager import Plugins
    from hub.registry import PersonTable, SealedColumn
    from hub.running import Hub
    from hub.store.engine import Store
    from hub.store.migrate import SchemaStatus
    from hub.vault import Vault

SUBMIT_DUE = "hub.messages.jobs.submit_due"
EXPAND = "hub.messages.jobs.expand"
WORK_IMPORTS = "hub.messages.jobs.work_imports"
HANDLE_INBOUND = "hub.messages.jobs.handle_inbound"
RUN_PERIODIC = "hub.messages.jobs.run_periodic"
SEND_MAILS = "hub.messages.jobs.send_mails"
DELIVER_EVENTS = "hub.messages.jobs.deliver_events"


@dataclass
class Foundation:
    """The lowest floor of a hub; `doorbell` wakes its workers."""

    settings: Settings
    plugins: Plugins
    policies: PolicyBook
    store: Store
    clock: Clock
    doorbell: Doorbell = field(default_factory=NoDoorbell)
    _vault: tuple[object, Vault] | None = field(default=None, init=False, repr=False)

    @property
    def data_dir(self) -> Path:
        """The folder for what is kept outside the database."""
        return self.settings.hub.data_dir

    @property
    def timezone(self) -> str:
        """The zone of times that are written without one."""
        return self.settings.hub.timezone.key

    @property
    def mail_domain(self) -> str:
        """The domain of the hub's mail addresses."""
        return self.settings.hub.mail_domain

    @property
    def public_url(self) -> str:
        """The web address of the hub, as `[hub] public_url` says it."""
        return self.settings.hub.public_url

    @property
    def vault(self) -> Vault:
        """What seals secrets; raises ConfigError when its key is missing or not the database's."""
        stamp = self.keyring.stamp()
        if self._vault is None or self._vault[0] != stamp:
            vault = open_vault(self.store, self.keyring, self.clock)
            self._vault = (stamp or self.keyring.stamp(), vault)
        return self._vault[1]

    @cached_property
    def keyring(self) -> Keyring:
        """Where the secret key is."""
        return Keyring(self.data_dir, self.settings.hub.secret_key.get_secret_value())

    @property
    def sealed(self) -> tuple[SealedColumn, ...]:
        """Every column with secrets: the core's, and those of plugins that take part."""
        return (TOTP_SECRETS, SEALED, *(one for branch in self.plugins.migrations() for one in branch.sealed))

    def _open_vault(self) -> Vault:
        return self.vault

    def upgrade(self) -> SchemaStatus:
        """Bring the database up to date, and seal what an older hub kept in clear.

        Raises ConfigError before anything is changed when the secret key does not fit.
        """
        if find_canary(self.store) is not None:
            self.vault  # noqa: B018 - to open it is to check it
        status = migrate.upgrade(self.store, self.plugins.migrations())
        seal_clear(self.store, self.vault, self.sealed)
        return status

    def schema_status(self) -> SchemaStatus:
        """Where the database stands."""
        return migrate.status(self.store, self.plugins.migrations())

    def require_schema(self) -> None:
        """Raise when the database is not what this hub was made for, or was sealed with another key."""
        migrate.require_ready(self.store, self.plugins.migrations())
        self.vault  # noqa: B018 - to open it is to check it

    @cached_property
    def limits(self) -> Limits:
        """The figures that messages obey."""
        return limits_from(self.settings)

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """The routes of hub.ini by name."""
        return routes_from(self.settings)

    @property
    def _people_elsewhere(self) -> tuple[PersonTable, ...]:
        """The tables of plugins that take part in which people stand."""
        return tuple(one for branch in self.plugins.migrations() for one in branch.people)

    @cached_property
    def teller(self) -> Teller:
        """What tells plugins."""
        return Teller(cast("Hub", self), self.plugins)  # the whole of it is a hub: this is its lowest floor

    def tell(self, changes: Changes, at: datetime) -> None:
        """Tell plugins what a committed transaction did to messages."""
        self.teller.changed(changes, at)

    def build_connector(self, name: str) -> Connector:
        """Make a connector of hub.ini, not opened yet."""
        wanted = self.settings.connectors[name]
        folder = self.data_dir / "connectors" / name
        folder.mkdir(parents=True, exist_ok=True)
        context = ConnectorContext(name, folder, self.clock, self.public_url)
        return self.plugins.registry.connectors[wanted.type].build(context, wanted.section)

    def ring_dispatch(self, route: str) -> None:
        """Say that a route may have something due."""
        self.doorbell.ring(Ring(QueueName.DISPATCH, SUBMIT_DUE, (route,)))

    def ring_expand(self) -> None:
        """Say that a large campaign waits to be expanded."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, EXPAND))

    def ring_imports(self) -> None:
        """Say that a file of contacts waits."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, WORK_IMPORTS))

    def ring_inbound(self) -> None:
        """Say that somebody has written."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, HANDLE_INBOUND))

    def ring_periodic(self, job: str) -> None:
        """Say that a periodic job is due."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, RUN_PERIODIC, (job,)))

    def ring_mails(self) -> None:
        """Say that mail may wait to be sent."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, SEND_MAILS))

    def ring_events(self) -> None:
        """Say that a webhook may have something to be told."""
        self.doorbell.ring(Ring(QueueName.BACKGROUND, DELIVER_EVENTS))
