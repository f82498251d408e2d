"""Use cases of a person's data: erase a number from an account, and go on with erasures that were cut short."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select, update

from hub.contacts.model import SuppressionKind
from hub.contacts.service import suppressed_since
from hub.inbound.tables import inbound_messages as texts
from hub.people.erasing import PIECES, Done, Look, Piece, in_plugins
from hub.people.model import Counts, Erasure, ErasureState, Step, Wait
from hub.people.tables import erasures as table
from hub.store.bulk import insert_new

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.messages.outcomes import Changes
    from hub.registry import PersonTable
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

ANSWERED_WITHIN_S = 10.0
"""How long whoever asks waits for the end; the scheduler does the rest."""
BUDGET_S = 5.0
LOOK_AGAIN = timedelta(seconds=30)
MOST = 100

_STEPS = tuple(Step)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Erasures:
    """Erases numbers. `mark` makes of an account and a number what stands in its place: the same for the same.

    `elsewhere` are the tables of plugins in which people stand.
    """

    store: Store
    clock: Clock
    tell: Callable[[Changes, datetime], None]
    mark: Callable[[int, str], str]
    elsewhere: Sequence[PersonTable] = ()

    def erase(self, account_id: int, number: str) -> Erasure:
        """Erase an E.164 number from an account, for some seconds at most; the scheduler comes back to what is left.

        What has not left for it is cancelled. Asking again goes on at once, and after the end begins anew.
        """
        erasure_id = self._begin(account_id, number)
        self._work(erasure_id, self.clock.monotonic() + ANSWERED_WITHIN_S)
        with self.store.read() as connection:
            row = connection.execute(select(table).where(table.c.id == erasure_id)).one()
            opted_out = suppressed_since(connection, account_id, number, SuppressionKind.OPT_OUT) is not None
        return _as_erasure(row, number, opted_out=opted_out)

    def go_on(self) -> int:
        """Go on with erasures that are due, for some seconds at most; how many there were."""
        due = select(table.c.id).where(table.c.done_at.is_(None), table.c.due_at <= self.clock.now())
        with self.store.read() as connection:
            ids = connection.execute(due.order_by(table.c.due_at, table.c.id).limit(MOST)).scalars().all()
        end = self.clock.monotonic() + BUDGET_S
        for erasure_id in ids:
            self._work(erasure_id, end)
        return len(ids)

    def erase_nobodys(self, number: str) -> int:
        """Empty the texts from an E.164 number of which nobody knows whose they are; how many."""
        mine = (texts.c.account_id.is_(None), texts.c.number == number, texts.c.state == "done")
        emptied = {"number": self.mark(0, number), "text": "", "raw": "", "matched": ""}
        with self.store.write("erase") as connection:
            return connection.execute(update(texts).where(*mine).values(emptied)).rowcount

    def _begin(self, account_id: int, number: str) -> int:
        person = self.mark(account_id, number)
        now = self.clock.now()
        row = {
            "account_id": account_id,
            "person": person,
            "number": number,
            "step": Step.CONTACTS,
            "cursor": 0,
            "texts_from": 0,
            "waits_for": "",
            "counts": json.dumps(asdict(Counts())),
            "asked_at": now,
            "due_at": now,
            "done_at": None,
        }
        mine = (table.c.account_id == account_id, table.c.number == number)
        while True:
            with self.store.write("erase") as connection:
                insert_new(connection, table, [row])
                again = update(table).where(*mine).values(due_at=now).returning(table.c.id)
                found = connection.execute(again).scalar_one_or_none()
            if found is not None:  # else the one that was under way has just come to its end
                return int(found)

    def _work(self, erasure_id: int, end: float) -> None:
        while self._work_piece(erasure_id, end):
            if self.clock.monotonic() > end:
                return

    def _work_piece(self, erasure_id: int, end: float) -> bool:
        """One short transaction of an erasure; whether another one may follow."""
        with self.store.read() as connection:
            row = connection.execute(select(table).where(table.c.id == erasure_id)).one()
        now = self.clock.now()
        if row.done_at is not None or row.due_at > now:
            return False
        piece = self._piece(row)
        look = self._look(row, end)
        with self.store.write("erase") as connection:
            if not _is_still(connection, row):
                return True  # somebody else was quicker
            done = piece.erase(connection, row, look.ids, now)
            _note(connection, row, look, done, now)
        if done.changes.news:
            self.tell(done.changes, now)
        return True

    def _look(self, row: AnyRow, end: float) -> Look:
        """Where there is something to erase next, over stretches without any."""
        look = Look(after=row.cursor)
        while not look.ids and look.after is not None:
            with self.store.read() as connection:
                look = self._piece(row).look(connection, row, look.after)
            if self.clock.monotonic() > end:
                break
        return look

    def _piece(self, row: AnyRow) -> Piece:
        step = Step(row.step)
        return in_plugins(self.elsewhere) if step is Step.PLUGINS else PIECES[step]


def _is_still(connection: Connection, row: AnyRow) -> bool:
    """Whether an erasure, locked from now on, stands where it was read."""
    same = (table.c.id == row.id, table.c.step == row.step, table.c.cursor == row.cursor, table.c.done_at.is_(None))
    return connection.execute(select(table.c.id).where(*same).with_for_update()).first() is not None


def _note(connection: Connection, row: AnyRow, look: Look, done: Done, now: datetime) -> None:
    """Keep how far an erasure is, in the transaction that erased."""
    step = Step(row.step)
    begins = step is Step.CONTACTS
    waits = done.waits_for | (set() if begins else _waits_of(row))
    counts = Counts(**json.loads(row.counts)).plus(done.counts)
    values: dict[str, Any] = {"waits_for": " ".join(sorted(waits)), "counts": json.dumps(asdict(counts))}
    if look.after is not None:
        values["cursor"] = look.after
    else:
        values |= {"cursor": 0} | _next_step(step, waits, now)
        if step is Step.TEXTS and not waits & {Wait.TEXTS, Wait.CAMPAIGNS}:
            values["texts_from"] = look.newest
    connection.execute(update(table).where(table.c.id == row.id).values(values))
    if "done_at" in values:
        log.info("person_erased", account=row.account_id, **asdict(counts))


def _next_step(step: Step, waits: set[Wait], now: datetime) -> dict[str, Any]:
    if step is not _STEPS[-1]:
        return {"step": _STEPS[_STEPS.index(step) + 1]}
    if waits:  # everything is looked through again, for what was left may have brought the number back
        return {"step": _STEPS[0], "due_at": now + LOOK_AGAIN}
    return {"done_at": now, "number": None}


def _waits_of(row: AnyRow) -> set[Wait]:
    return {Wait(one) for one in row.waits_for.split()}


def _as_erasure(row: AnyRow, number: str, *, opted_out: bool) -> Erasure:
    return Erasure(
        number,
        ErasureState.DONE if row.done_at else ErasureState.RUNNING,
        row.asked_at,
        row.done_at,
        Counts(**json.loads(row.counts)),
        tuple(sorted(_waits_of(row))),
        opted_out,
    )
