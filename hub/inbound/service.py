"""Where texts from phones come in: kept, attributed, and their opt-outs carried out before anybody is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select, update

from hub.accounts.tables import accounts
from hub.contacts.model import Proof, SuppressionKind
from hub.contacts.service import consent_given, opt_out
from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.failpoints import failpoint
from hub.ids import new_id
from hub.inbound.attribution import Attribution, attribute
from hub.inbound.model import InboundKind
from hub.inbound.optout import read_text
from hub.inbound.tables import inbound_messages as table
from hub.messages.last import last_texts_to, texts_under_way
from hub.messages.widths import LONGEST_CARRIER_ID, LONGEST_RECIPIENT
from hub.observe import hiding
from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number
from hub.store.bulk import among, in_batches, insert_returning
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.compliance.policies import PolicyBook
    from hub.inbound.optout import Verdict
    from hub.messages.connector import InboundText
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

BATCH = 200
REPEATED_FOR = timedelta(hours=1)
"""How long the same words without a carrier's id are a repeat, where nobody ever said that they were acknowledged."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inbox:
    """Keeps texts from phones. `ring` is called after each commit: somebody has something to do.

    Numbers that a carrier writes as its country dials them are read as those of `region`.
    """

    store: Store
    clock: Clock
    policies: PolicyBook
    ring: Callable[[], None]
    region: str = "FR"

    def take(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Keep texts of one connector; returns after the commit. Raises StoreUnavailable; then nothing was kept.

        One that is there already is left as it is: by the carrier's id, else by its words for as long as nobody has
        said `acknowledged` of them, an hour at most. Opt-outs are carried out in the same transaction.
        """
        with hiding(lambda: (one.text for one in texts)):
            failpoint("inbound.before_take")
            for batch in in_batches(texts, BATCH):
                self._take(connector, [self._read(one) for one in batch])
            failpoint("inbound.after_take")
        if texts:
            self.ring()

    def acknowledged(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Note that the carrier was told: from now on the same words are another text. Raises StoreUnavailable."""
        digests = [_digest(one) for one in texts if not one.carrier_id]
        for batch in in_batches(digests, BATCH):
            with self.store.write("inbound_acknowledged") as connection:
                known = (table.c.connector == connector, among(connection, table.c.digest, batch))
                connection.execute(update(table).where(*known).values(digest=None))

    def _read(self, text: InboundText) -> _Arrival:
        number = _number_of(text.number, self.region)
        region = number.region if isinstance(number, PhoneNumber) else None
        verdict = read_text(text.text, self.policies.get(region) if region else None)
        return _Arrival(text, number.e164 if isinstance(number, PhoneNumber) else number, region, verdict)

    def _take(self, connector: str, arrivals: Sequence[_Arrival]) -> None:
        now = self.clock.now()
        with self.store.write("inbound_take") as connection:
            _let_go_of_old_repeats(connection, connector, arrivals, now)
            owners = _owners(connection, arrivals, now)
            rows = {
                row["public_id"]: (row, one, owner)
                for one, owner in zip(arrivals, owners, strict=True)
                for row in (_row(connector, one, owner, now),)
            }
            plain = [row for row, _, _ in rows.values()]
            fresh = set(insert_returning(connection, table, plain, table.c.public_id))
            new = [kept for name, kept in rows.items() if name in fresh]
            _carry_out(connection, new, now)
            _tell_outside(connection, [row for row, _, _ in new], now)
        _tell_the_log(connector, new)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A text as it came, whose number was read: E.164, or as it came where it is no number of a phone."""

    text: InboundText
    number: str
    region: str | None
    verdict: Verdict


_Kept = tuple[dict[str, Any], _Arrival, Attribution]


def _number_of(given: str, region: str) -> PhoneNumber | str:
    """Carriers write E.164 with a plus or without, and some a national number; the rest is a short code or a name."""
    digits = given.strip().removeprefix("+")
    if len(digits) > _LONGEST_SHORT_CODE and digits.isdecimal():
        tries = [(f"+{digits.removeprefix('00')}", None), (digits, region)]
        if digits.startswith("0") and not digits.startswith("00"):
            tries.reverse()  # no calling code begins with 0
        numbers = [parse_number(*one) for one in tries]
        mobile = next((one for one in numbers if isinstance(one, PhoneNumber)), None)
        if found := mobile or next((one.number for one in numbers if not isinstance(one, PhoneNumber)), None):
            return found
    return storable(given.strip(), LONGEST_RECIPIENT)


_LONGEST_SHORT_CODE = 6


def _digest(text: InboundText) -> str:
    said = f"{text.number}\x00{text.to}\x00{text.text}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _let_go_of_old_repeats(connection: Connection, connector: str, arrivals: Sequence[_Arrival], now: datetime) -> None:
    digests = [_digest(one.text) for one in arrivals if not one.text.carrier_id]
    if digests:
        old = (table.c.connector == connector, table.c.received_at <= now - REPEATED_FOR)
        same = among(connection, table.c.digest, digests)
        connection.execute(update(table).where(*old, same).values(digest=None))


def _owners(connection: Connection, arrivals: Sequence[_Arrival], now: datetime) -> list[Attribution]:
    """Whose each text is; on a hub with a single account what nobody was texted for is that account's."""
    texts: dict[str, list[AnyRow]] = {}
    stops = {one.number for one in arrivals if one.verdict.kind is InboundKind.OPT_OUT}
    known = [*last_texts_to(connection, {one.number for one in arrivals}), *texts_under_way(connection, stops, now)]
    for row in known:
        texts.setdefault(row.recipient, []).append(row)
    found = [attribute(texts.get(one.number, ()), one.text.to, now) for one in arrivals]
    if all(one.accounts for one in found):
        return found
    there = connection.execute(select(accounts.c.id).order_by(accounts.c.id).limit(2)).scalars().all()
    alone = Attribution(None, tuple(there), tuple(there)) if len(there) == 1 else Attribution(None)
    return [one if one.accounts else alone for one in found]


def _row(connector: str, one: _Arrival, owner: Attribution, now: datetime) -> dict[str, Any]:
    carrier_id = one.text.carrier_id
    only = owner.accounts[0] if len(owner.accounts) == 1 else None  # nobody else can be meant
    return {
        "public_id": new_id(now),
        "connector": connector,
        "carrier_id": storable(carrier_id, LONGEST_CARRIER_ID) if carrier_id else None,
        "digest": None if carrier_id else _digest(one.text),
        "number": one.number,
        "written_to": storable(one.text.to.strip(), LONGEST_RECIPIENT),
        "country": one.region if one.region and len(one.region) == len("FR") else None,
        "text": storable(one.text.text),
        "raw": storable(one.text.raw),
        "received_at": now,
        "kind": one.verdict.kind,
        "rule": one.verdict.rule,
        "matched": storable(one.verdict.matched),
        "account_id": owner.text.account_id if owner.text else only,
        "campaign_id": owner.text.campaign_id if owner.text else None,
        "position": owner.text.position if owner.text else None,
        "ambiguous": owner.is_ambiguous,
        "state": "new",
        "due_at": now,
    }


def _carry_out(connection: Connection, new: Sequence[_Kept], now: datetime) -> None:
    """Opt-outs, and what takes one back where a country lets a text do so, in the order in which they came."""
    for kind, group in groupby(new, key=lambda kept: kept[1].verdict.kind):
        kept = list(group)
        if kind is InboundKind.OPT_OUT:
            _stop(connection, kept, now)
        elif kind is InboundKind.RESUBSCRIBE:
            _take_back(connection, kept, now)


def _stop(connection: Connection, kept: Sequence[_Kept], now: datetime) -> None:
    """Whoever may be meant texts that number no more: on the person's side where it is not certain who was."""
    wishes = [
        {
            "account_id": account,
            "number": row["number"][:16],
            "kind": SuppressionKind.OPT_OUT,
            "at": now,
            "source": "inbound",
            "note": f"{one.verdict.rule}: {one.verdict.matched}",
            "text": row["text"],
            "campaign_id": row["campaign_id"] if account == row["account_id"] else None,
        }
        for row, one, owner in kept
        if one.region is not None
        for account in owner.stopped
    ]
    ended = opt_out(connection, wishes)
    for row, one, owner in kept:
        accounts_ = [account for account in owner.stopped if (account, row["number"]) in ended]
        ended -= {(account, row["number"]) for account in accounts_}  # the next STOP of a batch ends nothing any more
        if accounts_ and one.region is not None:
            value = ",".join(map(str, accounts_))
            connection.execute(update(table).where(table.c.public_id == row["public_id"]).values(opted_out=value))
            row["opted_out"] = value


def _take_back(connection: Connection, kept: Sequence[_Kept], now: datetime) -> None:
    for row, _, owner in kept:
        proof = Proof(notice=row["text"], source="inbound", by=row["number"])
        for account in owner.accounts:
            consent_given(connection, account, row["number"], SuppressionKind.OPT_OUT, proof, now)


def _tell_outside(connection: Connection, new: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Record what was written, for whose it is, and the opt-outs that were carried out."""
    texts = [Fact(row["account_id"], EventType.MESSAGE_INBOUND, _told(row), now) for row in new if row["account_id"]]
    opt_outs = [
        Fact(int(account), EventType.CONTACT_OPTED_OUT, _opted_out(row, int(account)), now)
        for row in new
        for account in row.get("opted_out", "").split(",")
        if account
    ]
    record(connection, [*texts, *opt_outs])


def _opted_out(row: Mapping[str, Any], account_id: int) -> dict[str, Any]:
    """The campaign that was answered is named to the account whose it was, and to no other."""
    campaign_id = row["campaign_id"] if account_id == row["account_id"] else None
    return {"number": row["number"], "inbound_id": row["public_id"], "campaign_id": campaign_id}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "inbound_id": row["public_id"],
        "number": row["number"],
        "to": row["written_to"],
        "text": row["text"],
        "kind": row["kind"],
        "campaign_id": row["campaign_id"],
    }


def _tell_the_log(connector: str, new: Sequence[_Kept]) -> None:
    lost = [row for row, _, owner in new if not owner.accounts]
    if lost:
        log.warning("inbound_of_nobody", connector=connector, texts=len(lost))
    unheard = [
        1 for _, one, owner in new if one.verdict.kind is InboundKind.OPT_OUT and not (owner.stopped and one.region)
    ]
    if unheard:  # somebody who said stop may be texted again: a person has to look, see `hub inbound --nobodys`
        log.error("opt_out_of_nobody", connector=connector, texts=len(unheard))
    by_kind: Mapping[str, int] = {
        kind: len(list(group))
        for kind, group in groupby(
            sorted((one.verdict for _, one, _ in new), key=attrgetter("kind")), attrgetter("kind")
        )
    }
    if new:
        log.info("inbound_kept", connector=connector, **{f"{kind}s": count for kind, count in by_kind.items()})
