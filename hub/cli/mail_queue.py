"""`hub mail-queue`: the mail that the hub writes, what waits, what failed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.mailing.model import MailView

_STATES = ("waiting", "sent", "failed", "expired")


@click.group("mail-queue", invoke_without_command=True)
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; all but sent if none.")
@click.option("--account", "account_name", default=None, help="Only this account's.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Most mails listed.")
@json_option
@click.pass_context
def mail_queue(ctx: click.Context, states: tuple[str, ...], account_name: str | None, limit: int) -> None:
    """List mail that was not sent, the latest first; send one again."""
    if ctx.invoked_subcommand is not None:
        return
    from hub.mailing.model import MailState
    from hub.mailing.service import UNSENT

    session: Session = ctx.obj
    with session.core() as core:
        account_id = core.accounts.find(account_name).id if account_name else None
        wanted = tuple(map(MailState, states)) or UNSENT
        found = core.mails.all(account_id=account_id, states=wanted, limit=limit)
        answer({"items": found, "relay": core.postman.relay.is_configured})
        if not wants_json():
            _show(found)
            if not core.postman.relay.is_configured:
                click.echo("No mail server is named in [smtp], so all of it waits.", err=True)


@mail_queue.command("retry")
@click.argument("mail_id", metavar="MAIL", type=int)
@json_option
@click.pass_obj
def retry(session: Session, mail_id: int) -> None:
    """Try MAIL again now, as if it had never been tried."""
    with session.core() as core:
        found = core.mails.retry(mail_id)
        core.ring_mails()
        answer(found, f"Mail {found.id} waits to be sent.")


def _show(found: Sequence[MailView]) -> None:
    columns = ("mail", "account", "about", "to", "subject", "state", "since (UTC)", "tries", "next try (UTC)", "why")
    table("Mail of the hub's own", columns, [_cells(one) for one in found])


def _cells(one: MailView) -> tuple[object, ...]:
    due = f"{one.due_at:%Y-%m-%d %H:%M}" if one.state == "waiting" else ""
    since = f"{one.created_at:%Y-%m-%d %H:%M}"
    return one.id, one.account_id, one.kind, one.to, one.subject, one.state, since, one.tries, due, one.fault
