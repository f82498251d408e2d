"""The numbers by which clients know campaigns, and their own names for recipients."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from hub.plugin_kit import among, fetch, insert_new, insert_returning, insert_rows, storable
from hub_smsfactor_api.numbers import read_id
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.tables import references, tickets, unsent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from hub import Hub

BEFORE_FIRST = 1000
"""The first campaign's ticket is the one after."""
SIMULATED = "1"
"""The ticket of a simulation: no campaign ever has it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A campaign's number. `kept` has its `lists`; without a campaign, what is reported of a request to nobody."""

    number: str
    campaign_id: str | None
    kept: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of accounts on a hub. Any campaign of an account has one from when it is first asked for."""

    hub: Hub

    def begin(self, account_id: int, campaign_id: str, named: Mapping[str, str], lists: Collection[int] = ()) -> int:
        """Keep a campaign's ticket, the client's names of its recipients (E.164) and its lists; the ticket's row's id.

        Before it is accepted: a process that dies in between leaves a ticket of nothing, and no campaign without names.
        """
        row = {
            "account_id": account_id,
            "campaign_id": campaign_id,
            "created_at": self.hub.clock.now(),
            "kept": json.dumps({"lists": list(lists)}) if lists else None,
        }
        with self.hub.write() as connection:
            (ticket_id,) = insert_returning(connection, tickets, [row], tickets.c.id)
            mine = {"ticket_id": ticket_id, "account_id": account_id, "campaign_id": campaign_id}
            rows = [{**mine, "number": number, "reference": storable(name)} for number, name in named.items()]
            insert_rows(connection, references, rows)
        return int(ticket_id)

    def keep(self, account_id: int, ticket_id: int, report: Mapping[str, Any], number: str | None) -> str:
        """Keep what is reported of a request that texted nobody, and to whom alone (E.164) it was; its number."""
        row = {
            "ticket_id": ticket_id,
            "account_id": account_id,
            "number": number,
            "made_at": self.hub.clock.now(),
            "report": json.dumps(dict(report)),
        }
        with self.hub.write() as connection:
            connection.execute(update(tickets).where(tickets.c.id == ticket_id).values(campaign_id=None, kept=None))
            insert_rows(connection, unsent, [row])
            connection.execute(delete(references).where(references.c.ticket_id == ticket_id))
        return ticket_number(ticket_id)

    def drop(self, ticket_id: int) -> None:
        """Forget a ticket whose request was refused."""
        with self.hub.write() as connection:
            connection.execute(delete(references).where(references.c.ticket_id == ticket_id))
            connection.execute(delete(tickets).where(tickets.c.id == ticket_id))

    def get(self, account_id: int, said: str) -> Ticket:
        """The ticket of an account; raises Refused (-5) for one that is nobody's, or somebody else's."""
        ticket_id = read_id(said, "campaign") - BEFORE_FIRST
        mine = (tickets.c.id == ticket_id, tickets.c.account_id == account_id)
        with self.hub.read() as connection:
            row = connection.execute(select(tickets).where(*mine)).first()
            report = connection.execute(select(unsent.c.report).where(unsent.c.ticket_id == ticket_id)).scalar()
        if row is None or (row.campaign_id is None and report is None):
            raise Refused(Status.NOT_FOUND, "There is no campaign of that id.")
        return _ticket(row, report)

    def of_campaigns(self, account_id: int, campaign_ids: Collection[str]) -> dict[str, Ticket]:
        """The tickets of an account's campaigns by their ids; whichever has none gets one."""
        wanted = sorted(set(campaign_ids))
        with self.hub.read() as connection:
            known = _known(connection, wanted)
        if missing := [one for one in wanted if one not in known]:
            now = self.hub.clock.now()
            rows = [{"account_id": account_id, "campaign_id": one, "created_at": now} for one in missing]
            with self.hub.write() as connection:
                insert_new(connection, tickets, rows)
                known |= _known(connection, missing)
        return known

    def references(self, campaign_id: str, numbers: Collection[str]) -> dict[str, str]:
        """What a client calls these recipients (E.164) of a campaign; those without a name are not there."""
        if not numbers:
            return {}
        with self.hub.read() as connection:
            theirs = among(connection, references.c.number, sorted(set(numbers)))
            rows = fetch(connection, select(references).where(references.c.campaign_id == campaign_id, theirs))
        return {row.number: row.reference for row in rows}


def _known(connection: Connection, campaign_ids: Collection[str]) -> dict[str, Ticket]:
    if not campaign_ids:
        return {}
    these = among(connection, tickets.c.campaign_id, list(campaign_ids))
    return {row.campaign_id: _ticket(row) for row in connection.execute(select(tickets).where(these))}


def _ticket(row: Row[Any], report: str | None = None) -> Ticket:
    kept = json.loads(report or row.kept or "{}")
    return Ticket(ticket_number(row.id), row.campaign_id, kept, row.created_at)


def ticket_number(ticket_id: int) -> str:
    """What a client is told of the ticket in a row of that id."""
    return str(ticket_id + BEFORE_FIRST)
