"""Send what waits: claim some mails, hand them to the relay over one connection, record each answer.

A mail is recorded as sent after the relay has said yes to it. A crash in between sends it again, under the same
Message-ID: it may come twice, it is never lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import bindparam, or_, select, text, update

from hub.failpoints import failpoint
from hub.ids import new_id
from hub.mailing.composing import Envelope, compose, wire_address
from hub.mailing.model import MailState, OutgoingMail
from hub.mailing.relay import NotTaken, RelayAway
from hub.mailing.rules import TOO_OLD, is_given_up, message_id_of, next_try
from hub.mailing.tables import outgoing_mails as table
from hub.store.bulk import among
from hub.store.storable import storable
from hub.switches import Way, is_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from hub.clock import Clock
    from hub.mailing.relay import Line, Relay
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

AT_ONCE = 20
"""Mails that are claimed together, and share a connection."""
LEASE = timedelta(minutes=15)
STOP_SENDING_AFTER = LEASE / 2
"""A relay that is slow keeps no mail beyond its lease: what is left by then is given back."""

log = structlog.get_logger(__name__)


def _never() -> bool:
    return False


def _nowhere(_: int, __: str, ___: str | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Postman:
    """Sends mail. `answers_to` makes the address where answers to a person go, from account, number and sender."""

    store: Store
    clock: Clock
    relay: Relay
    domain: str
    answers_to: Callable[[int, str, str | None], str | None] = _nowhere

    @property
    def own_address(self) -> str:
        """Where notices come from, and failures go back to."""
        return self.relay.settings.from_address or f"hub@{self.domain}"

    def has_due(self) -> bool:
        """Whether a mail should be on its way; without a relay, or while what goes out is paused, none should."""
        if not self.relay.is_configured:
            return False
        with self.store.read() as connection:
            due = connection.execute(_DUE.limit(1), _span(self.clock.now())).first()
            return due is not None and not is_paused(connection, Way.OUT)

    def send_due(self, stop: Callable[[], bool] = _never) -> int:
        """Send what is due, as long as there is something and nobody says `stop`; how many the relay took."""
        sent = 0
        while self.relay.is_configured and not stop():
            owner, rows = self._claim()
            if not rows:
                break
            sent += self._send_all(owner, rows, stop)
        return sent

    def _claim(self) -> tuple[str, Sequence[AnyRow]]:
        now = self.clock.now()
        owner = new_id(now)
        with self.store.write("claim_mails") as connection:
            if is_paused(connection, Way.OUT):
                return owner, ()
            rows = connection.execute(_DUE.limit(AT_ONCE).with_for_update(skip_locked=True), _span(now)).all()
            if rows:
                mine = update(table).where(among(connection, table.c.id, [row.id for row in rows]))
                claimed = mine.values(owner=owner, lease_until=now + LEASE, tries=table.c.tries + 1)
                connection.execute(claimed)
        return owner, rows

    def _send_all(self, owner: str, rows: Sequence[AnyRow], stop: Callable[[], bool]) -> int:
        sent, left = 0, list(rows)
        until = self.clock.now() + STOP_SENDING_AFTER
        try:
            while left and not stop() and self.clock.now() < until:
                with self.relay.connection() as line:
                    sent += self._send_over(line, owner, left, lambda: stop() or self.clock.now() >= until)
        except RelayAway as error:
            log.warning("mail_relay_away", error=str(error), mails=len(left))
            self._record(owner, {row.id: self._again(row, str(error)) for row in left})
            return sent
        if left:
            self._give_back(owner, left)
        return sent

    def _send_over(self, line: Line, owner: str, left: list[AnyRow], stop: Callable[[], bool]) -> int:
        """Send mails until there are none, or the connection ends; what was dealt with is taken off the list."""
        sent = 0
        while left and not stop():
            row = left.pop(0)
            values, closing = self._send(line, row)
            self._record(owner, {row.id: values})
            sent += values["state"] is MailState.SENT
            if closing:
                break
        return sent

    def _send(self, line: Line, row: AnyRow) -> tuple[dict[str, Any], bool]:
        """Hand one mail over: what to record of it, and whether the connection is at its end."""
        message_id = row.message_id or message_id_of(row.id, row.kind, row.key, self.domain)
        if is_given_up(row.tries):
            return _over("Each try ended in a crash of the hub.", message_id), False
        try:
            mail = read_mail(row.mail)
            made = compose(mail, self._envelope(mail, message_id))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one mail keeps no other from leaving
            return _over(f"It cannot be written: {error}", message_id), False
        failpoint("smtp.before_mail")
        try:
            line.send(made, sender=self.own_address, to=wire_address(mail.to))
        except NotTaken as no:
            log.warning("mail_not_taken", mail=row.id, kind=row.kind, final=no.final)
            values = _over(str(no), message_id) if no.final else self._again(row, str(no), message_id)
            return values, no.closing
        failpoint("smtp.after_mail")
        log.info("mail_sent", mail=row.id, kind=row.kind, account=row.account_id)
        done = {"state": MailState.SENT, "sent_at": self.clock.now(), "fault": None, "message_id": message_id}
        return done, False

    def _envelope(self, mail: OutgoingMail, message_id: str) -> Envelope:
        own = mail.from_address or self.own_address
        reply_to = mail.reply_to
        if mail.person:
            reply_to = reply_to or self.answers_to(mail.account_id, mail.person, mail.sender)
            own = f"{mail.person.lstrip('+')}@{self.domain}"
        return Envelope(own, mail.from_name or "", reply_to, message_id, self.clock.now())

    def _again(self, row: AnyRow, fault: str, message_id: str | None = None) -> dict[str, Any]:
        """When to try once more; never again when it was tried for two days."""
        pause = next_try(row.tries + 1)
        if pause is None:
            return _over(fault, message_id)
        due_at = self.clock.now() + pause
        return {"state": MailState.WAITING, "fault": storable(fault), "due_at": due_at, **_named(message_id)}

    def _record(self, owner: str, outcomes: Mapping[int, dict[str, Any]]) -> None:
        """Record what became of mails, each of which must still be ours."""
        with self.store.write("mail_outcome") as connection:
            for mail_id, values in outcomes.items():
                mine = update(table).where(table.c.id == mail_id, table.c.owner == owner)
                connection.execute(mine.values(owner=None, lease_until=None, **values))

    def _give_back(self, owner: str, rows: Sequence[AnyRow]) -> None:
        """Let others have mails that were not tried."""
        with self.store.write("give_back_mails") as connection:
            mine = update(table).where(among(connection, table.c.id, [row.id for row in rows]), table.c.owner == owner)
            connection.execute(mine.values(owner=None, lease_until=None, tries=table.c.tries - 1))


def read_mail(stored: str) -> OutgoingMail:
    """A mail as it was kept; what a newer hub wrote beside it is passed over."""
    known = {one.name for one in fields(OutgoingMail)}
    content = {name: value for name, value in json.loads(stored).items() if name in known}
    return OutgoingMail(**content | {"references": tuple(content.get("references") or ())})


def _over(fault: str, message_id: str | None) -> dict[str, Any]:
    return {"state": MailState.FAILED, "fault": storable(fault), **_named(message_id)}


def _span(now: datetime) -> dict[str, datetime]:
    """What is due by now; what should have left a week ago does not."""
    return {"now": now, "since": now - TOO_OLD}


def _named(message_id: str | None) -> dict[str, str]:
    return {"message_id": message_id} if message_id else {}


# The state is written out, not bound: only then does either database use the partial index made for it.
_DUE = (
    select(table)
    .where(
        text("state = 'waiting'"),
        table.c.due_at.between(bindparam("since"), bindparam("now")),
        or_(table.c.lease_until.is_(None), table.c.lease_until <= bindparam("now")),
    )
    .order_by(table.c.due_at, table.c.id)
)
