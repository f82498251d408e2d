"""Use cases of links: follow one, opt out by one, see who followed them, and let them die."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, func, select, tuple_, update

from hub.accounts.reading import account_with
from hub.contacts.model import SuppressionKind
from hub.contacts.service import opt_out, suppressed_since
from hub.contacts.tables import suppressions
from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.links.clicks import messages
from hub.links.model import OPT_OUT, Click, Clicked, Clicker, Device, Link, LinkCount, LinkKind, Origin, Visitor
from hub.links.rules import is_code, is_denied
from hub.links.tables import link_clicks, link_targets, links
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

SOURCE = "link"
"""How a suppression says that it came by a link."""
PIECE = 2000
_LEADS = and_(link_targets.c.campaign_id == links.c.campaign_id, link_targets.c.place == links.c.place)
_LINK = select(
    links.c.code,
    link_targets.c.account_id,
    links.c.campaign_id,
    links.c.position,
    links.c.place,
    links.c.number,
    link_targets.c.kind,
    link_targets.c.url,
    link_targets.c.expires_at,
).join_from(links, link_targets, _LEADS)
_BY_PEOPLE = link_clicks.c.visitor == Visitor.PERSON


@dataclass(frozen=True, slots=True)
class Links:
    """The links of texts. No link leads to a host of `denied`; `tell` hears of each opt-out once it is committed."""

    store: Store
    clock: Clock
    denied: Collection[str]
    tell: Callable[[int, str, datetime, str], None]

    # --- for those who follow them ---

    def find(self, code: str) -> Link | None:
        """The link of that code, dead or alive; in one indexed read."""
        if not is_code(code):
            return None
        with self.store.read() as connection:
            return _link(connection, code)

    def leads_nowhere(self, link: Link) -> bool:
        """Whether its time is over, or its target is denied by now."""
        over = link.kind is LinkKind.GONE or link.number is None or link.expires_at <= self.clock.now()
        return over or is_denied(link.url, self.denied)

    def origin(self, link: Link) -> Origin:
        """Whom the text of an opt-out link came from."""
        with self.store.read() as connection:
            account = account_with(connection, link.account_id)
            mine = (messages.c.campaign_id == link.campaign_id, messages.c.position == link.position)
            sender = connection.execute(select(messages.c.sender).where(*mine)).scalar_one_or_none()
            stop = (link.account_id, link.number or "", SuppressionKind.OPT_OUT)
            return Origin(account.settings.identity or account.name, sender, bool(suppressed_since(connection, *stop)))

    def opt_out(self, code: str) -> Link | None:
        """Let the person of an opt-out link be texted no more, as a STOP does; None for a link that is none, or dead.

        Once or ten times: one suppression, one event.
        """
        now = self.clock.now()
        with self.store.write("suppress") as connection:
            link = _link(connection, code, lock=True) if is_code(code) else None
            if link is None or link.kind is not LinkKind.OPT_OUT or self.leads_nowhere(link) or link.number is None:
                return None
            new = _stop(connection, link, link.number, now)
        if new:
            self.tell(link.account_id, link.number, now, link.campaign_id)
        return link

    # --- for accounts ---

    def counts(
        self,
        account_id: int,
        *,
        campaign_id: str | None = None,
        before: tuple[str, int] | None = None,
        limit: int = 100,
    ) -> tuple[LinkCount, ...]:
        """The links of an account's campaigns with their clicks, the latest campaign first, after `before`."""
        target = link_targets.c
        key = tuple_(target.campaign_id, target.place)
        mine: list[ColumnElement[bool]] = [target.account_id == account_id, target.place != OPT_OUT]
        if campaign_id is not None:
            mine.append(target.campaign_id == campaign_id)
        if before is not None:
            mine.append(key < before)
        query = select(link_targets).where(*mine).order_by(target.campaign_id.desc(), target.place.desc()).limit(limit)
        with self.store.read() as connection:
            found = connection.execute(query).all()
            return _counted(connection, found)

    def clicks(
        self,
        account_id: int,
        *,
        campaign_id: str | None = None,
        number: str | None = None,
        visitor: Visitor | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Click, ...]:
        """Visits of an account's links, the latest that was kept first, after the one `before`."""
        seen = link_clicks.c
        mine: list[ColumnElement[bool]] = [seen.account_id == account_id]
        mine += [seen.campaign_id == campaign_id] if campaign_id is not None else []
        mine += [seen.number == number] if number is not None else []
        mine += [seen.visitor == visitor] if visitor is not None else []
        mine += [seen.id < before] if before is not None else []
        leads = and_(link_targets.c.campaign_id == seen.campaign_id, link_targets.c.place == seen.place)
        query = select(link_clicks, link_targets.c.url).join_from(link_clicks, link_targets, leads).where(*mine)
        with self.store.read() as connection:
            return tuple(map(_as_click, connection.execute(query.order_by(seen.id.desc()).limit(limit))))

    def clickers(self, account_id: int, campaign_id: str, *, after: str = "", limit: int = 100) -> tuple[Clicker, ...]:
        """The people who followed links of a campaign, by number, after `after`."""
        seen = link_clicks.c
        mine = (seen.account_id == account_id, seen.campaign_id == campaign_id, _BY_PEOPLE, seen.number > after)
        query = select(seen.number, func.count(), func.min(seen.at), func.max(seen.at)).where(*mine)
        with self.store.read() as connection:
            rows = connection.execute(query.group_by(seen.number).order_by(seen.number).limit(limit))
            return tuple(Clicker(*row) for row in rows)

    def clicked(self, account_id: int, campaign_id: str) -> Clicked:
        """What a campaign's report says of its links."""
        seen = link_clicks.c
        mine = (seen.account_id == account_id, seen.campaign_id == campaign_id, _BY_PEOPLE)
        stopped = (
            suppressions.c.account_id == account_id,
            suppressions.c.campaign_id == campaign_id,
            suppressions.c.source == SOURCE,
        )
        with self.store.read() as connection:
            clicks, people = connection.execute(
                select(func.count(), func.count(seen.number.distinct())).where(*mine)
            ).one()
            opt_outs = connection.execute(select(func.count()).select_from(suppressions).where(*stopped)).scalar_one()
        return Clicked(clicks, people, opt_outs)

    # --- for the operator, and periodic ---

    def end(self, code: str) -> Link | None:
        """Let every link of a link's campaign lead nowhere from now on; None for no link.

        But those to opt out: whoever has such a text can say no by nothing else.
        """
        now = self.clock.now()
        with self.store.write("forget_links") as connection:
            link = _link(connection, code) if is_code(code) else None
            if link is None:
                return None
            target = link_targets.c
            these = (target.campaign_id == link.campaign_id, target.place != OPT_OUT, target.expires_at > now)
            connection.execute(update(link_targets).where(*these).values(expires_at=now))
            return _link(connection, code)

    def forget_dead(self) -> int:
        """Forget who had links whose time is over, and who followed them; how many rows. Their codes stay taken."""
        changed = 0
        while some := self._forget_some():
            changed += some
        return changed

    def _forget_some(self) -> int:
        dead = (link_targets.c.kind != LinkKind.GONE, link_targets.c.expires_at <= self.clock.now())
        with self.store.write("forget_links") as connection:
            query = select(link_targets.c.campaign_id, link_targets.c.place).where(*dead)
            target = connection.execute(query.order_by(link_targets.c.expires_at).limit(1)).first()
            return _forget(connection, target.campaign_id, target.place) if target else 0


