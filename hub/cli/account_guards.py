"""`hub account countries` and `hub account limits`: what one account may do, where it differs from others."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from hub.cli.shared import Session, answer, json_option
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from hub.accounts.model import Account, AccountLimits
    from hub.bootstrap import Core


@click.command("countries")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--add", default=None, metavar="FR,BE", help="Countries that it may text from now on, too.")
@click.option("--remove", default=None, metavar="FR,BE", help="Countries that it may no longer text.")
@click.option("--all", "every", is_flag=True, help="All that the hub texts, now and later.")
@json_option
@click.pass_obj
def countries(
    session: Session,
    account_name: str,
    add: str | None,
    remove: str | None,
    every: bool,  # noqa: FBT001 - click hands flags over so
) -> None:
    """Show which countries an account may text, or change them for what is accepted from now on."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        if every or add or remove:
            wanted = None if every else _changed(core, found, add, remove)
            found = core.accounts.set_countries(found.id, wanted)
        listed = None if found.countries is None else sorted(found.countries)
        answer({"id": found.id, "countries": listed}, f"{found.name} may text {_said(listed)}.")


@click.command("limits")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--day-credits", type=int, default=None, help="Credits a day that go without review; 0 for no limit.")
@click.option("--hour-credits", type=int, default=None, help="Credits an hour that go without review; 0 for no limit.")
@click.option(
    "--abroad-day-credits", type=int, default=None, help="Credits a day to each foreign country; 0: no limit."
)
@click.option("--abroad-hour-credits", type=int, default=None, help="The same for an hour.")
@click.option("--message-credits", type=int, default=None, help="Credits that one message may cost; 0 for no limit.")
@click.option("--low-balance", type=int, default=None, help="Credits that must be left; 0 when all may be used.")
@click.option("--recipient-per-hour", type=int, default=None, help="Texts per hour to one number; 0 for no limit.")
@click.option("--patterns/--no-patterns", default=None, help="Whether its numbers are watched for signs of fraud.")
@click.option("--default", "forget", is_flag=True, help="First forget what differed: [guard] holds again.")
@json_option
@click.pass_obj
def limits(
    session: Session,
    /,
    account_name: str,
    forget: bool,  # noqa: FBT001 - click hands flags over so
    **wanted: Any,
) -> None:
    """Show an account's own limits, or change them: what goes beyond is held for review, see `hub held`."""
    from hub.accounts.model import AccountLimits

    given = AccountLimits(**wanted)
    with session.core() as core:
        found = core.accounts.find(account_name)
        if forget or given != AccountLimits():
            own = AccountLimits() if forget else found.limits
            found = core.accounts.set_limits(found.id, replace(own, **_named(given)))
        in_use = _in_use(core, found)
        lines = [f"  {name.replace('_', ' ')}: {value}" for name, value in in_use.items()]
        answer({"id": found.id, "own": _named(found.limits), "in_use": in_use}, "\n".join([f"{found.name}:", *lines]))


def known_countries(core: Core, option: str, written: str) -> frozenset[str]:
    """Country codes as typed, with commas. Raises RequestRefused for one that the table of countries lacks."""
    codes = frozenset(code.strip().upper() for code in written.split(",") if code.strip())
    if unknown := sorted(codes - core.policies.countries.keys()):
        known = ", ".join(sorted(core.policies.countries))
        raise RequestRefused.because(option, "unknown_country", f"{', '.join(unknown)} is not in the table: {known}.")
    return codes


def _named(own: AccountLimits) -> dict[str, Any]:
    return {name: value for name, value in asdict(own).items() if value is not None}


def _in_use(core: Core, account: Account) -> dict[str, object]:
    from hub.guard.model import OWN_FIGURES

    figures = core.guard.figures.of(account.limits)
    return {name: getattr(figures, name) for name in OWN_FIGURES} | {"patterns": figures.watched > 0}


def _changed(core: Core, account: Account, add: str | None, remove: str | None) -> frozenset[str]:
    now = frozenset(core.policies.countries) if account.countries is None else account.countries
    return (now | known_countries(core, "--add", add or "")) - known_countries(core, "--remove", remove or "")


def _said(listed: list[str] | None) -> str:
    if listed is None:
        return "every country that the hub texts"
    return ", ".join(listed) or "no country"
