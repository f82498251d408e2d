"""Find plugins, register them, and call their hooks through typed methods.

A plugin that is broken, incompatible or misspells a hook is named, left out and reported; it never takes the
hub down. Bundled plugins come in by the same entry points as a stranger's.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pluggy
import structlog

from hub import hookspecs
from hub.compliance.model import CHECK_FAILED, Violation
from hub.decisions import check_all, choose_all
from hub.messages.model import Finding
from hub.observe import hiding
from hub.plugin_guard import FAILURES, REGISTRATION_S, Guard, Streak, SwitchedOff, call_within, told
from hub.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from importlib.metadata import EntryPoint

    from hub.accounts.model import Account
    from hub.billing.model import LowBalance, PurchaseOrder
    from hub.config.schema import Section
    from hub.inbound.model import InboundMessage, OptOutNotice
    from hub.links.model import ClickNotice
    from hub.messages.model import Acceptance, Draft, MessageNotice
    from hub.registry import MigrationBranch
    from hub.running import Hub

T = TypeVar("T")

GROUPS = ("hub.plugins", "hub.connectors")

log = structlog.get_logger(__name__)

REGISTRATIONS = (
    "hub_config_schema",
    "hub_migrations",
    "hub_register_connectors",
    "hub_register_services",
    "hub_register_jobs",
    "hub_register_commands",
    "hub_register_blueprints",
    "hub_register_console",
    "hub_register_event_styles",
)


class PluginState(StrEnum):
    """Whether a plugin takes part, and if not, why not."""

    ACTIVE = "active"
    DISABLED = "disabled"
    MISSING_EXTRA = "missing extra"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """What `hub plugins` says of one plugin."""

    name: str
    group: str
    version: str
    state: PluginState
    detail: str = ""
    hooks: tuple[str, ...] = ()


_AS_WISHED = frozenset({PluginState.ACTIVE, PluginState.DISABLED})


class Plugins:
    """The plugins that take part, and typed ways to call them."""

    def __init__(self, bringing: Collection[str] = REGISTRATIONS, *, quiet: bool = False) -> None:
        self._bringing = bringing
        self._quiet = quiet
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._statuses: dict[str, PluginStatus] = {}
        self.registry = Registry()
        self.guard = Guard()
        self.brought_by: dict[tuple[str, str], str] = {}

    @classmethod
    def load(
        cls,
        disabled: Collection[str] = (),
        *,
        found: Iterable[EntryPoint] | None = None,
        bringing: Collection[str] = REGISTRATIONS,
        quiet: bool = False,
    ) -> Plugins:
        """Find, check and register every installed plugin that is not switched off.

        `bringing` names the registration hooks to call: a command line that only lists itself needs one,
        and is `quiet` about plugins that are left out.
        """
        plugins = cls(bringing, quiet=quiet)
        if found is None:
            found = [entry for group in GROUPS for entry in entry_points(group=group)]
        for entry in sorted(found, key=lambda entry: (entry.group, entry.name)):
            plugins._load_one(entry, disabled)
        return plugins

    def add(self, plugin: object, name: str, *, group: str = GROUPS[0], version: str = "") -> PluginStatus:
        """Register a plugin object: check it, then let it bring what it has."""
        status = PluginStatus(name, group, version, *self._take_in(plugin, name))
        self._note(status)
        return status

    @property
    def statuses(self) -> tuple[PluginStatus, ...]:
        """Every plugin that was found, with its state."""
        return tuple(self._statuses.values())

    def sections(self) -> dict[str, type[Section]]:
        """The sections of hub.ini that plugins add."""
        return dict(self.registry.sections)

    def migrations(self) -> tuple[MigrationBranch, ...]:
        """The migration branches of plugins with tables."""
        return tuple(self.registry.migrations.values())

    # --- decisions: one that raises counts as a no ---

    @property
    def decide_messages(self) -> bool:
        """Whether any plugin wants to be asked about messages."""
        return bool(self._manager.hook.hub_check_message.get_hookimpls())

    @property
    def choose_routes(self) -> bool:
        """Whether any plugin wants to choose routes."""
        return bool(self._manager.hook.hub_choose_route.get_hookimpls())

    @property
    def hear_messages(self) -> bool:
        """Whether any plugin wants to hear what becomes of messages."""
        hooks = self._manager.hook
        return bool(hooks.hub_message_submitted.get_hookimpls() or hooks.hub_message_settled.get_hookimpls())

    def check_messages(self, drafts: Mapping[int, Draft]) -> dict[int, Violation]:
        """Why messages may not leave, by their keys; those that may are not there.

        Each plugin is asked once about the whole batch, and whatever it does not answer counts as a no. Call it
        outside of any transaction: a plugin that hangs takes its seconds.
        """
        refused: dict[int, Violation] = {}
        for name, call in self._calls("hub_check_message"):
            asked = {key: draft for key, draft in drafts.items() if key not in refused}
            said: dict[int, Violation | None] = {}
            with hiding(lambda: (draft.text for draft in drafts.values())):
                self._decide("hub_check_message", name, partial(check_all, name, call, asked, said))
            closed = Violation(CHECK_FAILED, f"The rule of plugin {name} failed, so the text was held back.")
            verdicts = {key: said.get(key, closed) for key in asked}  # of one that hangs, what it said so far
            refused |= {key: violation for key, violation in verdicts.items() if violation is not None}
        return refused

    def choose_for(self, asked: Mapping[int, tuple[Draft, Sequence[str]]]) -> dict[int, str]:
        """The routes that plugins chose, by the keys of the messages; those for which none had a say are not there."""
        chosen: dict[int, str] = {}
        for name, call in self._calls("hub_choose_route"):
            left = {key: one for key, one in asked.items() if key not in chosen}
            said: dict[int, str] = {}
            with hiding(lambda: (draft.text for draft, _ in asked.values())):
                self._decide("hub_choose_route", name, partial(choose_all, name, call, left, said))
            chosen |= said.copy()
        return chosen

    # --- notices: each listener is called alone ---

    def campaign_accepted(self, hub: Hub, account: Account, acceptance: Acceptance) -> None:
        """Tell plugins that a campaign was accepted."""
        self._notify("hub_campaign_accepted", hub=hub, account=account, acceptance=acceptance)

    def messages_submitted(self, hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
        """Tell plugins what a carrier took."""
        if messages:
            self._notify("hub_message_submitted", hub=hub, messages=messages, at=at)

    def messages_settled(self, hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
        """Tell plugins what came to its end."""
        if messages:
            self._notify("hub_message_settled", hub=hub, messages=messages, at=at)

    def claim_inbound(self, hub: Hub, message: InboundMessage) -> str | None:
        """The plugin that takes a text for itself, None where it is the hub's; one that fails is passed over."""
        for name, call in self._calls("hub_claim_inbound"):
            try:
                taken = self.guard.call(name, "hub_claim_inbound", partial(call, hub=hub, message=message))
            except SwitchedOff:
                log.warning("plugin_switched_off", plugin=name, hook="hub_claim_inbound")
                continue
            except Exception as error:
                log.exception("decision_failed", plugin=name, hook="hub_claim_inbound", fault=told(error))
                continue
            if taken is not None:
                return name if taken else None
        return None

    def inbound_received(self, hub: Hub, messages: Sequence[InboundMessage]) -> None:
        """Tell plugins what people wrote."""
        if messages:
            self._notify("hub_inbound_received", hub=hub, messages=messages)

    def opted_out(self, hub: Hub, opt_outs: Sequence[OptOutNotice]) -> None:
        """Tell plugins who wants no more texts."""
        if opt_outs:
            self._notify("hub_opted_out", hub=hub, opt_outs=opt_outs)

    def link_clicked(self, hub: Hub, clicks: Sequence[ClickNotice]) -> None:
        """Tell plugins who followed links."""
        if clicks:
            self._notify("hub_link_clicked", hub=hub, clicks=clicks)

    def purchase_order_paid(self, hub: Hub, account: Account, order: PurchaseOrder) -> None:
        """Tell plugins that an order was paid."""
        self._notify("hub_purchase_order_paid", hub=hub, account=account, order=order)

    def balance_low(self, hub: Hub, account: Account, low: LowBalance) -> None:
        """Tell plugins that an account has few credits left."""
        self._notify("hub_balance_low", hub=hub, account=account, low=low)

    def health(self, hub: Hub) -> tuple[Finding, ...]:
        """What plugins find wrong with their own world; a check that fails is a finding too."""
        findings: list[Finding] = []
        for name, call in self._calls("hub_health"):
            try:
                findings += self.guard.call(name, "hub_health", partial(_findings_of, call, hub))
            except SwitchedOff:
                continue  # said below
            except Exception as error:
                log.exception("listener_failed", plugin=name, hook="hub_health")
                findings.append(Finding(f"plugin {name}", f"Its own check failed: {told(error)}"))
        return (*findings, *(rest_finding(one.plugin, one.hook, one.fault) for one in self.guard.rests()))

    def account_details(self, hub: Hub, account: Account) -> Mapping[str, str]:
        """What plugins know of an account."""
        details: dict[str, str] = {}
        for name, call in self._calls("hub_account_details"):
            try:
                details |= self.guard.call(name, "hub_account_details", partial(_details_of, call, hub, account))
            except SwitchedOff:
                continue
            except Exception:
                log.exception("listener_failed", plugin=name, hook="hub_account_details")
        return details

    # --- how it is done ---

    def _load_one(self, entry: EntryPoint, disabled: Collection[str]) -> None:
        version = entry.dist.version if entry.dist else ""
        name = _plain_name(entry.name)

        def leave_out(state: PluginState, why: str, name: str = name) -> None:
            self._note(PluginStatus(name, entry.group, version, state, why))

        if name in self._statuses:
            taken = f"another plugin is called {name!r} too"
            leave_out(PluginState.INCOMPATIBLE, taken, f"{name} ({entry.value})")
            return
        if name in map(_plain_name, disabled):
            leave_out(PluginState.DISABLED, "hub.ini")
            return
        try:
            plugin = call_within(REGISTRATION_S, name, entry.load)
            self.add(plugin, name, group=entry.group, version=version)
        except Exception as error:  # noqa: BLE001 - it is a stranger's, and is told with the plugin's state
            leave_out(*_why(error))

    def _note(self, status: PluginStatus) -> None:
        self._statuses[status.name] = status
        if status.state not in _AS_WISHED and not self._quiet:
            log.error("plugin_left_out", plugin=status.name, state=status.state, detail=status.detail)

    def _take_in(self, plugin: object, name: str) -> tuple[PluginState, str, tuple[str, ...]]:
        hooks = _hooks_of(plugin)
        fault = _incompatibility(plugin, hooks) or self._register(plugin, name)
        if fault:
            return PluginState.INCOMPATIBLE, fault, tuple(hooks)
        kept = self.registry.copy()
        try:
            for hook in self._bringing:
                self._bring(hook, name)
        except Exception as error:  # noqa: BLE001 - as above
            self.registry = kept
            self._manager.unregister(plugin)
            return *_why(error), tuple(hooks)
        self.brought_by |= dict.fromkeys(self.registry.named().keys() - kept.named().keys(), name)
        return PluginState.ACTIVE, "", tuple(hooks)

    def _register(self, plugin: object, name: str) -> str | None:
        try:
            self._manager.register(plugin, name)
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._manager.get_plugin(name) is plugin:  # pluggy 1.6 keeps the hooks that came before the wrong one
                self._manager.unregister(plugin)
            return str(error)
        return None

    def _bring(self, hook: str, plugin: str) -> None:
        """Call one registration hook of one plugin, and take what it brings."""
        for name, call in self._calls(hook):
            if name != plugin:
                continue
            # A copy: one that hangs, and comes back when nobody waits any more, must not bring anything then.
            handed = self.registry.copy()
            brought = call_within(REGISTRATION_S, f"{name} {hook}", partial(call, registry=handed))
            self.registry = handed
            if hook == "hub_config_schema":
                for section, model in brought.items():
                    self.registry.add_section(section, model)
            elif hook == "hub_migrations" and brought is not None:
                self.registry.add_migrations(brought)

    def _calls(self, hook: str) -> list[tuple[str, Callable[..., Any]]]:
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        return [(one.plugin_name, _only_asked(one)) for one in reversed(implementations)]

    def _decide(self, hook: str, name: str, ask: Callable[[], None]) -> None:
        """Ask one plugin about a batch; what it answered before it failed stays."""
        try:
            self.guard.call(name, hook, ask)
        except SwitchedOff:
            log.warning("plugin_switched_off", plugin=name, hook=hook)
        except Streak:
            pass  # logged where it began
        except Exception as error:
            log.exception("decision_failed", plugin=name, hook=hook, fault=told(error))

    def _notify(self, hook: str, **values: Any) -> None:
        for name, call in self._calls(hook):
            try:
                self.guard.call(name, hook, partial(call, **values))
            except SwitchedOff:
                log.warning("plugin_switched_off", plugin=name, hook=hook)
            except Exception as error:
                log.exception("listener_failed", plugin=name, hook=hook, fault=told(error))


