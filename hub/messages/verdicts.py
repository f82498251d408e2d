"""What plugins say of messages, asked before the transaction that stores them: one that hangs must not hold it open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.compliance.model import CHECK_FAILED, Violation
from hub.contacts.service import suppressed
from hub.messages.planning import Candidate, Planner, Terms
from hub.messages.writing import draft_of
from hub.sms.model import NumberRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from hub.messages.planning import PlannedMessage
    from hub.plugin_manager import Plugins
    from hub.store.engine import Store

_NOT_ASKED = Violation(CHECK_FAILED, "The rules of plugins could not be asked about this text; please send it again.")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of messages by their positions: which were asked about, why some may not leave, and routes that were chosen.

    `checked` is None where no plugin has a rule.
    """

    checked: frozenset[int] | None = None
    violations: Mapping[int, Violation] = field(default_factory=dict)
    routes: Mapping[int, str] = field(default_factory=dict)

    def of(self, message: PlannedMessage) -> Violation | None:
        """Why a message may not leave; one that nobody could be asked about may not either."""
        if self.checked is None or not _can_be_asked(message):
            return None
        return self.violations.get(message.position, None if message.position in self.checked else _NOT_ASKED)


NO_VERDICTS = Verdicts()


def ask(store: Store, terms: Terms, candidates: Sequence[Candidate], plugins: Plugins) -> Verdicts:
    """Plan the messages as they will be planned, and ask the plugins; without one that decides, nothing is done."""
    if not (plugins.decide_messages or plugins.choose_routes):
        return NO_VERDICTS
    with store.read() as connection:
        planned = plan_by_rules(connection, Planner(terms), candidates)
    drafts = {message.position: draft_of(terms, message) for message in planned if _can_be_asked(message)}
    violations = plugins.check_messages(drafts)
    choices = {
        message.position: (drafts[message.position], message.routes)
        for message in planned
        if message.position in drafts and message.position not in violations and len(message.routes) > 1
    }
    checked = frozenset(drafts) if plugins.decide_messages else None
    return Verdicts(checked, violations, plugins.choose_for(choices))


def plan_by_rules(connection: Connection, planner: Planner, candidates: Sequence[Candidate]) -> list[PlannedMessage]:
    """Plan every candidate by the hub's own rules, with the account's suppressions."""
    numbers = {one.number.e164 for one in candidates if not isinstance(one.number, NumberRefusal)}
    stopped = suppressed(connection, planner.terms.account_id, numbers)
    return [planner.plan(candidate, stopped) for candidate in candidates]


def _can_be_asked(message: PlannedMessage) -> bool:
    return bool(not message.violation and message.prepared and message.country)
