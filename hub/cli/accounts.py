"""Commands of accounts, their credits and tokens, and of numbers that must not be texted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from hub.accounts.model import Scope
from hub.cli import account_guards as guards
from hub.cli import account_users as users
from hub.cli.account_settings import settings
from hub.cli.billing import postpaid
from hub.cli.shared import Session, answer, choose_account, json_option, table, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from hub.accounts.model import Account, Balance
    from hub.bootstrap import Core

_SCOPES = [one.value for one in Scope]


@click.group()
def account() -> None:
    """Accounts, credits and API tokens."""


@account.command("create")
@click.option("--name", required=True, help="What the account is called.")
@click.option("--country", default=None, help="Country of its national numbers; the hub's region if not given.")
@click.option("--credits", "credits_", type=int, default=0, show_default=True, help="Credits to begin with.")
@click.option("--countries", default=None, metavar="FR,BE", help="Countries it may text; its own if not given.")
@click.option("--parent", metavar="ACCOUNT", default=None, help="Open a sub-account of that one, on its credits.")
@click.option("--draws", is_flag=True, help="With --parent: what it lacks it takes from its parent's credits.")
@json_option
@click.pass_obj
def create(
    session: Session,
    *,
    name: str,
    country: str | None,
    credits_: int,
    countries: str | None,
    parent: str | None,
    draws: bool,
) -> None:
    """Open an account. Its API token is shown this once."""
    with session.core() as core:
        region = (country or core.settings.hub.region).upper()
        if core.policies.get(region) is None:
            known = ", ".join(sorted(core.policies.countries))
            raise RequestRefused.because("--country", "unknown_country", f"{region} is not in the table: {known}.")
        wanted = None if countries is None else guards.known_countries(core, "--countries", countries)
        if parent is None:
            made, token = core.accounts.create(name, region, credits_=credits_, countries=wanted)
        else:
            above = core.accounts.find(parent)
            made = core.children.create(
                above.id, name, country and region, draws=draws, credits_=credits_, countries=wanted
            )
            _, token = core.tokens.make(made.id, "first")
        details = core.plugins.account_details(core, made)
        content = {"id": made.id, "name": made.name, "country": made.country, "credits": credits_}
        answer(content | {"token": token.secret} | dict(details), _new_account(made, token.secret, credits_, details))


account.add_command(guards.countries)
account.add_command(guards.limits)
account.add_command(settings)
account.add_command(postpaid)


@account.command("list")
@json_option
@click.pass_obj
def list_(session: Session) -> None:
    """List accounts with their balances."""
    with session.core() as core:
        rows = [_row(core, one, balance) for one, balance in core.accounts.all()]
        answer(rows)
        if not wants_json():
            table(
                "Accounts",
                ("id", "name", "country", "available", "reserved", "used", "mail address"),
                [
                    (r["id"], r["name"], r["country"], r["available"], r["reserved"], r["spent"], r.get("mail_address"))
                    for r in rows
                ],
            )


@account.command("credit")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("amount", type=int)
@click.option("--note", default=None, help="Why, for the ledger.")
@json_option
@click.pass_obj
def credit(session: Session, account_name: str, amount: int, note: str | None) -> None:
    """Give an account credits, or take unused ones back with a negative AMOUNT (after --)."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        balance = core.accounts.add_credits(found.id, amount, note=note)
        answer({"id": found.id} | _balance(balance), f"{found.name} has {balance.available} credits to use.")


