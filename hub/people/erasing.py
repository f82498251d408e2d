"""What an erasure does, step by step: each looks for some rows, and empties or drops them in a short transaction.

What is with a carrier keeps its number until it has come to its end: to be settled it must be found. Amounts, dates
and states stay, for the books; in the number's place stands a keyed hash of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, or_, select, update

from hub.contacts.imports.model import ImportState
from hub.contacts.lists import resize
from hub.contacts.model import SuppressionKind
from hub.contacts.tables import (
    consents,
    contact_lists,
    contacts,
    import_chunks,
    imports,
    suppressions,
    unallocated_numbers,
)
from hub.events.tables import webhook_events, webhooks
from hub.inbound.tables import inbound_answers, inbound_messages
from hub.links.tables import link_clicks, links
from hub.mailing.model import MailState
from hub.mailing.tables import outgoing_mails
from hub.messages.model import WAITING, MessageState
from hub.messages.outcomes import Changes
from hub.messages.sources import grows
from hub.messages.tables import campaign_numbers, campaigns, last_texts, messages, received_texts
from hub.people.elsewhere import drop_rows
from hub.people.model import Counts, Step, Wait
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

    from hub.registry import PersonTable
    from hub.store.bulk import AnyRow

AT_ONCE = 500
"""Rows that one transaction changes."""
STRETCH = 50_000
"""Texts that one query looks at: no index finds them by their number, for each text sent would have to keep it."""
_NOT_YET = (MessageState.SUBMITTING, MessageState.UNKNOWN)
_ENDED = (ImportState.DONE, ImportState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Look:
    """Ids of what is to be erased, where to look next (None: that was all), and the last id that there is."""

    ids: Sequence[int] = ()
    after: int | None = None
    newest: int = 0


@dataclass
class Done:
    """What a transaction erased, what it had to leave, and what became of messages."""

    counts: Counts = field(default_factory=Counts)
    waits_for: set[Wait] = field(default_factory=set)
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Piece:
    """How a step is done; `erasure` is its row, with the number and what stands in its place."""

    look: Callable[[Connection, AnyRow, int], Look]
    erase: Callable[[Connection, AnyRow, Sequence[int], datetime], Done]


def texts_in(connection: Connection, account_id: int, number: str, after: int) -> Look:
    """Messages of an account to a number, in the next stretch of all messages."""
    newest = connection.execute(select(func.max(messages.c.id))).scalar_one() or 0
    if after >= newest:
        return Look(newest=newest)
    here = (messages.c.id > after, messages.c.id <= after + STRETCH)
    mine = (messages.c.account_id == account_id, messages.c.recipient == number)
    ids = _ids(connection, messages, *here, *mine)
    last = ids[-1] if len(ids) == AT_ONCE else after + STRETCH
    return Look(ids, last if last < newest else None, newest)


def mails_in(connection: Connection, account_id: int, number: str, after: int) -> Look:
    """Mails of the hub's own to an account that speak of a number."""
    mine = (outgoing_mails.c.account_id == account_id, outgoing_mails.c.id > after)
    return _page(_ids(connection, outgoing_mails, *mine, _speaks_of(outgoing_mails.c.mail, number)))


def events_in(connection: Connection, account_id: int, number: str, after: int) -> Look:
    """Events for an account's webhooks that speak of a number."""
    theirs = select(webhooks.c.id).where(webhooks.c.account_id == account_id)
    mine = (webhook_events.c.webhook_id.in_(theirs), webhook_events.c.id > after)
    return _page(_ids(connection, webhook_events, *mine, _speaks_of(webhook_events.c.body, number)))


def in_plugins(tables: Sequence[PersonTable]) -> Piece:
    """How rows of plugins' tables are erased: whole, for nobody but their plugin knows what would be left of them."""

    def erase(connection: Connection, erasure: AnyRow, _: Sequence[int], __: datetime) -> Done:
        asked = (erasure.account_id, erasure.number)
        return Done(Counts(plugin_rows=sum(drop_rows(connection, one, *asked) for one in tables)))

    return Piece(_nothing, erase)


def names(text: str, number: str) -> bool:
    """Whether a text holds this number, and not only one that begins like it."""
    return any(not rest[:1].isdigit() for rest in text.split(number)[1:])


