"""Expand a large campaign chunk by chunk, each chunk in a transaction of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hub.compliance.model import OutsideWindow, Purpose, Violation
from hub.errors import NotEnoughCredits
from hub.links.rules import PLACEHOLDER
from hub.links.storing import new_code, targets_of
from hub.messages import writing
from hub.messages.accept import candidates_of
from hub.messages.guarding import tell_hold
from hub.messages.model import CampaignState
from hub.messages.planning import Candidate, Planner, Terms
from hub.messages.routing import names_of
from hub.messages.sources import grows, move_on, next_source, page_of, still_there
from hub.messages.summary import Summary
from hub.messages.tables import campaign_chunks as chunks
from hub.messages.tables import campaign_numbers, campaigns
from hub.messages.verdicts import plan_all
from hub.messages.views import acceptance_of
from hub.sms.model import EncodingMode, NumberRefusal
from hub.store.bulk import insert_returning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.messages.accept import Intake
    from hub.messages.guarding import Looked
    from hub.messages.model import Recipient
    from hub.messages.planning import PlannedMessage
    from hub.store.bulk import AnyRow

_NO_CREDIT = Violation("insufficient_credit", "The account's credits did not reach this far down the list.")


@dataclass(frozen=True, slots=True)
class Expander:
    """Turns stored chunks of recipients into messages."""

    intake: Intake

    def expand_next(self) -> bool:
        """Expand the oldest chunk there is, else the next page of a list; False when there is none."""
        with self.intake.store.read() as connection:
            part = _next_chunk(connection) or _next_page(connection, self.intake.limits.chunk)
            if part is None:
                return False
            campaign = connection.execute(select(campaigns).where(campaigns.c.id == part.campaign_id)).one()
            links = targets_of(connection, campaign.id) if PLACEHOLDER in campaign.text else ()
        self._expand(part, campaign, links)
        return True

    def _expand(self, part: _Part, campaign: AnyRow, links: tuple[str, ...]) -> None:
        intake, now = self.intake, self.intake.clock.now()
        account = intake.accounts.get(campaign.account_id)
        candidates, repeated = candidates_of(part.recipients, account.country, first=part.first_position)
        planner = Planner(replace(terms_of(intake, account, campaign, now), links=links), new_code)
        planned: Sequence[PlannedMessage] = plan_all(intake.store, planner, candidates, intake.plugins)
        summary, rows = Summary.of(planner, planned, repeated), writing.rows_of(planner.terms, planned)
        with intake.store.write("expand") as connection:
            locked = _lock(connection, campaign.id)
            if locked.send_at != campaign.send_at or not part.take(connection):
                return  # it was put off meanwhile, another worker had it, or it was cancelled
            fresh = _first_seen(connection, campaign.id, planned, candidates)
            looked = intake.guard.look(connection, account, planner.terms, fresh, now, locked)
            going = _within_credits(connection, planner.terms, looked.planned, now)
            if going is not planned:  # some stood further up the list, were texted too often, or cannot be paid
                summary = Summary.of(planner, going, repeated + len(planned) - len(fresh))
                rows = writing.rows_of(planner.terms, going)
            writing.insert_links(connection, planner.terms, going, rows)
            writing.insert_messages(connection, rows)
            finished = _add_up(connection, locked, summary)
            intake.guard.keep(connection, account, planner.terms, replace(looked, planned=going), now)
        self._announce(account, campaign.id, looked, writing.routes_of(rows), finished=finished)

    def _announce(
        self, account: Account, campaign_id: str, looked: Looked, routes: set[str], *, finished: bool
    ) -> None:
        routes = set() if looked.hold else routes
        if not (finished or routes or looked.is_new):
            return
        with self.intake.store.read() as connection:
            acceptance = acceptance_of(connection, campaign_id)
        tell_hold(account, acceptance, looked)
        if finished or routes:
            self.intake.announce(account, acceptance, routes)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some recipients of a campaign; `take` says in a transaction that they are taken: False when somebody has."""

    campaign_id: str
    first_position: int
    recipients: Sequence[Recipient]
    take: Callable[[Connection], bool]


