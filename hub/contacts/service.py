"""Use cases of suppressions: add one, take one back on a proof of consent, look many up at once, list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from hub.contacts.model import CONSENT, Consent, Suppression, SuppressionFilter, SuppressionKind
from hub.contacts.register import withdraw
from hub.contacts.tables import consents, suppressions
from hub.errors import NotFound, RequestRefused
from hub.store.bulk import among, as_table, fetch, insert_new, insert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.contacts.model import Proof
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_SOURCE = 32
LONGEST_GIVER = 128
PAGE = 2000
_ALL = SuppressionFilter()


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Numbers that must not be texted, account by account."""

    store: Store
    clock: Clock

    def add(self, account_id: int, number: str, kind: SuppressionKind, *, source: str, note: str | None = None) -> bool:
        """Suppress an E.164 number for all of an account's texts; False when it was already."""
        return self.add_many(account_id, [number], kind, source=source, note=note) == 1

    def add_many(
        self,
        account_id: int,
        numbers: Collection[str],
        kind: SuppressionKind,
        *,
        source: str,
        note: str | None = None,
        campaign_id: str | None = None,
    ) -> int:
        """Suppress E.164 numbers in one transaction; how many were not yet. An opt-out withdraws consents."""
        same = {"kind": kind, "at": self.clock.now(), "source": source, "note": note, "campaign_id": campaign_id}
        rows = [{"account_id": account_id, "number": number, **same} for number in sorted(set(numbers))]
        with self.store.write("suppress") as connection:
            if kind is SuppressionKind.OPT_OUT:
                withdraw(connection, rows)
            return insert_new(connection, suppressions, rows)

    def of(self, account_id: int, number: str) -> tuple[Suppression, ...]:
        """Why an account must not text an E.164 number; nothing where it may."""
        mine = (suppressions.c.account_id == account_id, suppressions.c.number == number)
        with self.store.read() as connection:
            rows = connection.execute(select(suppressions).where(*mine).order_by(suppressions.c.kind)).all()
        return tuple(map(_as_suppression, rows))

    def remove(self, account_id: int, number: str, kind: SuppressionKind, proof: Proof) -> Consent:
        """Let an E.164 number be texted again, on a proof that its person agreed, which is kept for good.

        Raises RequestRefused for a proof without words, NotFound where there is no such suppression.
        """
        if not proof.notice.strip():
            raise RequestRefused.because(
                "proof", "proof_needed", "Say how the person agreed to be texted again: without that nobody may do it."
            )
        at = self.clock.now()
        with self.store.write("consent") as connection:
            if not consent_given(connection, account_id, number, kind, proof, at):
                raise NotFound("This number is not suppressed for that reason.")
        return Consent(number, kind, proof.notice, proof.source, proof.by, at)

    def all(
        self, account_id: int, *, after: str = "", limit: int | None = None, which: SuppressionFilter = _ALL
    ) -> tuple[Suppression, ...]:
        """Every suppression of an account, the latest first; with a `limit`, a page of them by number."""
        query = select(suppressions).where(suppressions.c.account_id == account_id, *_conditions(which))
        if limit is None:
            query = query.order_by(suppressions.c.at.desc())
        else:
            page = query.where(suppressions.c.number > after).order_by(suppressions.c.number, suppressions.c.kind)
            query = page.limit(limit)
        with self.store.read() as connection:
            return tuple(map(_as_suppression, fetch(connection, query)))

    def counts(self, account_id: int, campaign_ids: Collection[str], kind: SuppressionKind) -> dict[str, int]:
        """How many suppressions of that kind answer each of these campaigns; those with none are not there."""
        mine = (suppressions.c.account_id == account_id, suppressions.c.kind == kind)
        query = select(suppressions.c.campaign_id, func.count()).group_by(suppressions.c.campaign_id)
        with self.store.read() as connection:
            these = among(connection, suppressions.c.campaign_id, list(campaign_ids))
            rows = connection.execute(query.where(*mine, these)).all() if campaign_ids else []
        return {str(campaign_id): count for campaign_id, count in rows}

    def every(self, account_id: int, which: SuppressionFilter = _ALL) -> Iterator[Suppression]:
        """All of them by number, read page by page."""
        after = ""
        while page := self.all(account_id, after=after, limit=PAGE, which=which):
            if len(page) == PAGE and page[-1].number != page[-2].number:
                page = page[:-1]  # a number's second may be on the next page
            yield from page
            after = page[-1].number

    def consents(self, account_id: int) -> tuple[Consent, ...]:
        """Every proof on which an account may text a number again, the latest first."""
        mine = (consents.c.account_id == account_id, consents.c.kind != CONSENT)
        query = select(consents).where(*mine).order_by(consents.c.id.desc())
        with self.store.read() as connection:
            return tuple(
                Consent(row.number, SuppressionKind(row.kind), row.notice, row.source, row.given_by, row.at)
                for row in connection.execute(query)
            )


