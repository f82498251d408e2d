"""Use cases of suppressions: add one, take one back on a proof of consent, look many up at once, list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from hub.contacts.model import Consent, Suppression, SuppressionKind
from hub.contacts.tables import consents, suppressions
from hub.errors import NotFound, RequestRefused
from hub.store.bulk import among, as_table, insert_new, insert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.contacts.model import Proof
    from hub.store.engine import Store

LONGEST_SOURCE = 32
LONGEST_GIVER = 128


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Numbers that must not be texted, account by account."""

    store: Store
    clock: Clock

    def add(self, account_id: int, number: str, kind: SuppressionKind, *, source: str, note: str | None = None) -> bool:
        """Suppress an E.164 number for all of an account's texts; False when it was already."""
        row = {
            "account_id": account_id,
            "number": number,
            "kind": kind,
            "at": self.clock.now(),
            "source": source,
            "note": note,
        }
        with self.store.write("suppress") as connection:
            return insert_new(connection, suppressions, [row]) == 1

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

    def all(self, account_id: int, *, after: str = "", limit: int | None = None) -> tuple[Suppression, ...]:
        """Every suppression of an account, the latest first; with a `limit`, a page of them by number."""
        query = select(suppressions).where(suppressions.c.account_id == account_id)
        if limit is None:
            query = query.order_by(suppressions.c.at.desc())
        else:
            page = query.where(suppressions.c.number > after).order_by(suppressions.c.number, suppressions.c.kind)
            query = page.limit(limit)
        with self.store.read() as connection:
            return tuple(
                Suppression(
                    row.number, SuppressionKind(row.kind), row.at, row.source, row.note, row.text, row.campaign_id
                )
                for row in connection.execute(query)
            )

    def consents(self, account_id: int) -> tuple[Consent, ...]:
        """Every recorded consent of an account, the latest first."""
        query = select(consents).where(consents.c.account_id == account_id).order_by(consents.c.id.desc())
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