def _next_chunk(connection: Connection) -> _Part | None:
    query = select(chunks).order_by(chunks.c.campaign_id, chunks.c.first_position).limit(1)
    chunk = connection.execute(query).first()
    if chunk is None:
        return None
    if chunk.list_id is None:
        recipients: Sequence[Recipient] = writing.recipients_in(chunk.recipients)
    else:
        owner = _owner_of(connection, chunk.campaign_id)
        recipients = still_there(connection, owner, chunk.list_id, json.loads(chunk.recipients))
    return _Part(chunk.campaign_id, chunk.first_position, recipients, partial(_take, chunk=chunk))


def _next_page(connection: Connection, size: int) -> _Part | None:
    source = next_source(connection)
    if source is None:
        return None
    page = page_of(connection, _owner_of(connection, source.campaign_id), source.source_id, source.cursor, size)
    take = partial(move_on, source=source, page=page)
    return _Part(source.campaign_id, source.next_position, page.recipients, take)


def _owner_of(connection: Connection, campaign_id: str) -> int:
    owner = select(campaigns.c.account_id).where(campaigns.c.id == campaign_id)
    return int(connection.execute(owner).scalar_one())


def _lock(connection: Connection, campaign_id: str) -> AnyRow:
    """The campaign, before anything of it is touched: cancelling takes the same things in the same order."""
    return connection.execute(select(campaigns).where(campaigns.c.id == campaign_id).with_for_update()).one()


def _take(connection: Connection, chunk: AnyRow) -> bool:
    mine = (chunks.c.campaign_id == chunk.campaign_id) & (chunks.c.first_position == chunk.first_position)
    return connection.execute(delete(chunks).where(mine)).rowcount == 1


def _first_seen(
    connection: Connection, campaign_id: str, planned: Sequence[PlannedMessage], candidates: Sequence[Candidate]
) -> Sequence[PlannedMessage]:
    """Without those whose number an earlier chunk had already; what is no number cannot come twice."""
    numbers = [one.number.e164 for one in candidates if not isinstance(one.number, NumberRefusal)]
    rows = [{"campaign_id": campaign_id, "number": number} for number in numbers]
    known = set(numbers) - set(insert_returning(connection, campaign_numbers, rows, campaign_numbers.c.number))
    return [one for one in planned if one.recipient not in known] if known else planned


def _within_credits(
    connection: Connection, terms: Terms, planned: Sequence[PlannedMessage], now: datetime
) -> Sequence[PlannedMessage]:
    try:
        writing.reserve(connection, terms, planned, now)
    except NotEnoughCredits as error:
        planned = cut_off(planned, error.available)
        writing.reserve(connection, terms, planned, now)
    return planned


def cut_off(planned: Sequence[PlannedMessage], credits_left: int) -> list[PlannedMessage]:
    """Block what cannot be paid any more, from the first on."""
    kept = []
    for message in planned:
        pays = message.segments <= credits_left
        credits_left -= message.segments if pays else 0
        kept.append(message if pays else replace(message, violation=_NO_CREDIT))
    return kept


def _add_up(connection: Connection, campaign: AnyRow, part: Summary) -> bool:
    whole = Summary.of_row(campaign).plus(part)
    left = connection.execute(select(grows(campaign.id))).scalar_one()
    if not left:
        connection.execute(delete(campaign_numbers).where(campaign_numbers.c.campaign_id == campaign.id))
    state = CampaignState.EXPANDING if left else CampaignState.ACCEPTED
    connection.execute(update(campaigns).where(campaigns.c.id == campaign.id).values(state=state, **whole.columns()))
    return not left


def terms_of(intake: Intake, account: Account, campaign: AnyRow, now: datetime) -> Terms:
    """What a stored campaign is planned on."""
    return Terms(
        account_id=campaign.account_id,
        campaign_id=campaign.id,
        source=campaign.source,
        purpose=Purpose(campaign.purpose),
        text=campaign.text,
        sender=campaign.sender,
        wanted_at=max(now, campaign.send_at or now).astimezone(UTC),
        outside_window=OutsideWindow(campaign.outside_window),
        encoding=EncodingMode(campaign.encoding),
        field_names=frozenset(Summary.of_row(campaign).field_names),
        policies=intake.policies,
        routes=intake.routes,
        limits=intake.limits,
        countries=account.countries,
        account=names_of(account.id, account.name),
        draws_on=account.draws_on,
        wellness=intake.wellness(),
        require_consent=campaign.require_consent,
    )
