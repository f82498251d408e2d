"""`hub segments`: the saved rules that say who of a list is meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hub.cli.shared import Session, account_option, answer, choose_account, json_option, table, wants_json

if TYPE_CHECKING:
    from hub.accounts.model import Account
    from hub.bootstrap import Core
    from hub.contacts.segments import Segment


@click.group()
def segments() -> None:
    """Who of a contact list is meant, by a rule."""


@segments.command("list")
@account_option
@json_option
@click.pass_obj
def list_(session: Session, account_name: str | None) -> None:
    """List the segments, the oldest first."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        found = _every(core, owner)
        answer({"items": [_shown(one) for one in found]})
        if not wants_json():
            rows = [(one.id, one.name, one.list_id, one.content) for one in found]
            table(f"Segments of {owner.name}", ("id", "name", "list", "rule"), rows)


@segments.command("count")
@click.argument("segment_id", metavar="SEGMENT", type=click.IntRange(1, 2**53))
@account_option
@json_option
@click.pass_obj
def count(session: Session, segment_id: int, account_name: str | None) -> None:
    """Count whom SEGMENT (its id) means now."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        people = core.segments.count(owner.id, segment_id)
        answer({"id": segment_id, "count": people}, f"{people} contact(s).")


def _every(core: Core, owner: Account) -> list[Segment]:
    found: list[Segment] = []
    while page := core.segments.all(owner.id, after=found[-1].id if found else 0):
        found += page
    return found


def _shown(one: Segment) -> dict[str, Any]:
    rule = json.loads(one.content)
    return {"id": one.id, "list_id": one.list_id, "name": one.name, "rule": rule, "created_at": one.created_at}
