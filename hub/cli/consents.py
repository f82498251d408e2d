"""`hub consents`: the register of who agreed to be texted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, account_option, answer, choose_account, json_option, moment_of, table, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.accounts.model import Account
    from hub.contacts.model import ConsentFilter, RegisteredConsent

COLUMNS = ("number", "notice", "given_at", "source", "name", "url", "ip", "kind", "by", "at", "withdrawn_at")
"""Of the file that is written; the first seven are those of a file that is read."""
_BY = "operator"

_NUMBER = click.option("--number", default=None, help="Only of this number.")
_SOURCE = click.option("--source", default=None, help="Only those from there.")
_IN_FORCE = click.option(
    "--in-force/--withdrawn", default=None, help="Only those that hold, or only those that do not."
)


@click.group()
def consents() -> None:
    """Who agreed to be texted, shown what, where and when."""


@consents.command("list")
@account_option
@_NUMBER
@_SOURCE
@_IN_FORCE
@json_option
@click.pass_obj
def list_(
    session: Session, *, account_name: str | None, number: str | None, source: str | None, in_force: bool | None
) -> None:
    """List consents in the order in which they were recorded."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        found = list(core.consents.every(owner.id, _filter(owner, number, source, in_force=in_force)))
        answer({"items": found})
        if not wants_json():
            rows = [
                (one.number, f"{one.given_at:%Y-%m-%d %H:%M}", one.source, one.notice, _day(one.withdrawn_at))
                for one in found
            ]
            table(f"Consents to {owner.name}", ("number", "given (UTC)", "source", "notice", "withdrawn"), rows)


@consents.command("add")
@click.argument("number")
@click.option("--notice", required=True, help="The words that the person agreed to.")
@click.option("--source", required=True, help="Where it comes from, as in website.")
@click.option("--given-at", default=None, metavar="2027-01-04T09:30", help="When the person agreed; now if not given.")
@click.option("--name", default=None, help="Whose number it is.")
@click.option("--url", default=None, help="The page that showed the words.")
@click.option("--ip", default=None, help="The address that agreed, IPv4 or IPv6.")
@account_option
@json_option
@click.pass_obj
def add(
    session: Session,
    *,
    number: str,
    notice: str,
    source: str,
    given_at: str | None,
    name: str | None,
    url: str | None,
    ip: str | None,
    account_name: str | None,
) -> None:
    """Register that the person behind NUMBER agreed; the same again changes nothing."""
    from hub.contacts.model import NewConsent

    with session.core() as core:
        owner = choose_account(core, account_name)
        person, now = _parsed("NUMBER", number, owner.country), core.clock.now()
        agreed_at = now if given_at is None else moment_of("--given-at", given_at)
        if agreed_at.tzinfo is None:
            agreed_at = agreed_at.replace(tzinfo=core.settings.hub.timezone)
        new = NewConsent(person, notice, agreed_at, source, name, url, _address(ip))
        is_new = core.consents.record(owner.id, [new], _BY) == 1
        said = f"{person} agreed to be texted by {owner.name}." if is_new else "It was registered before."
        answer({"number": person, "new": is_new}, said)


@consents.command("export")
@account_option
@_NUMBER
@_SOURCE
@_IN_FORCE
@click.pass_obj
def export(
    session: Session, *, account_name: str | None, number: str | None, source: str | None, in_force: bool | None
) -> None:
    """Write the register to standard output as CSV, in UTF-8."""
    from hub.csv_text import csv_pieces

    with session.core() as core:
        owner = choose_account(core, account_name)
        every = core.consents.every(owner.id, _filter(owner, number, source, in_force=in_force))
        for piece in csv_pieces(COLUMNS, _lines(every)):
            click.echo(piece, nl=False)


def _lines(every: Iterator[RegisteredConsent]) -> Iterator[tuple[object, ...]]:
    for one in every:
        yield tuple(getattr(one, name) for name in COLUMNS)


def _filter(owner: Account, number: str | None, source: str | None, *, in_force: bool | None) -> ConsentFilter:
    from hub.contacts.model import ConsentFilter

    person = None if number is None else _parsed("--number", number, owner.country)
    return ConsentFilter(number=person, source=source, in_force=in_force)


def _parsed(field: str, number: str, region: str) -> str:
    from hub.sms.model import NumberRefusal
    from hub.sms.phone import parse_number

    read = parse_number(number, region)
    if isinstance(read, NumberRefusal):
        raise RequestRefused.because(field, read.reason, read.message)
    return read.e164


def _address(written: str | None) -> str | None:
    from ipaddress import ip_address

    try:
        return None if written is None else str(ip_address(written))
    except ValueError:
        raise RequestRefused.because("--ip", "ip", "Write an IPv4 or IPv6 address, or leave it out.") from None


def _day(moment: object) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d}"
