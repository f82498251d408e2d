"""How texts travel: accepted, expanded, handed over, settled; what people answer, and the links that they follow."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from hub.billing.alerts import BalanceAlerts
from hub.bootstrap.office import Office
from hub.guard.model import Figures
from hub.inbound.desk import Desk
from hub.inbound.service import Inbox
from hub.inbound.views import Texts
from hub.links.clicks import ClickLog, ClickWork
from hub.links.files import Files
from hub.links.service import Links
from hub.links.visitors import load_signs
from hub.messages.accept import Intake
from hub.messages.campaigns import Campaigns
from hub.messages.dispatch import Dispatcher
from hub.messages.expand import Expander
from hub.messages.failover import Failover
from hub.messages.freezing import Freezer
from hub.messages.guarding import Guard
from hub.messages.held import Held
from hub.messages.lines import Lines
from hub.messages.recheck import Recheck
from hub.messages.reschedule import Rescheduler
from hub.messages.restored import Restored
from hub.messages.route_health import RouteHealth
from hub.messages.settle import Settler
from hub.messages.simulate import Simulator
from hub.messages.sweep import Sweeper
from hub.messages.trials import Trials
from hub.store.together import Together

if TYPE_CHECKING:
    from collections.abc import Collection

    from hub.accounts.model import Account
    from hub.messages.model import Acceptance


class Engine(Office):
    """The rooms that messages pass through, each built when first entered."""

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

    def _announce(self, account: Account, acceptance: Acceptance, routes: Collection[str]) -> None:
        for route in sorted(routes):
            self.ring_dispatch(route)
        if acceptance.state == "expanding":
            self.ring_expand()
        self.teller.accepted(account, acceptance)

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
    def balance_alerts(self) -> BalanceAlerts:
        """Who is warned of few credits."""
        return BalanceAlerts(self.store, self.clock, self.intake.accept, self.teller.balance_low)

    @cached_property
    def route_health(self) -> RouteHealth:
        """How the routes are."""
        return RouteHealth(self.store, self.clock, self.routes)

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
    def settler(self) -> Settler:
        """Where receipts come in."""
        return Settler(self.store, self.clock, self.tell)

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
    def restored(self) -> Restored:
        """What came out of a backup and waits for somebody to decide."""
        return Restored(self.store, self.clock, self.routes, self.tell)

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
    def links(self) -> Links:
        """Short links of texts."""
        return Links(self.store, self.clock, self.limits.denied_hosts, self.teller.opted_out)

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
        return ClickWork(self.store, self.click_log, signs, self.teller.clicked)
