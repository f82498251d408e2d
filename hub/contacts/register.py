"""The register of consents: who agreed to what, shown where and when, and since when it holds no more.

A STOP withdraws what was agreed before it. A proof that took a suppression away is a consent as well, but for one that
says no more than that an unallocated number has an owner again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select, true, update

from hub.contacts.model import CONSENT, ConsentFilter, RegisteredConsent, SuppressionKind
from hub.contacts.tables import consents, suppressions
from hub.errors import RequestRefused
from hub.store.bulk import among, as_table, fetch, insert_new
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.contacts.model import NewConsent
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_NOTICE = 4000
LONGEST_SOURCE = 32
LONGEST_TEXT = 1000
PAGE = 2000
IN_FORCE = (consents.c.withdrawn_at.is_(None), consents.c.kind != SuppressionKind.UNALLOCATED)
"""What makes a row of `consents` a yes that holds."""
_ALL = ConsentFilter()


@dataclass(frozen=True, slots=True)
class Register:
    """The consents of accounts."""

    store: Store
    clock: Clock

    def record(self, account_id: int, given: Sequence[NewConsent], by: str) -> int:
        """Keep consents (of E.164 numbers) in one transaction; how many were new: the same again changes nothing.

        One that is older than the person's STOP is kept as withdrawn. Raises RequestRefused for words that are missing
        or too long, and for times that are still to come.
        """
        now = self.clock.now()
        rows = {one["digest"]: one for one in (_row(account_id, new, by, now) for new in given)}
        with self.store.write("consent") as connection:
            stops = _stops(connection, account_id, [one.number for one in given])
            for one in rows.values():
                stopped = stops.get(one["number"])
                one["withdrawn_at"] = stopped if stopped and stopped >= one["given_at"] else None
            return insert_new(connection, consents, list(rows.values()))

    def withdraw(self, account_id: int, numbers: Collection[str]) -> int:
        """Withdraw what these E.164 numbers agreed to, though they may still be texted; how many consents."""
        now = self.clock.now()
        rows = [{"account_id": account_id, "number": number, "at": now} for number in sorted(set(numbers))]
        with self.store.write("consent") as connection:
            return withdraw(connection, rows)

    def page(
        self, account_id: int, *, after: int = 0, limit: int = PAGE, which: ConsentFilter = _ALL
    ) -> tuple[RegisteredConsent, ...]:
        """Consents in the order in which they were recorded, from the one after `after`."""
        mine = (consents.c.account_id == account_id, consents.c.id > after, *_conditions(which))
        with self.store.read() as connection:
            rows = fetch(connection, select(consents).where(*mine).order_by(consents.c.id).limit(limit))
        return tuple(map(as_consent, rows))

    def every(self, account_id: int, which: ConsentFilter = _ALL) -> Iterator[RegisteredConsent]:
        """All of them, read page by page."""
        after = 0
        while page := self.page(account_id, after=after, which=which):
            yield from page
            after = page[-1].id


def consented(connection: Connection, account_id: int, numbers: Collection[str]) -> set[str]:
    """Of these E.164 numbers those whose consent to an account is in force; in one statement."""
    if not numbers:
        return set()
    these = (consents.c.account_id == account_id, among(connection, consents.c.number, list(numbers)), *IN_FORCE)
    return set(connection.execute(select(consents.c.number).where(*these).distinct()).scalars())


def withdraw(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Withdraw what was agreed by the `account_id` and `number` of rows, at their `at`; in the caller's transaction."""
    if not rows:
        return 0
    pairs = [{"account_id": row["account_id"], "number": row["number"]} for row in rows]
    given, document = as_table(connection, consents, pairs)
    same = (consents.c.account_id == given.c.account_id, consents.c.number == given.c.number)
    stopped = exists(select(true()).select_from(given).where(*same))
    mine = among(connection, consents.c.number, sorted({row["number"] for row in rows}))
    changed = update(consents).where(mine, stopped, consents.c.withdrawn_at.is_(None))
    return connection.execute(changed.values(withdrawn_at=rows[0]["at"]), document).rowcount


def as_consent(row: AnyRow) -> RegisteredConsent:
    """A row of `consents` as a value."""
    return RegisteredConsent(
        row.id,
        row.number,
        row.kind,
        row.notice,
        row.given_at or row.at,
        row.source,
        row.name,
        row.url,
        row.ip,
        row.given_by,
        row.at,
        row.withdrawn_at,
    )


def _conditions(which: ConsentFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    given_at = func.coalesce(consents.c.given_at, consents.c.at)
    if which.number is not None:
        wanted.append(consents.c.number == which.number)
    if which.source is not None:
        wanted.append(consents.c.source == which.source)
    if which.since is not None:
        wanted.append(given_at >= which.since)
    if which.until is not None:
        wanted.append(given_at < which.until)
    if which.in_force is not None:
        wanted.append(consents.c.withdrawn_at.is_(None) if which.in_force else consents.c.withdrawn_at.is_not(None))
    return wanted


def _stops(connection: Connection, account_id: int, numbers: Collection[str]) -> dict[str, datetime]:
    """Since when which of these numbers has said stop."""
    mine = (suppressions.c.account_id == account_id, suppressions.c.kind == SuppressionKind.OPT_OUT)
    these = among(connection, suppressions.c.number, list(numbers))
    query = select(suppressions.c.number, suppressions.c.at).where(*mine, these)
    return {row.number: row.at for row in connection.execute(query)} if numbers else {}


def _row(account_id: int, new: NewConsent, by: str, now: datetime) -> dict[str, Any]:
    check_consent(new, now)
    told = {
        "number": new.number,
        "notice": storable(new.notice),
        "source": storable(new.source),
        "name": storable(new.name) if new.name else None,
        "url": storable(new.url) if new.url else None,
        "ip": new.ip,
    }
    told_at = json.dumps([*told.values(), new.given_at.timestamp()])
    digest = hashlib.sha256(told_at.encode()).hexdigest()
    return {
        "account_id": account_id,
        **told,
        "kind": CONSENT,
        "given_by": storable(by),
        "given_at": new.given_at,
        "at": now,
        "digest": digest,
        "withdrawn_at": None,
    }


def check_consent(new: NewConsent, now: datetime) -> None:
    """Raise RequestRefused for what cannot be registered."""
    if not new.notice.strip() or len(new.notice) > LONGEST_NOTICE:
        message = f"Give the words that the person agreed to, in 1 to {LONGEST_NOTICE} characters."
        raise RequestRefused.because("notice", "consent_notice", message)
    if not new.source.strip() or len(new.source) > LONGEST_SOURCE:
        message = f"Say where the consent comes from in 1 to {LONGEST_SOURCE} characters, as in website."
        raise RequestRefused.because("source", "consent_source", message)
    if max(len(new.name or ""), len(new.url or "")) > LONGEST_TEXT:
        message = f"A name and an address have at most {LONGEST_TEXT} characters each."
        raise RequestRefused.because("name" if new.name else "url", "too_long", message)
    if new.given_at > now:
        raise RequestRefused.because("given_at", "in_the_future", "Say when the person agreed; that is still to come.")
