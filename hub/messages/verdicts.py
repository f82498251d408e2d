"""Plan messages by the hub's own rules and by what plugins say, before the transaction that stores them.

Neither the planning nor a plugin that hangs may hold up other writers; whoever opts out in between is found when the
message is about to leave.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hub.contacts.register import consented
from hub.contacts.service import suppressed
from hub.messages.planning import NO_CONSENT
from hub.messages.writing import draft_of
from hub.sms.model import NumberRefusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hub.compliance.model import Violation
    from hub.messages.planning import Candidate, PlannedMessage, Planner, Terms
    from hub.plugin_manager import Plugins
    from hub.store.engine import Store


def plan_all(store: Store, planner: Planner, candidates: Sequence[Candidate], plugins: Plugins) -> list[PlannedMessage]:
    """Plan every candidate, with the account's suppressions and the plugins' word; not inside a transaction."""
    numbers = {one.number.e164 for one in candidates if not isinstance(one.number, NumberRefusal)}
    with store.read() as connection:
        stopped = suppressed(connection, planner.terms.account_id, numbers)
        agreed = consented(connection, planner.terms.account_id, numbers) if planner.terms.require_consent else numbers
    planned = [planner.plan(candidate, stopped) for candidate in candidates]
    if planner.terms.require_consent:
        planned = [_asked_for(message, agreed) for message in planned]
    if not (plugins.decide_messages or plugins.choose_routes):
        return planned
    return _as_decided(planner.terms, planned, plugins)


def _asked_for(message: PlannedMessage, agreed: Collection[str]) -> PlannedMessage:
    return message if message.violation or message.recipient in agreed else replace(message, violation=NO_CONSENT)


def _as_decided(terms: Terms, planned: Sequence[PlannedMessage], plugins: Plugins) -> list[PlannedMessage]:
    """Ask plugins once about all that may leave by the hub's rules, then which way."""
    drafts = {message.position: draft_of(terms, message) for message in planned if not message.violation}
    violations = plugins.check_messages(drafts)
    choices = {
        message.position: (drafts[message.position], message.routes)
        for message in planned
        if message.position in drafts and message.position not in violations and len(message.routes) > 1
    }
    chosen = plugins.choose_for(choices)
    return [_told(message, violations.get(message.position), chosen.get(message.position)) for message in planned]


def _told(message: PlannedMessage, violation: Violation | None, route: str | None) -> PlannedMessage:
    if violation is not None:
        return replace(message, violation=violation)
    return replace(message, routes=(route,)) if route is not None else message
