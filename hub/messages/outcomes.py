"""Record what a carrier answered: one transaction per connector call, fenced by the claim's owner token.

Nothing that a connector says may keep the rest from being recorded, so its words are cut to what is kept.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import select

from hub.accounts import ledger
from hub.accounts.model import Amount, Movement
from hub.contacts.unallocated import note_ends
from hub.messages.connector import NotSent, Rejected, Submitted, Unknown
from hub.messages.last import note_received, remember
from hub.messages.model import FailureReason, MessageNotice, MessageState
from hub.messages.rules import is_erased, patience, resend_after
from hub.messages.tables import message_parts, messages
from hub.messages.telling import tell_settled
from hub.messages.views import message_id
from hub.messages.widths import LONGEST_CARRIER_ID, LONGEST_CODE, LONGEST_DETAIL
from hub.store.bulk import among, fetch, update_rows, upsert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.messages.connector import Outcome
    from hub.store.bulk import AnyRow

_IN_DOUBT = (MessageState.SUBMITTING, MessageState.UNKNOWN)
"""A sweep may have called a slow submit unknown already; its own answer is still the truth."""

_FAILED = (MessageState.UNDELIVERED, MessageState.REJECTED)
"""What a carrier's no becomes, said later or at once."""
_WITH_A_CARRIER = frozenset({MessageState.SUBMITTED, MessageState.UNKNOWN})
"""From here on a person may have it, and answer."""

ANSWER_LOST = "answer_lost"
"""The reason of what is in doubt."""

_NOTHING = Amount(0)

FREE: Mapping[str, None] = {"owner": None, "lease_until": None}
"""Nobody's any more."""
NEW: Mapping[str, None] = {"reason": None, "detail": None, "submitted_at": None}
"""As it was before its first try."""


class NotAllOurs(Exception):
    """Some messages changed hands meanwhile; nothing of the transaction may stay."""


@dataclass
class Changes:
    """What a transaction does to messages: rows to update, credits to move, notices to give afterwards."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    credits_: dict[tuple[int, str, Movement, str], Amount] = field(default_factory=dict)
    news: list[tuple[AnyRow, MessageState, str | None]] = field(default_factory=list)

    @property
    def submitted(self) -> list[MessageNotice]:
        """What a carrier took, for those who want to hear of it."""
        return [_notice(*one) for one in self.news if one[1] is MessageState.SUBMITTED]

    @property
    def settled(self) -> list[MessageNotice]:
        """What came to its end, or into doubt."""
        return [_notice(*one) for one in self.news if one[1] is not MessageState.SUBMITTED]

    def put(self, row: AnyRow, state: MessageState, **values: Any) -> None:
        """Set a message's state, and whatever else of it changes."""
        self.updates.append({"id": row.id, "state": state, **values})

    def bill(self, row: AnyRow, movement: Movement) -> str:
        """Charge a message's reserved credits or give them back; what its `billing` says from now on."""
        if row.billing != "reserved":
            return str(row.billing)
        charged = movement is Movement.CHARGE
        key = (row.account_id, row.campaign_id, movement, (row.country or "") if charged else "")
        amount = Amount(row.credits, 1, row.segments) if charged else Amount(row.credits)
        self.credits_[key] = self.credits_.get(key, _NOTHING).plus(amount)
        return "charged" if charged else "released"

    def tell(self, row: AnyRow, state: MessageState, reason: str | None = None) -> None:
        """Remember to tell plugins, once it is committed."""
        self.news.append((row, state, reason))

    def end(self, row: AnyRow, state: MessageState, reason: str | None, at: datetime) -> None:
        """End a message that was not sent, and give its credits back."""
        billing = self.bill(row, Movement.RELEASE)
        self.put(row, state, reason=reason, billing=billing, settled_at=at, **FREE)
        self.tell(row, state, reason)

    def write(self, connection: Connection, at: datetime, *, only: Sequence[ColumnElement[bool]] = ()) -> None:
        """Carry it all out in the caller's transaction. Raises NotAllOurs when a message does not meet `only`."""
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for values in self.updates:
            by_columns[tuple(values)].append(values)
        met = sum(update_rows(connection, messages, messages.c.id, rows, only=only) for rows in by_columns.values())
        if only and met != len(self.updates):
            raise NotAllOurs  # before credits move: those of the others have moved already
        upsert_rows(connection, message_parts, list(self.parts.values()))
        known = [(row, state) for row, state, _ in self.news if not is_erased(row.recipient)]
        remember(connection, [row.id for row, state in known if state in _WITH_A_CARRIER], at)
        arrived = [(row.account_id, row.recipient) for row, state in known if state is MessageState.DELIVERED]
        note_received(connection, arrived, at)
        ledger.move_all(connection, self.credits_, at=at)
        note_ends(connection, self._said_of_numbers(), at)
        if self._may_be_heard():
            tell_settled(connection, self.settled, at)

    def _may_be_heard(self) -> bool:
        """Whether there is a webhook; rows that were read for receipts know it, of others it is to be asked."""
        ended = (row for row, state, _ in self.news if state is not MessageState.SUBMITTED)
        return any(getattr(row, "somebody_listens", True) for row in ended)

    def _said_of_numbers(self) -> Iterator[tuple[tuple[int, str], bool]]:
        """Account and number of what arrived (False), or is nobody's (True)."""
        for row, state, reason in self.news:
            if is_erased(row.recipient):
                continue
            if state is MessageState.DELIVERED:
                yield (row.account_id, row.recipient), False
            elif state in _FAILED and reason == FailureReason.UNALLOCATED:
                yield (row.account_id, row.recipient), True

    def join(self, other: Changes) -> None:
        """Give the notices of another's too; it is written already."""
        self.news += other.news