def _forget(connection: Connection, campaign_id: str, place: int) -> int:
    """Forget a piece of what is known of the links of one place."""
    seen = (link_clicks.c.campaign_id == campaign_id, link_clicks.c.place == place)
    old = select(link_clicks.c.id).where(*seen).limit(PIECE)
    dropped = connection.execute(delete(link_clicks).where(link_clicks.c.id.in_(old))).rowcount
    known = (links.c.campaign_id == campaign_id, links.c.place == place, links.c.number.is_not(None))
    some = select(links.c.code).where(*known).limit(PIECE)
    stripped = connection.execute(update(links).where(links.c.code.in_(some)).values(number=None)).rowcount
    if dropped < PIECE and stripped < PIECE:
        this = (link_targets.c.campaign_id == campaign_id, link_targets.c.place == place)
        connection.execute(update(link_targets).where(*this).values(kind=LinkKind.GONE, url=""))
    return dropped + stripped + 1


def _stop(connection: Connection, link: Link, number: str, now: datetime) -> bool:
    row = {
        "account_id": link.account_id,
        "number": number,
        "kind": SuppressionKind.OPT_OUT,
        "at": now,
        "source": SOURCE,
        "note": "The person pressed the button of the opt-out link.",
        "text": None,
        "campaign_id": link.campaign_id,
    }
    if not opt_out(connection, [row]):
        return False
    data = {"number": number, "inbound_id": None, "campaign_id": link.campaign_id}
    record(connection, [Fact(link.account_id, EventType.CONTACT_OPTED_OUT, data, now)])
    return True


def _link(connection: Connection, code: str, *, lock: bool = False) -> Link | None:
    """The link of that code; under a lock, two presses of one button take turns."""
    query = _LINK.where(links.c.code == code)
    row = connection.execute(query.with_for_update(of=links) if lock else query).first()
    if row is None:
        return None
    kind = LinkKind(row.kind)
    return Link(
        row.code,
        row.account_id,
        row.campaign_id,
        row.position,
        row.place,
        row.number,
        kind,
        row.url,
        row.expires_at,
    )


def _counted(connection: Connection, targets: Sequence[AnyRow]) -> tuple[LinkCount, ...]:
    """The figures of a page of links, in two statements."""
    if not targets:
        return ()
    ids = sorted({one.campaign_id for one in targets})
    seen, person = link_clicks.c, case((_BY_PEOPLE, link_clicks.c.number))
    asked = select(seen.campaign_id, seen.place, func.count(), func.count(person), func.count(person.distinct()))
    found = asked.where(among(connection, seen.campaign_id, ids)).group_by(seen.campaign_id, seen.place)
    visits = {(row[0], row[1]): row[2:] for row in connection.execute(found)}
    having = select(links.c.campaign_id, links.c.place, func.count()).where(among(connection, links.c.campaign_id, ids))
    grouped = connection.execute(having.group_by(links.c.campaign_id, links.c.place))
    recipients = {(row[0], row[1]): row[2] for row in grouped}

    def count(one: AnyRow) -> LinkCount:
        key = (one.campaign_id, one.place)
        all_, clicks, people = visits.get(key, (0, 0, 0))
        return LinkCount(*key, one.url, recipients.get(key, 0), clicks, people, all_ - clicks, one.expires_at)

    return tuple(map(count, targets))


def _as_click(row: Any) -> Click:
    device = Device(row.brand, row.model, row.system, row.browser)
    return Click(
        row.id,
        row.public_id,
        row.campaign_id,
        row.place,
        row.number,
        row.url,
        row.at,
        Visitor(row.visitor),
        row.rule,
        device,
    )