@account.command("token")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--scope", type=click.Choice(_SCOPES), default="all", show_default=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 36500), default=None, help="How long it holds; for ever if not given.")
@click.option(
    "--network", "networks", multiple=True, metavar="CIDR", help="Only from there; may be given several times."
)
@click.option("--revoke", metavar="LAST4", default=None, help="Put an end to the token that ends so, instead.")
@json_option
@click.pass_obj
def token_(
    session: Session,
    account_name: str,
    name: str,
    *,
    scope: str,
    days: int | None,
    networks: tuple[str, ...],
    revoke: str | None,
) -> None:
    """Make another API token, shown this once; or revoke one."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        if revoke is not None:
            count = core.tokens.revoke_ending(found.id, revoke)
            answer({"id": found.id, "revoked": count}, f"{count} token(s) of {found.name} revoked.")
            return
        until = None if days is None else core.clock.now() + timedelta(days=days)
        _, made = core.tokens.make(found.id, name, scope=Scope(scope), expires_at=until, networks=networks)
        answer({"id": found.id, "token": made.secret}, made.secret)


@account.command("lock")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--unlock", is_flag=True, help="Let it in again.")
@json_option
@click.pass_obj
def lock(session: Session, account_name: str, unlock: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Keep an account from signing in and sending."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        core.accounts.lock(found.id, locked=not unlock)
        state = "unlocked" if unlock else "locked"
        answer({"id": found.id, "locked": not unlock}, f"{found.name} is {state}.")


for command in (users.user, users.list_, users.role_, users.password_, users.totp_off, users.remove):
    account.add_command(command)


@account.command("audit")
@json_option
@click.pass_obj
def audit(session: Session) -> None:
    """Compare every balance with the ledger's entries."""
    from hub.accounts import ledger

    with session.core() as core:
        with core.read() as connection:
            differences = ledger.audit(connection)
        answer({"differences": differences}, "\n".join(differences) or "Every balance is the sum of its entries.")
        if differences:
            click.get_current_context().exit(1)


@click.group()
def suppression() -> None:
    """Numbers that must not be texted, alerts included."""


@suppression.command("add")
@click.argument("number")
@click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")
@click.option("--note", default=None, help="How the wish was made known.")
@json_option
@click.pass_obj
def add(session: Session, number: str, account_name: str | None, note: str | None) -> None:
    """Record that the person behind NUMBER wants no more texts."""
    from hub.contacts.model import SuppressionKind
    from hub.sms.model import NumberRefusal
    from hub.sms.phone import parse_number

    with session.core() as core:
        found = choose_account(core, account_name)
        parsed = parse_number(number, found.country)
        if isinstance(parsed, NumberRefusal):
            raise RequestRefused.because("NUMBER", parsed.reason, parsed.message)
        new = core.suppressions.add(found.id, parsed.e164, SuppressionKind.OPT_OUT, source="hand", note=note)
        text = f"{parsed.e164} will not be texted for {found.name}."
        answer({"number": parsed.e164, "new": new}, text if new else f"{parsed.e164} was suppressed already.")


@suppression.command("list")
@click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")
@json_option
@click.pass_obj
def list_suppressions(session: Session, account_name: str | None) -> None:
    """List an account's suppressions, the latest first."""
    with session.core() as core:
        found = choose_account(core, account_name)
        rows = core.suppressions.all(found.id)
        answer(rows)
        if not wants_json():
            cells = [(one.number, one.kind, f"{one.at:%Y-%m-%d %H:%M}", one.source, one.note) for one in rows]
            table(f"Suppressions of {found.name}", ("number", "kind", "since (UTC)", "source", "note"), cells)


def _row(core: Core, one: Account, balance: Balance) -> dict[str, Any]:
    content: dict[str, Any] = {"id": one.id, "name": one.name, "country": one.country, "locked": one.locked}
    content |= _balance(balance) | dict(core.plugins.account_details(core, one))
    return content | {"settings": asdict(one.settings)}


def _balance(balance: Balance) -> dict[str, int]:
    return {"available": balance.available, "reserved": balance.reserved, "spent": balance.spent}


def _new_account(made: Account, token: str, credits_: int, details: Any) -> str:
    lines = [f"Account {made.id}: {made.name} ({made.country}), {credits_} credits", f"  API token:    {token}"]
    lines += [f"  {name.replace('_', ' ').capitalize() + ':':<13} {value}" for name, value in details.items()]
    return "\n".join([*lines, "  Keep the token: it is not shown again."])