def _nothing(_: Connection, __: AnyRow, ___: int) -> Look:
    return Look()


def _erase_contacts(connection: Connection, erasure: AnyRow, _: Sequence[int], now: datetime) -> Done:
    """What lists, the register and the engine's notes know. An opt-out stays, without what the person wrote."""
    account_id, number = erasure.account_id, erasure.number
    counts = Counts(
        contacts=_leave_lists(connection, account_id, number, now),
        consents=_drop(connection, consents, account_id, number),
        unallocated=_drop(connection, unallocated_numbers, account_id, number)
        + _drop(connection, suppressions, account_id, number, suppressions.c.kind == SuppressionKind.UNALLOCATED),
    )
    mine = (suppressions.c.account_id == account_id, suppressions.c.number == number)
    connection.execute(update(suppressions).where(*mine).values(note=None, text=None))
    _drop(connection, inbound_answers, account_id, number)
    texted = (last_texts.c.recipient == number, last_texts.c.account_id == account_id)
    connection.execute(delete(last_texts).where(*texted))
    reached = (received_texts.c.recipient == number, received_texts.c.account_id == account_id)
    connection.execute(delete(received_texts).where(*reached))
    return Done(counts)


def _leave_lists(connection: Connection, account_id: int, number: str, now: datetime) -> int:
    """Take a number off every list of an account, whose rows are locked in the order of their ids."""
    mine = (contacts.c.account_id == account_id, contacts.c.number == number)
    on = select(contact_lists.c.id).where(contact_lists.c.id.in_(select(contacts.c.list_id).where(*mine)))
    removed = 0
    for list_id in connection.execute(on.order_by(contact_lists.c.id).with_for_update()).scalars().all():
        gone = connection.execute(delete(contacts).where(contacts.c.list_id == list_id, *mine)).rowcount
        resize(connection, list_id, -gone, now)
        removed += gone
    return removed


def _look_for_texts(connection: Connection, erasure: AnyRow, after: int) -> Look:
    return texts_in(connection, erasure.account_id, erasure.number, max(after, erasure.texts_from))


def _erase_texts(connection: Connection, erasure: AnyRow, ids: Sequence[int], now: datetime) -> Done:
    """Cancel what has not left, give its credits back, and empty what is not with a carrier.

    Locks are taken where they are free, never waited for: cancelling takes campaigns before their messages, receipts
    the other way round. What somebody else has in hand is looked at again.
    """
    done = Done()
    if _still_grow(connection, erasure.account_id):
        done.waits_for.add(Wait.CAMPAIGNS)
    if not ids:
        return done
    here = (among(connection, messages.c.id, ids), messages.c.recipient == erasure.number)
    meant = fetch(connection, select(messages.c.id, messages.c.campaign_id).where(*here))
    held = _lock_campaigns(connection, {row.campaign_id for row in meant})
    free = (*here, messages.c.state.not_in(_NOT_YET), messages.c.campaign_id.in_(held))
    rows = fetch(connection, select(messages).where(*free).order_by(messages.c.id).with_for_update(skip_locked=True))
    if len(rows) < len(meant):
        done.waits_for.add(Wait.TEXTS)
    waiting = [row for row in rows if row.state in WAITING]
    for row in waiting:
        done.changes.end(row, MessageState.CANCELLED, None, now)
    done.changes.write(connection, now)
    _empty_texts(connection, erasure, rows)
    done.counts = Counts(texts=len(rows), cancelled=len(waiting))
    return done


def _lock_campaigns(connection: Connection, ids: set[str]) -> list[str]:
    these = select(campaigns.c.id).where(campaigns.c.id.in_(sorted(ids))).order_by(campaigns.c.id)
    return list(connection.execute(these.with_for_update(key_share=True, skip_locked=True)).scalars())