def record_outcomes(
    connection: Connection,
    connector: str,
    owner: str,
    outcomes: Mapping[int, Outcome],
    *,
    at: datetime,
    resend_unknown: bool,
) -> Changes:
    """Record one outcome per message id. What no longer belongs to `owner` is left as it is (fencing)."""
    rows = still_ours(connection, owner, outcomes)
    changes = changes_by(rows, outcomes, connector, at=at, resend_unknown=resend_unknown)
    changes.write(connection, at, only=owned_by(owner))
    return changes


def changes_by(
    rows: Iterable[AnyRow], outcomes: Mapping[int, Outcome], connector: str, *, at: datetime, resend_unknown: bool
) -> Changes:
    """What outcomes, by message id, do to messages: as they are now, or as they were when they were claimed.

    Nobody else changes what is needed of a message before its owner is taken away: see `owned_by`.
    """
    changes = Changes()
    for row in rows:
        match outcomes[row.id]:
            case Submitted(carrier_ids):
                _record_yes(changes, row, carrier_ids, connector, at)
            case Rejected() as rejected:
                _record_no(changes, row, rejected, connector, at)
            case NotSent(_, retry_after_s):
                changes.put(row, MessageState.PENDING, due_at=_due_again(row, at, retry_after_s), **NEW, **FREE)
            case Unknown(detail):
                record_unknown(changes, row, detail, at, resend=resend_unknown)
            case other:
                assert_never(other)
    return changes


def owned_by(owner: str) -> tuple[ColumnElement[bool]]:
    """That a message is still in the hands of `owner`: whoever else moves it on takes the owner away.

    No more is asked, for a condition on the state would lure PostgreSQL to another index than that of the ids.
    """
    return (messages.c.owner == owner,)


def kept_ids(carrier_ids: Iterable[str]) -> tuple[str, ...]:
    """The carrier's ids of what it took, each once, as they are kept."""
    return tuple(dict.fromkeys(storable(one, LONGEST_CARRIER_ID) for one in carrier_ids if one))


def record_unknown(changes: Changes, row: AnyRow, detail: str, at: datetime, *, resend: bool) -> None:
    """A message whose answer was lost: kept in doubt, or sent again where the route asked for that."""
    tries = row.tries + 1
    pause = resend_after(tries) if resend else None
    if pause is not None:
        changes.put(row, MessageState.PENDING, due_at=at + pause, tries=tries, **FREE)
        return
    changes.put(
        row,
        MessageState.UNKNOWN,
        reason=ANSWER_LOST,
        detail=storable(detail, LONGEST_DETAIL),
        submitted_at=at,
        tries=tries,
        lease_until=None,
    )
    changes.tell(row, MessageState.UNKNOWN, ANSWER_LOST)


def still_ours(connection: Connection, owner: str, ids: Collection[int]) -> Sequence[AnyRow]:
    """Of these messages those that are still in `owner`'s hands, locked."""
    query = select(
        messages.c.id,
        messages.c.campaign_id,
        messages.c.position,
        messages.c.account_id,
        messages.c.recipient,
        messages.c.country,
        messages.c.segments,
        messages.c.credits,
        messages.c.billing,
        messages.c.tries,
        messages.c.due_at,
    ).where(among(connection, messages.c.id, ids), messages.c.owner == owner, messages.c.state.in_(_IN_DOUBT))
    return fetch(connection, query.order_by(messages.c.id).with_for_update())


def _due_again(row: AnyRow, at: datetime, retry_after_s: float) -> datetime:
    pause = patience(retry_after_s)
    due_at: datetime = row.due_at  # where nothing is to be waited for, a message keeps its place in the queue
    return at + pause if pause else min(due_at, at)


def _record_yes(changes: Changes, row: AnyRow, carrier_ids: Sequence[str], connector: str, at: datetime) -> None:
    ids = kept_ids(carrier_ids)
    changes.put(
        row,
        MessageState.SUBMITTED,
        reason=None,
        detail=None,
        carrier_id=ids[0] if len(ids) == 1 else None,
        connector=connector,
        billing=changes.bill(row, Movement.CHARGE),
        submitted_at=at,
        tries=row.tries + 1,
        **FREE,
    )
    for part, one in enumerate(ids if len(ids) > 1 else (), start=1):
        key = {"connector": connector, "carrier_id": one}
        changes.parts[connector, one] = {**key, "message_id": row.id, "part": part, "state": None, "reason": None}
    changes.tell(row, MessageState.SUBMITTED)


def _record_no(changes: Changes, row: AnyRow, rejected: Rejected, connector: str, at: datetime) -> None:
    changes.put(
        row,
        MessageState.REJECTED,
        reason=rejected.reason,
        detail=storable(rejected.message),
        connector=connector,
        receipt_code=storable(rejected.code, LONGEST_CODE),
        billing=changes.bill(row, Movement.RELEASE),
        submitted_at=None,
        settled_at=at,
        tries=row.tries + 1,
        **FREE,
    )
    changes.tell(row, MessageState.REJECTED, rejected.reason)


def _notice(row: AnyRow, state: MessageState, reason: str | None) -> MessageNotice:
    name = message_id(row.campaign_id, row.position)
    return MessageNotice(name, row.campaign_id, row.account_id, row.recipient, state, reason)