def suppressed_since(connection: Connection, account_id: int, number: str, kind: SuppressionKind) -> datetime | None:
    """Since when an account must not text a number, for that reason."""
    mine = (suppressions.c.account_id == account_id, suppressions.c.number == number, suppressions.c.kind == kind)
    since: datetime | None = connection.execute(select(suppressions.c.at).where(*mine)).scalar_one_or_none()
    return since


def opt_out(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[int, str]]:
    """Record opt-outs in the caller's transaction; the accounts and numbers that had none before."""
    known = suppressed_pairs(connection, {(row["account_id"], row["number"]) for row in rows})
    had = {pair for pair, kind in known.items() if kind is SuppressionKind.OPT_OUT}
    withdraw(connection, rows)
    insert_new(connection, suppressions, rows)
    return {(row["account_id"], row["number"]) for row in rows} - had


def consent_given(
    connection: Connection, account_id: int, number: str, kind: SuppressionKind, proof: Proof, at: datetime
) -> bool:
    """Take a suppression away and keep the proof, in the caller's transaction; False where there was none."""
    mine = (suppressions.c.account_id == account_id, suppressions.c.number == number, suppressions.c.kind == kind)
    if connection.execute(delete(suppressions).where(*mine)).rowcount == 0:
        return False
    row = {
        "account_id": account_id,
        "number": number,
        "kind": kind,
        "notice": storable(proof.notice),
        "source": storable(proof.source, LONGEST_SOURCE),
        "given_by": storable(proof.by, LONGEST_GIVER),
        "at": at,
    }
    insert_rows(connection, consents, [row])
    return True


def suppressed_pairs(
    connection: Connection, pairs: Collection[tuple[int, str]]
) -> dict[tuple[int, str], SuppressionKind]:
    """Of these accounts and E.164 numbers those that must not meet, and why; in one statement."""
    if not pairs:
        return {}
    rows = [{"account_id": account_id, "number": number} for account_id, number in pairs]
    given, document = as_table(connection, suppressions, rows)
    same = (suppressions.c.account_id == given.c.account_id, suppressions.c.number == given.c.number)
    # An opt-out weighs more than NPAI, and comes first in the alphabet. Asked row by row, in the database: a join would
    # let SQLite go through all suppressions of an account.
    kind = select(func.min(suppressions.c.kind)).where(*same).scalar_subquery()
    asked = select(given.c.account_id, given.c.number, kind.label("kind")).subquery()
    found = connection.execute(select(asked).where(asked.c.kind.is_not(None)), document)
    return {(account_id, number): SuppressionKind(kind) for account_id, number, kind in found}


def suppressed(connection: Connection, account_id: int, numbers: Collection[str]) -> dict[str, SuppressionKind]:
    """Which of these E.164 numbers an account must not text, and why; an opt-out weighs more than NPAI."""
    found: dict[str, SuppressionKind] = {}
    these = among(connection, suppressions.c.number, numbers)
    query = select(suppressions.c.number, suppressions.c.kind).where(suppressions.c.account_id == account_id, these)
    for number, kind in connection.execute(query):
        if found.get(number) is not SuppressionKind.OPT_OUT:
            found[number] = SuppressionKind(kind)
    return found


def _conditions(which: SuppressionFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if which.kinds:
        wanted.append(suppressions.c.kind.in_(which.kinds))
    if which.since is not None:
        wanted.append(suppressions.c.at >= which.since)
    if which.until is not None:
        wanted.append(suppressions.c.at < which.until)
    if which.campaign_id is not None:
        wanted.append(suppressions.c.campaign_id == which.campaign_id)
    return wanted


def _as_suppression(row: AnyRow) -> Suppression:
    return Suppression(row.number, SuppressionKind(row.kind), row.at, row.source, row.note, row.text, row.campaign_id)
