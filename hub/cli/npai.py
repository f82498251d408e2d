"""`hub npai`: numbers that belong to nobody, proposed after two campaigns in a row said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, account_option, answer, choose_account, json_option, table, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.accounts.model import Account
    from hub.bootstrap import Core
    from hub.contacts.unallocated import Added, Proposal


@click.group()
def npai() -> None:
    """Numbers that belong to nobody (NPAI). What is proposed is texted until it is added."""


@npai.command("list")
@account_option
@json_option
@click.pass_obj
def list_(session: Session, account_name: str | None) -> None:
    """List the numbers that are proposed."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        found = _every(core, owner)
        answer({"items": found})
        if not wants_json():
            rows = [(one.number, one.campaigns, f"{one.first_at:%Y-%m-%d}", f"{one.last_at:%Y-%m-%d}") for one in found]
            table(f"Proposed for {owner.name}", ("number", "campaigns in a row", "first", "last"), rows)


@npai.command("add")
@click.argument("numbers", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are proposed.")
@account_option
@json_option
@click.pass_obj
def add(
    session: Session,
    numbers: tuple[str, ...],
    every: bool,  # noqa: FBT001 - click hands flags over so
    account_name: str | None,
) -> None:
    """Put the proposed NUMBERS on the list: they are not texted any more."""
    if every is bool(numbers):
        raise RequestRefused.because("NUMBERS", "which", "Name the numbers to add, or say --all.")
    with session.core() as core:
        owner = choose_account(core, account_name)
        added = core.unallocated.add(owner.id, None if every else _parsed(numbers, owner.country))
        answer(added, _said(added))


def _every(core: Core, owner: Account) -> list[Proposal]:
    found: list[Proposal] = []
    while page := core.unallocated.proposed(owner.id, after=found[-1].number if found else ""):
        found += page
    return found


def _parsed(numbers: Sequence[str], region: str) -> list[str]:
    from hub.sms.model import NumberRefusal
    from hub.sms.phone import parse_number

    parsed = []
    for number in numbers:
        one = parse_number(number, region)
        if isinstance(one, NumberRefusal):
            raise RequestRefused.because("NUMBERS", one.reason, one.message)
        parsed.append(one.e164)
    return parsed


def _said(added: Added) -> str:
    lines = [f"{len(added.added)} number(s) added: they are not texted any more."]
    lines += [f"{number} was on the list already." for number in added.already]
    lines += [f"{number} is not proposed: it is texted as before." for number in added.not_proposed]
    return "\n".join(lines)