def _empty_texts(connection: Connection, erasure: AnyRow, rows: Sequence[AnyRow]) -> None:
    """Take number and words out of messages, and out of their campaigns where these texted nobody else."""
    if not rows:
        return
    emptied = {"recipient": erasure.person, "text": "", "detail": None, "receipt_raw": None}
    mine = among(connection, messages.c.id, [row.id for row in rows])
    connection.execute(update(messages).where(mine).values(emptied))
    theirs = sorted({row.campaign_id for row in rows})
    connection.execute(
        delete(campaign_numbers).where(
            campaign_numbers.c.campaign_id.in_(theirs), campaign_numbers.c.number == erasure.number
        )
    )
    led = (links.c.campaign_id.in_(theirs), links.c.number == erasure.number)
    connection.execute(update(links).where(*led).values(number=None))
    others = exists().where(messages.c.campaign_id == campaigns.c.id, messages.c.recipient != erasure.person)
    alone = (campaigns.c.id.in_(theirs), ~others, ~grows(campaigns.c.id))
    words = {"text": "", "auto_reply": None, "repeat_digest": None}
    connection.execute(update(campaigns).where(*alone).values(words))


def _still_grow(connection: Connection, account_id: int) -> bool:
    """Whether a campaign of an account is still being expanded."""
    mine = select(campaigns.c.id).where(campaigns.c.account_id == account_id, grows(campaigns.c.id))
    return connection.execute(mine.limit(1)).first() is not None


def _look_for_answers(connection: Connection, erasure: AnyRow, after: int) -> Look:
    mine = (inbound_messages.c.account_id == erasure.account_id, inbound_messages.c.number == erasure.number)
    return _page(_ids(connection, inbound_messages, *mine, inbound_messages.c.id > after))


def _erase_answers(connection: Connection, erasure: AnyRow, ids: Sequence[int], _: datetime) -> Done:
    """Empty what the person wrote, once it is worked off: its opt-out and who hears of it come first."""
    if not ids:
        return Done()
    here = among(connection, inbound_messages.c.id, ids)
    emptied = {"number": erasure.person, "text": "", "raw": "", "matched": ""}
    worked_off = update(inbound_messages).where(here, inbound_messages.c.state == "done")
    count = connection.execute(worked_off.values(emptied)).rowcount
    return Done(Counts(answers=count), {Wait.ANSWERS} if count < len(ids) else set())


def _look_for_mails(connection: Connection, erasure: AnyRow, after: int) -> Look:
    return mails_in(connection, erasure.account_id, erasure.number, after)


def _erase_mails(connection: Connection, erasure: AnyRow, ids: Sequence[int], _: datetime) -> Done:
    """Drop mails about the person, those that wait too; one that is being sent goes out first."""
    if not ids:
        return Done()
    here = among(connection, outgoing_mails.c.id, ids)
    idle = or_(outgoing_mails.c.state != MailState.WAITING, outgoing_mails.c.owner.is_(None))
    query = select(outgoing_mails.c.id, outgoing_mails.c.mail, idle.label("idle")).where(here)
    about = [row for row in connection.execute(query.with_for_update()) if names(row.mail, erasure.number)]
    free = [row.id for row in about if row.idle]
    if free:
        connection.execute(delete(outgoing_mails).where(among(connection, outgoing_mails.c.id, free)))
    return Done(Counts(mails=len(free)), {Wait.MAILS} if len(free) < len(about) else set())


def _look_for_events(connection: Connection, erasure: AnyRow, after: int) -> Look:
    return events_in(connection, erasure.account_id, erasure.number, after)


def _erase_events(connection: Connection, erasure: AnyRow, ids: Sequence[int], _: datetime) -> Done:
    """Take number and words out of events; those that wait are told without them."""
    if not ids:
        return Done()
    here = among(connection, webhook_events.c.id, ids)
    query = select(webhook_events.c.id, webhook_events.c.body).where(here).with_for_update()
    about = [row for row in connection.execute(query).all() if names(row.body, erasure.number)]
    for row in about:
        changed = update(webhook_events).where(webhook_events.c.id == row.id)
        connection.execute(changed.values(body=_without(row.body, erasure)))
    return Done(Counts(events=len(about)))


