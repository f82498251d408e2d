"""`hub webhooks`: who is told what happens, what waits for them, and why it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.events.model import Backlog


@click.group("webhooks", invoke_without_command=True)
@click.option("--account", "account_name", default=None, help="Only this account's.")
@json_option
@click.pass_context
def webhooks(ctx: click.Context, account_name: str | None) -> None:
    """List webhooks with what waits for each; call one at once, or not any more."""
    if ctx.invoked_subcommand is not None:
        return
    session: Session = ctx.obj
    with session.core() as core:
        found = core.webhooks.backlogs(core.accounts.find(account_name).id if account_name else None)
        answer({"items": found})
        if not wants_json():
            _show(found)


@webhooks.command("retry")
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@json_option
@click.pass_obj
def retry(session: Session, webhook_id: int) -> None:
    """Call WEBHOOK at once, also one that was switched off."""
    from hub.events.model import WebhookState

    with session.core() as core:
        found = core.webhooks.set_state(webhook_id, WebhookState.ACTIVE)
        answer(found, f"Webhook {found.id} is called at once.")


@webhooks.command("disable")
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@json_option
@click.pass_obj
def disable(session: Session, webhook_id: int) -> None:
    """Call WEBHOOK no more; what waits is kept, and what happens meanwhile is not told."""
    from hub.events.model import WebhookState

    with session.core() as core:
        found = core.webhooks.set_state(webhook_id, WebhookState.DISABLED)
        answer(found, f"Webhook {found.id} is switched off.")


def _show(found: Sequence[Backlog]) -> None:
    columns = ("webhook", "account", "url", "state", "waiting", "since (UTC)", "tries", "next try (UTC)", "why")
    table("Webhooks", columns, [_cells(one) for one in found])


def _cells(one: Backlog) -> tuple[object, ...]:
    hook = one.webhook
    since = f"{one.oldest_at:%Y-%m-%d %H:%M}" if one.oldest_at else ""
    due = f"{one.retry_at:%Y-%m-%d %H:%M}" if one.waiting and hook.state == "active" else ""
    return hook.id, hook.account_id, hook.url, hook.state, one.waiting, since, one.tries, due, hook.fault
