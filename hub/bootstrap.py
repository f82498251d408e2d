"""The composition root: the one place where settings, store, rules, plugins and services are joined."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import structlog

from hub.accounts.children import Children
from hub.accounts.model import Scope
from hub.accounts.reading import account_with
from hub.accounts.second_factor import TOTP_SECRETS, SecondFactor
from hub.accounts.service import Accounts
from hub.accounts.tokens import Tokens
from hub.accounts.users import Users
from hub.billing.alerts import BalanceAlerts
from hub.billing.counting import Counting
from hub.billing.figures import Consumption
from hub.billing.orders import Orders
from hub.billing.postpaid import PostPaid
from hub.billing.statements import Statements
from hub.billing.validity import Validity
from hub.clock import SystemClock
from hub.compliance.policies import load_policies
from hub.config.load import load, read_sources
from hub.contacts.imports.service import Imports
from hub.contacts.imports.work import ImportWork
from hub.contacts.lists import Lists
from hub.contacts.register import Register
from hub.contacts.segments import Segments
from hub.contacts.service import Suppressions
from hub.contacts.unallocated import Unallocated
from hub.embedded import socket_path, socket_url
from hub.errors import HubError, NotAuthenticated, RequestRefused
from hub.events.delivery import Deliverer
from hub.events.line import Line
from hub.events.secrets import SEALED
from hub.events.service import Webhooks
from hub.guard.model import Figures
from hub.guard.notices import address_of, language_of
from hub.guard.sentences import FRENCH
from hub.ids import new_id
from hub.inbound.desk import Desk
from hub.inbound.model import OptOutNotice
from hub.inbound.reply_address import Conversation, read_reply_address, reply_address
from hub.inbound.service import Inbox
from hub.inbound.views import Texts
from hub.links.clicks import ClickLog, ClickWork
from hub.links.files import Files
from hub.links.service import Links
from hub.links.visitors import load_signs
from hub.mailing.postman import Postman
from hub.mailing.relay import Relay
from hub.mailing.service import Mails
from hub.messages.accept import Intake
from hub.messages.campaigns import Campaigns
from hub.messages.configured import limits_from, require_routes, routes_from
from hub.messages.connector import ConnectorContext
from hub.messages.dispatch import Dispatcher
from hub.messages.expand import Expander
from hub.messages.failover import Failover
from hub.messages.faults import NO_ADDRESS
from hub.messages.freezing import Freezer
from hub.messages.guarding import Guard
from hub.messages.held import Held
from hub.messages.lines import Lines
from hub.messages.recheck import Recheck
from hub.messages.reschedule import Rescheduler
from hub.messages.restored import Restored
from hub.messages.route_health import RouteHealth
from hub.messages.rules import ERASED
from hub.messages.settle import Settler
from hub.messages.simulate import Simulator
from hub.messages.sweep import Sweeper
from hub.messages.trials import Trials
from hub.people.finding import Holdings
from hub.people.retention import Retention
from hub.people.service import Erasures
from hub.plugin_manager import Plugins, rest_finding
from hub.queue import Doorbell, NoDoorbell, QueueName, Ring, RqDoorbell
from hub.resting import Resting
from hub.sealing import Keyring, find_canary, open_vault, seal_clear
from hub.store import migrate
from hub.store.engine import Store, sqlite_url
from hub.store.together import Together
from hub.switches import Switches
from hub.templates.service import Templates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.billing.model import LowBalance, PurchaseOrder
    from hub.clock import Clock
    from hub.compliance.policies import PolicyBook
    from hub.config.load import Raw
    from hub.config.schema import Section
    from hub.config.settings import Settings
    from hub.events.model import Call, Happened, Webhook
    from hub.links.model import ClickNotice
    from hub.messages.connector import Connector, Sink
    from hub.messages.limits import Limits
    from hub.messages.model import Acceptance, CampaignRequest, CampaignView, Finding, MessageView
    from hub.messages.outcomes import Changes
    from hub.messages.routing import Route
    from hub.registry import PersonTable, SealedColumn
    from hub.store.migrate import SchemaStatus
    from hub.vault import Vault

S = TypeVar("S", bound="Section")

log = structlog.get_logger(__name__)

SUBMIT_DUE = "hub.messages.jobs.submit_due"
EXPAND = "hub.messages.jobs.expand"
WORK_IMPORTS = "hub.messages.jobs.work_imports"
HANDLE_INBOUND = "hub.messages.jobs.handle_inbound"
RUN_PERIODIC = "hub.messages.jobs.run_periodic"
SEND_MAILS = "hub.messages.jobs.send_mails"
DELIVER_EVENTS = "hub.messages.jobs.deliver_events"


@dataclass
class Core:
    """The running hub, put together. Plugins see of it what `hub.Hub` promises."""

    settings: Settings
    plugins: Plugins
    policies: PolicyBook
    store: Store
    clock: Clock
    doorbell: Doorbell = field(default_factory=NoDoorbell)
    _vault: tuple[object, Vault] | None = field(default=None, init=False, repr=False)

    # --- what plugins may use ---

    @property
    def data_dir(self) -> Path:
        """The folder for what is kept outside the database."""
        return self.settings.hub.data_dir

    @property
    def timezone(self) -> str:
        """The zone of times that are written without one."""
        return self.settings.hub.timezone.key

    @property
    def vault(self) -> Vault:
        """What seals secrets; raises ConfigError when its key is missing or not the database's."""
        stamp = self.keyring.stamp()
        if self._vault is None or self._vault[0] != stamp:
            vault = open_vault(self.store, self.keyring, self.clock)
            self._vault = (stamp or self.keyring.stamp(), vault)
        return self._vault[1]

    @property
    def mail_domain(self) -> str:
        """The domain of the hub's mail addresses."""
        return self.settings.hub.mail_domain

    def conversation(self, local_part: str) -> Conversation | None:
        """Whom an address of the hub's own making reaches."""
        return read_reply_address(self.vault, local_part)

    def section(self, model: type[S]) -> S:
        """A plugin's own section of hub.ini."""
        return self.settings.plugin(model)

    def connectors(self, model: type[S]) -> Mapping[str, S]:
        """The sections of one type of connector by their names."""
        sections = {name: one.section for name, one in self.settings.connectors.items()}
        return {name: section for name, section in sections.items() if isinstance(section, model)}

    @property
    def public_url(self) -> str:
        """The web address of the hub, as `[hub] public_url` says it."""
        return self.settings.hub.public_url

    @property
    def rooms(self) -> Core:
        """The use cases beyond sending, those that `hub.running.Rooms` names."""
        return self

    def sink(self, connector: str) -> Sink:
        """Where what a connector's carrier says goes."""
        return self.lines.sink(connector)

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""
        return self.store.read()

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that may write."""
        return self.store.write("plugin")

    def account(self, account_id: int) -> Account:
        """The account of that id; raises NotFound."""
        return self.accounts.get(account_id)

    def authenticate(self, token: str, address: str | None = None, scope: Scope = Scope.SEND) -> Account:
        """Whose API token this is; raises NotAuthenticated."""
        caller = self.tokens.caller(token, address)
        if caller.token.scope not in (Scope.ALL, scope):
            raise NotAuthenticated(f"This token is for {caller.token.scope} only; show one for {scope}, or for all.")
        return caller.account

    def new_campaign_id(self) -> str:
        """An id for a campaign that is about to be asked for, to be used once."""
        return new_id(self.clock.now())

    def accept(self, request: CampaignRequest) -> Acceptance:
        """Take a campaign in; it is committed when this returns."""
        return self.intake.accept(request)

    def keep_file(self, account_id: int, name: str, content: bytes) -> str:
        """Keep a file that a campaign's links can lead to."""
        if not self.limits.links.base:
            raise RequestRefused.because("links", "no_link_address", NO_ADDRESS)
        return self.files.keep(account_id, name, content).link

    def campaign(self, account_id: int, campaign_id: str) -> CampaignView:
        """A campaign of that account; raises NotFound."""
        return self.campaigns.get(account_id, campaign_id)

    def messages(self, account_id: int, campaign_id: str) -> tuple[MessageView, ...]:
        """The first thousand messages of a campaign."""
        return self.campaigns.messages(account_id, campaign_id)

    def purchase_order_paid(self, account_id: int, order_id: int, payment: str) -> PurchaseOrder:
        """Buy the credits of an order that a payment paid; once."""
        return self.orders.paid(account_id, order_id, payment)

    # --- the rooms, each built when first entered ---

    @cached_property
    def limits(self) -> Limits:
        """The figures that messages obey."""
        return limits_from(self.settings)

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """The routes of hub.ini by name."""
        return routes_from(self.settings)

    @cached_property
    def route_health(self) -> RouteHealth:
        """How the routes are."""
        return RouteHealth(self.store, self.clock, self.routes)

    @cached_property
    def accounts(self) -> Accounts:
        """Who sends and pays."""
        return Accounts(self.store, self.clock)

    @cached_property
    def tokens(self) -> Tokens:
        """What opens accounts."""
        return Tokens(self.store, self.clock)

    @cached_property
    def children(self) -> Children:
        """The sub-accounts of accounts."""
        return Children(self.store, self.clock)

    @cached_property
    def orders(self) -> Orders:
        """What accounts order."""
        return Orders(self.store, self.clock, self._tell_paid)

    @cached_property
    def counting(self) -> Counting:
        """What counts the ledger into days and months."""
        return Counting(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def consumption(self) -> Consumption:
        """What accounts used."""
        return Consumption(self.store)

    @cached_property
    def statements(self) -> Statements:
        """The months of accounts."""
        return Statements(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def post_paid(self) -> PostPaid:
        """Accounts that pay afterwards."""
        return PostPaid(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def balance_alerts(self) -> BalanceAlerts:
        """Who is warned of few credits."""
        return BalanceAlerts(self.store, self.clock, self.accept, self._tell_low)

    @cached_property
    def validity(self) -> Validity:
        """Who is told of credits that lie unused."""
        said = self.settings.billing
        zone = self.settings.hub.timezone
        return Validity(self.store, self.clock, zone, said.validity_months, said.credits_expire)

    @cached_property
    def users(self) -> Users:
        """People who sign in for accounts."""
        return Users(self.store, self.clock, self.second_factor)

    @cached_property
    def second_factor(self) -> SecondFactor:
        """What is asked of people beside their password."""
        return SecondFactor(self.store, self.clock, lambda: self.vault)

    @cached_property
    def suppressions(self) -> Suppressions:
        """Numbers that must not be texted."""
        return Suppressions(self.store, self.clock)

    @cached_property
    def consents(self) -> Register:
        """Who agreed to be texted."""
        return Register(self.store, self.clock)

    @cached_property
    def segments(self) -> Segments:
        """Who of lists is meant."""
        return Segments(self.store, self.clock)

    @cached_property
    def lists(self) -> Lists:
        """Lists of contacts."""
        return Lists(self.store, self.clock)

    @cached_property
    def imports(self) -> Imports:
        """Files of contacts."""
        return Imports(self.store, self.clock, self.ring_imports)

    @cached_property
    def import_work(self) -> ImportWork:
        """Where they are read and stored."""
        most = self.settings.contacts.max_import_lines
        return ImportWork(self.store, self.clock, most, lambda account_id: self.accounts.get(account_id).country)

    @cached_property
    def holdings(self) -> Holdings:
        """What accounts hold about persons."""
        return Holdings(self.store, self.clock, self._people_elsewhere)

    @cached_property
    def erasures(self) -> Erasures:
        """Where persons are erased."""
        return Erasures(self.store, self.clock, self.tell, self._mark_of, self._people_elsewhere)

    @cached_property
    def retention(self) -> Retention:
        """What empties old words."""
        said = self.settings.retention
        return Retention(self.store, self.clock, said.texts_days, said.answers_days, self._people_elsewhere)

    @property
    def _people_elsewhere(self) -> tuple[PersonTable, ...]:
        """The tables of plugins that take part in which people stand."""
        return tuple(one for branch in self.plugins.migrations() for one in branch.people)

    @cached_property
    def unallocated(self) -> Unallocated:
        """Numbers that are nobody's."""
        return Unallocated(self.store, self.clock)

    @cached_property
    def intake(self) -> Intake:
        """Where campaigns are accepted."""
        return Intake(
            self.store,
            self.clock,
            self.accounts,
            self.policies,
            tuple(self.routes.values()),
            self.limits,
            self.plugins,
            self._announce,
            self.guard,
            Together(self.store, "accept"),
            self.route_health.wellness,
        )

    @cached_property
    def guard(self) -> Guard:
        """What watches for fraud and runaway spending."""
        return Guard(Figures(**self.settings.guard.model_dump()), self.settings.hub.timezone)

    @cached_property
    def held(self) -> Held:
        """Campaigns that wait for review."""
        return Held(self.store, self.clock, self.guard, self.tell, self.ring_dispatch)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns as their owners see them."""
        return Campaigns(self.store, self.clock, self.tell)

    @cached_property
    def expander(self) -> Expander:
        """Where large campaigns are expanded."""
        return Expander(self.intake)

    @cached_property
    def simulator(self) -> Simulator:
        """What says what sending would do."""
        return Simulator(self.intake)

    @cached_property
    def rescheduler(self) -> Rescheduler:
        """What changes when campaigns leave."""
        return Rescheduler(self.intake, self.ring_dispatch)

    @cached_property
    def trials(self) -> Trials:
        """Test texts to accounts' own numbers."""
        return Trials(self.intake, self.settings.hub.timezone, self.ring_dispatch)

    @cached_property
    def templates(self) -> Templates:
        """Texts that accounts keep under a name."""
        return Templates(self.store, self.clock, self.limits.max_text)

    @cached_property
    def settler(self) -> Settler:
        """Where receipts come in."""
        return Settler(self.store, self.clock, self.tell)

    @cached_property
    def inbox(self) -> Inbox:
        """Where texts from phones are kept."""
        return Inbox(self.store, self.clock, self.policies, self.ring_inbound, self.settings.hub.region)

    @cached_property
    def desk(self) -> Desk:
        """Where texts from phones are worked off."""
        codes = {*self.limits.short_codes.values(), self.limits.default_sender or ""} - {""}
        zone = self.settings.hub.timezone
        return Desk(self.store, self.clock, self.plugins, self.intake, codes, zone, self.ring_dispatch)

    @cached_property
    def texts(self) -> Texts:
        """Texts from phones as people look at them."""
        return Texts(self.store)

    @cached_property
    def postman(self) -> Postman:
        """What sends the hub's own mail."""
        return Postman(self.store, self.clock, Relay(self.settings.smtp), self.mail_domain, self._answers_to)

    @cached_property
    def mails(self) -> Mails:
        """The hub's own mail: what waits, and what came to a bad end."""
        return Mails(self.store, self.clock)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Who is told what happens."""
        events = self.settings.events
        keep = timedelta(days=events.keep_days)
        return Webhooks(self.store, self.clock, self._open_vault, self.ring_events, events.allow_private, keep)

    @cached_property
    def deliverer(self) -> Deliverer:
        """What tells them."""
        return Deliverer(
            self.store, self.clock, self._open_vault, self._event_line, _notice_address, dress=self._dress_events
        )

    @cached_property
    def links(self) -> Links:
        """Short links of texts."""
        return Links(self.store, self.clock, self.limits.denied_hosts, self._tell_opted_out)

    @cached_property
    def files(self) -> Files:
        """Files that links lead to."""
        said = self.settings.links
        return Files(
            self.store, self.clock, said.max_file_kb * 1024, said.account_mb * 1024**2, timedelta(days=said.keep_days)
        )

    @cached_property
    def click_log(self) -> ClickLog:
        """Where this process notes who follows them."""
        return ClickLog(self.data_dir / "clicks")

    @cached_property
    def click_work(self) -> ClickWork:
        """What keeps those notes."""
        signs = load_signs(tuple(self.settings.links.data_centres))
        return ClickWork(self.store, self.click_log, signs, self._tell_clicked)

    @cached_property
    def lines(self) -> Lines:
        """The connectors this process holds open."""
        return Lines(self.build_connector, self.settler.receipts, self.inbox)

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Where messages are handed to carriers."""
        recheck = Recheck(self.policies, self.limits.close_margin)
        return Dispatcher(
            self.store, self.clock, self.routes, self.lines, recheck, self.limits, self.tell, self.route_health
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        """What mends the record after a crash."""
        return Sweeper(self.store, self.clock, self.routes, self.limits, self.tell)

    @cached_property
    def failover(self) -> Failover:
        """What goes around routes that are out."""
        return Failover(self.store, self.clock, self.routes, self.route_health, self.tell)

    @cached_property
    def freezer(self) -> Freezer:
        """What freezes the figures of campaigns."""
        return Freezer(self.store, self.clock, self.limits)

    @cached_property
    def switches(self) -> Switches:
        """What pauses the ways in and out."""
        return Switches(self.store, self.clock)

    @cached_property
    def resting(self) -> Resting:
        """Which hooks of plugins are switched off for a while."""
        return Resting(self.store, self.clock)

    def plugin_findings(self) -> tuple[Finding, ...]:
        """What plugins find wrong with their world, and which of their hooks are switched off in any process."""
        found = self.plugins.health(self)
        known = {one.where for one in found}
        others = (rest_finding(one.plugin, one.hook, one.fault) for one in self.resting.all())
        return (*found, *(one for one in others if one.where not in known))

    @cached_property
    def restored(self) -> Restored:
        """What came out of a backup and waits for somebody to decide."""
        return Restored(self.store, self.clock, self.routes, self.tell)

    # --- what holds it together ---

    def build_connector(self, name: str) -> Connector:
        """Make a connector of hub.ini, not opened yet."""
        wanted = self.settings.connectors[name]
        folder = self.data_dir / "connectors" / name
        folder.mkdir(parents=True, exist_ok=True)
        context = ConnectorContext(name, folder, self.clock, self.public_url)
        return self.plugins.registry.connectors[wanted.type].build(context, wanted.section)

    def tell(self, changes: Changes, at: datetime) -> None:
        """Tell plugins what a committed transaction did to messages."""
        if changes.news and self.plugins.hear_messages:
            self.plugins.messages_submitted(self, changes.submitted, at)
            self.plugins.messages_settled(self, changes.settled, at)

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

    @cached_property
    def keyring(self) -> Keyring:
        """Where the secret key is."""
        return Keyring(self.data_dir, self.settings.hub.secret_key.get_secret_value())

    @property
    def sealed(self) -> tuple[SealedColumn, ...]:
        """Every column with secrets: the core's, and those of plugins that take part."""
        return (TOTP_SECRETS, SEALED, *(one for branch in self.plugins.migrations() for one in branch.sealed))

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

    def close(self) -> None:
        """Let go of everything this process holds."""
        if "route_health" in vars(self):
            self.route_health.flush_all()
        if "lines" in vars(self):
            self.lines.close()
        if "click_log" in vars(self):
            self.click_log.close()
        self.doorbell.close()
        self.store.close()

    def _answers_to(self, account_id: int, person: str, sender: str | None) -> str | None:
        """The address where answers to a person go; none while the secret key is away: the mail matters more."""
        try:
            local_part = reply_address(self.vault, Conversation(account_id, person, sender))
        except HubError as error:
            log.warning("no_reply_address", error=str(error))
            return None
        return f"{local_part}@{self.mail_domain}" if local_part else None

    def _mark_of(self, account_id: int, number: str) -> str:
        """What stands in the place of a number once it is erased; no two accounts have the same."""
        return ERASED + self.vault.signature("erased number", f"{account_id} {number}")[:24]

    def _tell_paid(self, order: PurchaseOrder) -> None:
        self.plugins.purchase_order_paid(self, self.account(order.account_id), order)

    def _tell_low(self, low: LowBalance) -> None:
        self.plugins.balance_low(self, self.account(low.account_id), low)

    def _tell_opted_out(self, account_id: int, number: str, at: datetime, campaign_id: str) -> None:
        self.plugins.opted_out(self, [OptOutNotice(account_id, number, at, "", campaign_id)])

    def _tell_clicked(self, clicks: Sequence[ClickNotice]) -> None:
        self.plugins.link_clicked(self, clicks)

    def _open_vault(self) -> Vault:
        return self.vault

    def _event_line(self, url: str) -> Line:
        return Line(url, allow_private=self.settings.events.allow_private)

    def _dress_events(
        self, style: str, webhook: Webhook, secrets: Sequence[str], events: Sequence[Happened]
    ) -> Sequence[Call | None]:
        """The calls of a webhook in a plugin's form; raises HubError where no plugin brings it."""
        dress = self.plugins.registry.event_styles.get(style)
        if dress is None:
            raise HubError(f"No plugin brings the form {style!r} of webhook calls: enable the one that did.")
        return dress(self, webhook, secrets, events)

    def _announce(self, account: Account, acceptance: Acceptance, routes: Collection[str]) -> None:
        for route in sorted(routes):
            self.ring_dispatch(route)
        if acceptance.state == "expanding":
            self.ring_expand()
        self.plugins.campaign_accepted(self, account, acceptance)


def _notice_address(connection: Connection, account_id: int) -> tuple[str | None, bool]:
    account = account_with(connection, account_id)
    return address_of(account.settings), language_of(account) == FRENCH


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