def _without(body: str, erasure: AnyRow) -> str:
    """An event's body without who it is about, and what they wrote."""
    event = json.loads(body)
    told = {"number": erasure.person, "text": ""}
    event["data"] = {
        name: told.get(name, value) if value is not None else None for name, value in event["data"].items()
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _look_for_clicks(connection: Connection, erasure: AnyRow, after: int) -> Look:
    mine = (link_clicks.c.account_id == erasure.account_id, link_clicks.c.number == erasure.number)
    return _page(_ids(connection, link_clicks, *mine, link_clicks.c.id > after))


def _erase_clicks(connection: Connection, erasure: AnyRow, ids: Sequence[int], _: datetime) -> Done:
    """Keep that a link was followed, and not by whom."""
    if not ids:
        return Done()
    whom = {"number": erasure.person, "brand": None, "model": None, "system": None, "browser": None}
    emptied = update(link_clicks).where(among(connection, link_clicks.c.id, ids)).values(whom)
    return Done(Counts(clicks=connection.execute(emptied).rowcount))


def _look_for_imports(connection: Connection, erasure: AnyRow, after: int) -> Look:
    mine = select(imports.c.id).where(imports.c.account_id == erasure.account_id, imports.c.id > after)
    found = connection.execute(mine.order_by(imports.c.id).limit(1)).scalar_one_or_none()
    return Look() if found is None else Look((found,), found)


def _erase_imports(connection: Connection, erasure: AnyRow, ids: Sequence[int], _: datetime) -> Done:
    """Take lines about the person out of the report of a file that is stored; the others are waited for."""
    done = Done()
    for import_id in ids:
        query = select(imports).where(imports.c.id == import_id).with_for_update()
        found = connection.execute(query).first()
        if found is None:
            continue
        if found.state not in _ENDED:
            done.waits_for.add(Wait.IMPORTS)
            continue
        lines = _clean_chunks(connection, import_id, erasure.number) + _clean_samples(connection, found, erasure.number)
        done.counts = done.counts.plus(Counts(import_lines=lines))
    return done


def _clean_chunks(connection: Connection, import_id: int, number: str) -> int:
    mine = import_chunks.c.import_id == import_id
    about = or_(_speaks_of(import_chunks.c.report, number), _speaks_of(import_chunks.c.contacts, number))
    dropped = 0
    for row in connection.execute(select(import_chunks).where(mine, about)).all():
        lines = json.loads(row.report)
        kept = _others(lines, number)
        dropped += len(lines) - len(kept)
        this = (mine, import_chunks.c.attempt == row.attempt, import_chunks.c.place == row.place)
        values = {"report": json.dumps(kept), "contacts": None}  # nobody stores them any more
        connection.execute(update(import_chunks).where(*this).values(values))
    return dropped


def _clean_samples(connection: Connection, found: AnyRow, number: str) -> int:
    if not found.samples or number not in found.samples:
        return 0
    samples: Mapping[str, list[list[Any]]] = json.loads(found.samples)
    kept = {kind: _others(lines, number) for kind, lines in samples.items()}
    changed = update(imports).where(imports.c.id == found.id)
    connection.execute(changed.values(samples=json.dumps(kept)))
    return sum(map(len, samples.values())) - sum(map(len, kept.values()))


def _others(lines: Sequence[list[Any]], number: str) -> list[list[Any]]:
    return [cells for cells in lines if number not in cells]


def _drop(connection: Connection, table: Table, account_id: int, number: str, *only: ColumnElement[bool]) -> int:
    mine = (table.c.account_id == account_id, table.c.number == number)
    return connection.execute(delete(table).where(*mine, *only)).rowcount


def _speaks_of(column: ColumnElement[Any], number: str) -> ColumnElement[bool]:
    return column.like(f"%{number}%")


def _ids(connection: Connection, table: Table, *these: ColumnElement[bool]) -> list[int]:
    return list(connection.execute(select(table.c.id).where(*these).order_by(table.c.id).limit(AT_ONCE)).scalars())


def _page(ids: Sequence[int]) -> Look:
    return Look(ids, ids[-1] if len(ids) == AT_ONCE else None)


PIECES: Mapping[Step, Piece] = {
    Step.CONTACTS: Piece(_nothing, _erase_contacts),
    Step.TEXTS: Piece(_look_for_texts, _erase_texts),
    Step.ANSWERS: Piece(_look_for_answers, _erase_answers),
    Step.MAILS: Piece(_look_for_mails, _erase_mails),
    Step.EVENTS: Piece(_look_for_events, _erase_events),
    Step.CLICKS: Piece(_look_for_clicks, _erase_clicks),
    Step.IMPORTS: Piece(_look_for_imports, _erase_imports),
}
