"""Put off a campaign of which nothing has left, or bring it forward: its lawful hours are worked out anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select, update

from hub.accounts.reading import account_with
from hub.compliance.model import Purpose
from hub.errors import Conflict, Fault, NotFound, RequestRefused
from hub.messages.expand import terms_of
from hub.messages.faults import time_faults
from hub.messages.model import CampaignState, Deferral, MessageState
from hub.messages.planning import plan_country
from hub.messages.summary import Summary
from hub.messages.tables import campaigns, messages
from hub.messages.views import campaign_of
from hub.sms.zones import zones_of
from hub.store.bulk import fetch, in_batches, update_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.accept import Intake
    from hub.messages.model import CampaignView
    from hub.messages.planning import CountryPlan, Terms
    from hub.store.bulk import AnyRow

_STILL_HERE = (MessageState.PENDING, MessageState.HELD)
_SETTLED_HERE = (*_STILL_HERE, MessageState.BLOCKED)
"""States of messages that no worker has taken."""
_MOVABLE = (CampaignState.EXPANDING, CampaignState.HELD, CampaignState.ACCEPTED)
_AT_ONCE = 1000
_GONE = "Some of this campaign has left, or is leaving now: its time cannot be changed any more."


@dataclass(frozen=True, slots=True)
class Rescheduler:
    """Changes when campaigns leave; `ring` says that a route may have something due."""

    intake: Intake
    ring: Callable[[str], None]

    def reschedule(
        self, account_id: int, campaign_id: str, send_at: datetime | None, check: Callable[[CampaignView], None]
    ) -> CampaignView:
        """Let a campaign leave at `send_at` (aware), None for now; all of it or nothing.

        `check` sees what stands there, under a lock. Raises NotFound, Conflict when something of it has left or was
        cancelled, RequestRefused for a time that is no good, and what `check` raises.
        """
        intake = self.intake
        now = intake.clock.now()
        if faults := time_faults(send_at, now, intake.limits):
            raise RequestRefused(faults[0].message, faults=faults)
        with intake.store.write("reschedule") as connection:
            row = _lock(connection, account_id, campaign_id)
            check(campaign_of(connection, account_id, campaign_id))
            _require_all_here(connection, row)
            terms = terms_of(intake, account_with(connection, account_id), row, now)
            terms = replace(terms, wanted_at=max(now, send_at or now).astimezone(UTC))
            _move(connection, terms)
            _require_all_here(connection, row)  # a worker may have taken some in between
            _note(connection, row, terms, send_at)
            routes = _routes(connection, row.id)
            moved = campaign_of(connection, account_id, campaign_id)
        for route in routes:
            self.ring(route)
        return moved


def _lock(connection: Connection, account_id: int, campaign_id: str) -> AnyRow:
    """The campaign, before its messages, as whoever cancels or expands it takes it."""
    mine = (campaigns.c.id == storable(campaign_id), campaigns.c.account_id == account_id)
    row = connection.execute(select(campaigns).where(*mine).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id!r}.")
    return row


def _require_all_here(connection: Connection, row: AnyRow) -> None:
    if row.state not in _MOVABLE:
        raise Conflict(f"This campaign is {row.state}: nothing of it waits to leave.", code="already_sent")
    left = exists().where(messages.c.campaign_id == row.id, messages.c.state.not_in(_SETTLED_HERE))
    if connection.execute(select(left)).scalar_one():
        raise Conflict(_GONE, code="already_sent")


def _move(connection: Connection, terms: Terms) -> None:
    here = (messages.c.campaign_id == terms.campaign_id, messages.c.state.in_(_STILL_HERE))
    for country in list(connection.execute(select(messages.c.country).where(*here).distinct()).scalars()):
        policy = terms.policies.get(country)
        if policy is None or policy.timezones or terms.purpose is Purpose.ALERT:
            plan = _plan(terms, country, ())
            times = {"due_at": plan.due_at, "expires_at": plan.expires_at}
            connection.execute(update(messages).where(*here, messages.c.country == country).values(**times))
        else:
            rows = fetch(
                connection, select(messages.c.id, messages.c.recipient).where(*here, messages.c.country == country)
            )
            _move_each(connection, terms, country, rows)


def _move_each(connection: Connection, terms: Terms, country: str, rows: Sequence[AnyRow]) -> None:
    """Where the hour depends on the number, as in the Americas."""
    plans: dict[tuple[str, ...], CountryPlan] = {}
    changes = []
    for row in rows:
        zones = tuple(zones_of(row.recipient))
        plan = plans.get(zones)
        if plan is None:
            plan = plans[zones] = _plan(terms, country, zones)
        changes.append({"id": row.id, "due_at": plan.due_at, "expires_at": plan.expires_at})
    still = (messages.c.state.in_(_STILL_HERE),)
    for some in in_batches(changes, _AT_ONCE):
        update_rows(connection, messages, messages.c.id, some, only=still)


def _plan(terms: Terms, country: str, zones: Sequence[str]) -> CountryPlan:
    plan = plan_country(terms, country, terms.policies.get(country), zones)
    if plan.violation:
        said = plan.violation
        raise RequestRefused(said.message, faults=[Fault("send_at", said.code, said.message)])
    return plan


def _note(connection: Connection, row: AnyRow, terms: Terms, send_at: datetime | None) -> None:
    """Say in the campaign when it leaves, and what of it waits until when."""
    waits = (
        messages.c.campaign_id == row.id,
        messages.c.state.in_(_STILL_HERE),
        messages.c.due_at > terms.wanted_at,
    )
    query = select(messages.c.country, func.count(), messages.c.due_at).where(*waits)
    grouped = query.group_by(messages.c.country, messages.c.due_at).order_by(messages.c.due_at, messages.c.country)
    deferrals = tuple(Deferral(country, count, until) for country, count, until in connection.execute(grouped))
    summary = replace(Summary.of_row(row), deferred=sum(one.count for one in deferrals), deferrals=deferrals)
    kept = {"send_at": send_at, **summary.columns()}
    connection.execute(update(campaigns).where(campaigns.c.id == row.id).values(**kept))


def _routes(connection: Connection, campaign_id: str) -> list[str]:
    query = select(messages.c.route).where(messages.c.campaign_id == campaign_id, messages.c.route.is_not(None))
    return sorted(connection.execute(query.distinct()).scalars())
