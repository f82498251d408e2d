"""`hub held`: campaigns that guards hold until the operator has looked at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.messages.held import HeldCampaign


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def held(ctx: click.Context) -> None:
    """List campaigns that wait for review; release or reject one."""
    if ctx.invoked_subcommand is not None:
        return
    session: Session = ctx.obj
    with session.core() as core:
        found = core.held.all()
        answer({"items": found})
        if not wants_json():
            _show(found)


@held.command("release")
@click.argument("campaign")
@json_option
@click.pass_obj
def release(session: Session, campaign: str) -> None:
    """Let CAMPAIGN go: its messages leave, as the law and opt-outs allow."""
    with session.core() as core:
        count = core.held.release(campaign)
        answer({"id": campaign, "released": count}, f"{count} message(s) may leave.")


@held.command("reject")
@click.argument("campaign")
@json_option
@click.pass_obj
def reject(session: Session, campaign: str) -> None:
    """Cancel CAMPAIGN, and give its credits back."""
    with session.core() as core:
        count = core.held.reject(campaign)
        answer({"id": campaign, "cancelled": count}, f"{count} message(s) will not be sent.")


def _show(found: Sequence[HeldCampaign]) -> None:
    columns = ("campaign", "account", "reason", "messages", "credits", "since (UTC)", "text", "why")
    table("Held for review", columns, [_cells(one) for one in found])


def _cells(one: HeldCampaign) -> tuple[object, ...]:
    since = f"{one.hold.since:%Y-%m-%d %H:%M}"
    return one.id, one.account, one.hold.reason, one.messages, one.credits, since, one.text[:40], one.hold.message
