"""`hub mail`: an account's secret address and trusted senders; and `hub demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.plugin_kit import answer, choose_account, json_option

if TYPE_CHECKING:
    from hub.plugin_kit import Session

_ACCOUNT = click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")


@click.group()
def mail() -> None:
    """Mail to SMS: addresses and trusted senders."""


@mail.command()
@click.option("--renew", is_flag=True, help="Make a new address; the old one is worth nothing from then on.")
@_ACCOUNT
@json_option
@click.pass_obj
def address(session: Session, renew: bool, account_name: str | None) -> None:  # noqa: FBT001 - click hands flags over so
    """Show an account's secret address."""
    from hub_mail_to_sms.addresses import Addresses

    with session.core() as hub:
        account = choose_account(hub, account_name)
        addresses = Addresses(hub)
        found = addresses.renew(account.id) if renew else addresses.address_of(account.id)
        answer({"account": account.id, "mail_address": found}, found)


@mail.command()
@click.argument("sender")
@click.option("--remove", is_flag=True, help="Trust it no longer.")
@_ACCOUNT
@json_option
@click.pass_obj
def allow(session: Session, sender: str, remove: bool, account_name: str | None) -> None:  # noqa: FBT001 - as above
    """Trust mail from SENDER once it is verified (accept = verified)."""
    from hub_mail_to_sms.addresses import Addresses
    from hub_mail_to_sms.settings import Accept, MailSettings

    with session.core() as hub:
        account = choose_account(hub, account_name)
        addresses = Addresses(hub)
        if remove:
            addresses.disallow(account.id, sender)
        else:
            addresses.allow(account.id, sender)
        allowed = addresses.allowed(account.id)
        answer({"account": account.id, "senders": allowed}, "\n".join(allowed) or "No sender is trusted.")
        if hub.section(MailSettings).way is not Accept.VERIFIED:
            click.echo("Note: [mail_to_sms] accept is not verified, so these senders are not asked for.", err=True)


@click.command()
@click.option("--keep", is_flag=True, help="Keep the data folder, and say where it is.")
@click.pass_context
def demo(ctx: click.Context, keep: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Start a hub, send it an e-mail, and watch it become texts (simulated carrier)."""
    from hub_mail_to_sms.demo import run

    ctx.exit(run(keep=keep))
