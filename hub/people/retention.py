"""Words that are old enough are emptied: of texts, and of what people answered. Numbers, amounts and states stay.

Rows that plugins keep beside the words of a campaign are dropped with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select, update

from hub.ids import first_id
from hub.inbound.tables import inbound_messages
from hub.messages.model import UNSETTLED
from hub.messages.tables import campaigns, messages
from hub.people.elsewhere import OVER, drop_old, old_keys
from hub.people.erasing import AT_ONCE, STRETCH
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

    from hub.clock import Clock
    from hub.registry import PersonTable
    from hub.store.engine import Store

BUDGET_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Empties words after so many days, each; 0 keeps them.

    What plugins keep of people follows the words of texts; `elsewhere` are their tables.
    """

    store: Store
    clock: Clock
    texts_days: int
    answers_days: int
    elsewhere: Sequence[PersonTable] = ()
    _pages: dict[str, int] = field(default_factory=dict)
    """How far the look through each table is; it begins again after its end, and where another process leads."""

    def empty_old(self) -> int:
        """Empty what is old enough, some in each transaction, for some seconds at most; how many rows."""
        end, now, emptied = self.clock.monotonic() + BUDGET_S, self.clock.now(), 0
        if self.texts_days:
            before = first_id(now - timedelta(days=self.texts_days))
            emptied += self._all_of(messages, end, _texts(before), text="", detail=None, receipt_raw=None)
            emptied += self._campaigns(before)
            emptied += sum(self._rows_of(one, now, end) for one in self.elsewhere)
        if self.answers_days:
            old = _answers(now - timedelta(days=self.answers_days))
            emptied += self._all_of(inbound_messages, end, old, text="", raw="", matched="")
        if emptied:
            log.info("words_emptied", rows=emptied)
        return emptied

    def _all_of(self, table: Table, end: float, old: tuple[ColumnElement[bool], ...], **values: str | None) -> int:
        emptied, more = 0, True
        while more and self.clock.monotonic() <= end:
            after = self._pages.get(table.name, 0)
            with self.store.read() as connection:
                ids, last = _old_ids(connection, table, after, old)
            if ids:
                with self.store.write("empty_old") as connection:
                    here = among(connection, table.c.id, ids)
                    emptied += connection.execute(update(table).where(here, *old).values(values)).rowcount
            self._pages[table.name], more = last or 0, last is not None
        return emptied

    def _campaigns(self, before: str) -> int:
        old = (campaigns.c.id < before, campaigns.c.state.in_(OVER), campaigns.c.text != "")
        some = select(campaigns.c.id).where(*old).order_by(campaigns.c.id).limit(AT_ONCE)
        with self.store.read() as connection:
            ids = connection.execute(some).scalars().all()
        if not ids:
            return 0
        with self.store.write("empty_old") as connection:
            here = among(connection, campaigns.c.id, ids)
            emptied = update(campaigns).where(here, *old).values(text="", auto_reply=None)
            return connection.execute(emptied).rowcount

    def _rows_of(self, table: PersonTable, now: datetime, end: float) -> int:
        """Drop what a plugin kept beside words that are emptied by now."""
        dropped, before = 0, now - timedelta(days=self.texts_days)
        while self.clock.monotonic() <= end:
            with self.store.read() as connection:
                keys = old_keys(connection, table, before, AT_ONCE)
            if not keys:
                break
            with self.store.write("empty_old") as connection:
                dropped += drop_old(connection, table, before, keys)
        return dropped


def _texts(before: str) -> tuple[ColumnElement[bool], ...]:
    """Texts of campaigns older than that id, which have come to their end."""
    return messages.c.campaign_id < before, messages.c.state.not_in(UNSETTLED), messages.c.text != ""


def _answers(before: datetime) -> tuple[ColumnElement[bool], ...]:
    table = inbound_messages
    return table.c.received_at < before, table.c.state == "done", table.c.text != ""


def _old_ids(
    connection: Connection, table: Table, after: int, old: tuple[ColumnElement[bool], ...]
) -> tuple[list[int], int | None]:
    """Ids of the next stretch of a table, and where the one after it begins; None after the last."""
    newest = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
    here = (table.c.id > after, table.c.id <= after + STRETCH)
    query = select(table.c.id).where(*here, *old).order_by(table.c.id).limit(AT_ONCE)
    ids = list(connection.execute(query).scalars())
    last = ids[-1] if len(ids) == AT_ONCE else after + STRETCH
    return ids, last if last < newest else None
