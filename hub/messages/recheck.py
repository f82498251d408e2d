"""What may have changed between accept and submit: a cancellation, an opt-out, the hour, the end of the time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from hub.accounts.reading import locked_among
from hub.compliance.window import next_opening
from hub.contacts.model import SuppressionKind
from hub.contacts.register import consented
from hub.contacts.service import suppressed, suppressed_pairs
from hub.messages.model import CampaignState, MessageState
from hub.messages.outcomes import FREE, Changes
from hub.messages.planning import NO_CONSENT
from hub.messages.tables import campaigns
from hub.messages.writing import ANSWER
from hub.sms.zones import zones_of
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from hub.compliance.policies import PolicyBook
    from hub.store.bulk import AnyRow

_REASONS = {SuppressionKind.OPT_OUT: "opted_out", SuppressionKind.UNALLOCATED: "unallocated"}
_MARKETING = 1


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is true of a claim's messages now; opening times are worked out once per country and zones."""

    suppressed: Mapping[tuple[int, str], SuppressionKind]
    cancelled: Collection[str]
    not_agreed: Collection[int]
    """Messages whose campaign asks for consents, to people without one in force."""
    locked: Collection[int]
    openings: dict[tuple[str, str], datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recheck:
    """The rules that are asked again just before a message leaves."""

    policies: PolicyBook
    close_margin: timedelta

    def keep(self, connection: Connection, rows: Sequence[AnyRow], now: datetime) -> tuple[list[AnyRow], Changes]:
        """Which claimed rows may leave now, and what becomes of the others (already written)."""
        cancelled, asking = _cancelled(connection, rows)
        stopped, locked = _suppressed(connection, rows), _locked(connection, rows)
        facts = _Facts(stopped, cancelled, _not_agreed(connection, rows, asking), locked)
        changes = Changes()
        kept = [row for row in rows if not self._sort_out(row, facts, changes, now)]
        changes.write(connection, now)
        return kept, changes

    def _sort_out(self, row: AnyRow, facts: _Facts, changes: Changes, now: datetime) -> bool:
        is_answer = row.priority == ANSWER  # which says that a person is texted no more, or who it was that did
        kind = None if is_answer else facts.suppressed.get((row.account_id, row.recipient))
        if row.campaign_id in facts.cancelled:
            changes.end(row, MessageState.CANCELLED, None, now)
        elif row.account_id in facts.locked and not is_answer:
            changes.end(row, MessageState.BLOCKED, "account_locked", now)
        elif self.policies.get(row.country) is None:
            changes.end(row, MessageState.BLOCKED, "country_not_allowed", now)
        elif kind:
            changes.end(row, MessageState.BLOCKED, _REASONS[kind], now)
        elif row.id in facts.not_agreed:
            changes.end(row, MessageState.BLOCKED, NO_CONSENT.code, now)
        elif row.expires_at and now >= row.expires_at:
            changes.end(row, MessageState.EXPIRED, "expired_unsent", now)
        elif row.priority == _MARKETING:
            return self._wait_for_the_window(row, facts, changes, now)
        else:
            return False
        return True

    def _wait_for_the_window(self, row: AnyRow, facts: _Facts, changes: Changes, now: datetime) -> bool:
        opening = self._opening(row, facts.openings, now)
        if opening == now:
            return False
        if opening is None or (row.expires_at and opening >= row.expires_at):
            changes.end(row, MessageState.EXPIRED, "expired_unsent", now)
        else:
            changes.put(row, MessageState.PENDING, due_at=opening, **FREE)
        return True

    def _opening(self, row: AnyRow, openings: dict[tuple[str, str], datetime | None], now: datetime) -> datetime | None:
        policy = self.policies.get(row.country)
        if policy is None or not policy.marketing.enabled:
            return None  # taken out of the table, or switched off, since: fail closed
        zones = () if policy.timezones else zones_of(row.recipient)
        key = (row.country, ",".join(zones))
        if key not in openings:
            openings[key] = next_opening(policy, now, zones=zones or None, close_margin=self.close_margin)
        return openings[key]


def _suppressed(connection: Connection, rows: Sequence[AnyRow]) -> dict[tuple[int, str], SuppressionKind]:
    pairs = {(row.account_id, row.recipient) for row in rows}
    accounts_ = {account_id for account_id, _ in pairs}
    if len(accounts_) != 1:
        return suppressed_pairs(connection, pairs)
    (account_id,) = accounts_
    found = suppressed(connection, account_id, {number for _, number in pairs})
    return {(account_id, number): kind for number, kind in found.items()}


def _locked(connection: Connection, rows: Sequence[AnyRow]) -> set[int]:
    """Accounts that were locked since, or their parents: what they have waiting must not leave."""
    ids = {row.account_id for row in rows}
    return locked_among(connection, ids) if ids else set()


def _cancelled(connection: Connection, rows: Sequence[AnyRow]) -> tuple[set[str], set[str]]:
    """Campaigns cancelled since, and those that ask for consents; in one look.

    A message that was with a carrier when its campaign was cancelled, and came back, must not go out again.
    """
    ids = {row.campaign_id for row in rows}
    if not ids:
        return set(), set()
    cancelled = campaigns.c.state == CampaignState.CANCELLED
    query = select(campaigns.c.id, campaigns.c.state, campaigns.c.require_consent)
    found = connection.execute(
        query.where(among(connection, campaigns.c.id, ids), or_(cancelled, campaigns.c.require_consent))
    ).all()
    ended = {row.id for row in found if row.state == CampaignState.CANCELLED}
    return ended, {row.id for row in found if row.require_consent}


def _not_agreed(connection: Connection, rows: Sequence[AnyRow], asking: Collection[str]) -> set[int]:
    """Messages of campaigns that ask for consents, to people who gave none or withdrew it since."""
    asked = defaultdict(list)
    for row in rows:
        if row.campaign_id in asking:
            asked[row.account_id].append(row)
    without: set[int] = set()
    for account_id, those in asked.items():  # a claim has few accounts, mostly one
        agreed = consented(connection, account_id, {row.recipient for row in those})
        without |= {row.id for row in those if row.recipient not in agreed}
    return without
