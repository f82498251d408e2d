"""Who must not be texted: /blacklist for who said stop, /npai for numbers that are nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from hub import NotFound, Proof, SuppressionFilter, SuppressionKind
from hub.plugin_kit import among, fetch, storable, upsert_rows
from hub_smsfactor_api.contacts import INFOS, brought_by, window_of
from hub_smsfactor_api.numbers import bare, contact_id, read_contact_id
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.tables import infos
from hub_smsfactor_api.texting import SOURCE
from hub_smsfactor_api.tickets import Tickets
from hub_smsfactor_api.times import written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hub import Hub, NewContact, Suppression
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

LONGEST_INFO = 1000
_PLACES: Mapping[SuppressionKind, int] = {SuppressionKind.OPT_OUT: 0xFFFFFFF0, SuppressionKind.UNALLOCATED: 0xFFFFFFF1}
"""What stands in an entry's id where a contact's names its list: no list has so high an id."""
_BY_HAND = frozenset({SOURCE, "api", "file", "hand", "import", "console", "npai"})
"""Where entries come from that the account made itself; any other is a person's own word."""


def show_blacklist(asked: Asked) -> Reply:
    """GET /blacklist."""
    return _show(asked, SuppressionKind.OPT_OUT)


def show_npai(asked: Asked) -> Reply:
    """GET /npai."""
    return _show(asked, SuppressionKind.UNALLOCATED)


def add_to_blacklist(asked: Asked) -> Reply:
    """POST /blacklist."""
    return _add(asked, "blacklist", SuppressionKind.OPT_OUT)


def add_to_npai(asked: Asked) -> Reply:
    """POST /npai."""
    return _add(asked, "npai", SuppressionKind.UNALLOCATED)


def delete_entry(asked: Asked) -> Reply:
    """DELETE /blacklist/contact/:id, of what the account put there itself: a person's stop is theirs to take back."""
    place, number = read_contact_id(asked.ids[0])
    kind = next((one for one, mark in _PLACES.items() if mark == place), None)
    found = [one for one in asked.hub.rooms.suppressions.of(asked.account.id, number) if one.kind is kind]
    if kind is None or not found:
        raise Refused(Status.NOT_FOUND, "There is no entry of that id.")
    if found[0].text is not None or found[0].source not in _BY_HAND:
        raise Refused(
            Status.DATA,
            "This person asked for no more texts: only a proof that they agreed again takes that back, which the hub's "
            "own API asks for (DELETE /api/v1/suppressions).",
        )
    proof = Proof("Taken off the blacklist by who put it there.", SOURCE, asked.guest.name)
    try:
        asked.hub.rooms.suppressions.remove(asked.account.id, number, kind, proof)
    except NotFound:
        raise Refused(Status.NOT_FOUND, "There is no entry of that id.") from None
    _forget_infos(asked.hub, asked.account.id, kind, number)
    return Reply()


def _add(asked: Asked, wrapping: str, kind: SuppressionKind) -> Reply:
    """Put numbers on a list; the reply counts what was given, new or not."""
    brought = brought_by(asked.body.inner(wrapping), asked.account.country)
    if not brought.contacts and not brought.invalid:
        raise Refused(Status.DATA, "contacts is missing: name at least one number.")
    numbers = [one.number for one in brought.contacts]
    asked.hub.rooms.suppressions.add_many(asked.account.id, numbers, kind, source=SOURCE)
    _keep_infos(asked.hub, asked.account.id, kind, brought.contacts)
    return Reply({"added_contacts": brought.given})


def _show(asked: Asked, kind: SuppressionKind) -> Reply:
    every = asked.hub.rooms.suppressions.every(asked.account.id, SuppressionFilter((kind,)))
    rows, count = window_of(asked.wishes).of(every)
    said = _infos(asked.hub, asked.account.id, kind, [one.number for one in rows])
    campaigns = {one.campaign_id for one in rows if one.campaign_id}
    tickets = Tickets(asked.hub).of_campaigns(asked.account.id, campaigns)
    shown = [
        _entry(one, said.get(one.number, {}), tickets[one.campaign_id].number if one.campaign_id else None)
        for one in rows
    ]
    return Reply({"list": shown, "totalRecords": count, "totalDisplayRecords": count})


def _entry(one: Suppression, said: Mapping[str, str | None], ticket: str | None) -> dict[str, Value]:
    return {
        "id": contact_id(_PLACES[one.kind], one.number),
        "destination": bare(one.number),
        "date": written(one.at),
        **{name: said.get(name) for name in INFOS},
        "user_information": [],
        "campaign_id": None if ticket is None else int(ticket),
        "batch_id": None,
    }


def _keep_infos(hub: Hub, account_id: int, kind: SuppressionKind, contacts: Sequence[NewContact]) -> None:
    by_number = {one.number: one for one in contacts if any(getattr(one, name) for name in INFOS)}
    rows = [
        {
            "account_id": account_id,
            "kind": kind,
            "number": one.number,
            **{name: _storable(getattr(one, name)) for name in INFOS},
        }
        for one in by_number.values()
    ]
    if rows:
        with hub.write() as connection:
            upsert_rows(connection, infos, rows)


def _storable(said: str | None) -> str | None:
    return None if said is None else storable(said, LONGEST_INFO)


def _forget_infos(hub: Hub, account_id: int, kind: SuppressionKind, number: str) -> None:
    mine = (infos.c.account_id == account_id, infos.c.kind == kind, infos.c.number == number)
    with hub.write() as connection:
        connection.execute(delete(infos).where(*mine))


def _infos(
    hub: Hub, account_id: int, kind: SuppressionKind, numbers: Collection[str]
) -> dict[str, dict[str, str | None]]:
    if not numbers:
        return {}
    mine = (infos.c.account_id == account_id, infos.c.kind == kind)
    with hub.read() as connection:
        rows = fetch(connection, select(infos).where(*mine, among(connection, infos.c.number, list(numbers))))
    return {row.number: {name: getattr(row, name) for name in INFOS} for row in rows}