def _findings_of(call: Callable[..., Any], hub: Hub) -> list[Finding]:
    return _as_findings(call(hub=hub))


def _details_of(call: Callable[..., Any], hub: Hub, account: Account) -> dict[str, str]:
    return dict(call(hub=hub, account=account) or {})


def rest_finding(plugin: str, hook: str, fault: str) -> Finding:
    """What is said of a plugin that is switched off."""
    meanwhile = _MEANWHILE.get(hook, "meanwhile it is not told anything")
    return Finding(
        f"plugin {plugin}",
        f"Its {hook} failed {FAILURES} times in a row ({fault}): {meanwhile}. It is tried again soon.",
    )


_MEANWHILE = {
    "hub_check_message": "meanwhile every text that it would be asked about is held back",
    "hub_choose_route": "meanwhile the hub chooses routes by itself",
    "hub_health": "meanwhile nobody knows how it is",
    "hub_claim_inbound": "meanwhile texts that it would take are forwarded as others are",
}


def _only_asked(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    def call(**values: Any) -> Any:
        return implementation.function(*(values[name] for name in implementation.argnames))

    return call


def _plain_name(name: str) -> str:
    """A plugin's name as hub.ini writes it: `Mail-to-SMS` is `mail_to_sms`."""
    return name.lower().replace("-", "_")


def _why(error: BaseException) -> tuple[PluginState, str]:
    if isinstance(error, ModuleNotFoundError):
        return PluginState.MISSING_EXTRA, f"{error}: install what it needs, for example its extra"
    return PluginState.BROKEN, told(error)


def _hooks_of(plugin: object) -> dict[str, Mapping[str, Any]]:
    """The hooks that a plugin implements, and how each is marked."""
    marks = ((name, _mark_of(getattr(plugin, name, None))) for name in dir(plugin))
    return {str(mark.get("specname") or name): mark for name, mark in marks if mark is not None}


def _mark_of(value: object) -> Mapping[str, Any] | None:
    mark = getattr(value, f"{hookspecs.PROJECT}_impl", None)
    return mark if callable(value) and isinstance(mark, dict) else None


def _incompatibility(plugin: object, hooks: Mapping[str, Mapping[str, Any]]) -> str | None:
    wanted = getattr(plugin, "hub_api", None)
    if wanted != hookspecs.API_VERSION:
        said = "does not say which hub_api it is for" if wanted is None else f"is for hub_api {wanted}"
        return f"it {said}; this hub has hub_api = {hookspecs.API_VERSION}"
    if not hooks:
        return "it implements no hook; mark functions with @hookimpl"
    known = [name for name in dir(hookspecs) if name.startswith("hub_")]
    for name, mark in hooks.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            return f"there is no hook {name}" + (f"; did you mean {near[0]}?" if near else "")
        if mark.get("wrapper") or mark.get("hookwrapper"):
            return f"{name} is a wrapper; each plugin speaks for itself alone here"
    return None


def _as_findings(answer: object) -> list[Finding]:
    findings = [] if answer is None else list(cast("Sequence[object]", answer))
    wrong = next((one for one in findings if not isinstance(one, Finding)), None)
    if wrong is not None:
        raise TypeError(f"hub_health gives a list of Finding, not of {type(wrong).__name__}")
    return cast("list[Finding]", findings)
