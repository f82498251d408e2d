"""Commands that send a text, follow it, and cancel a campaign - on the database, or on a hub far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.shared import Session, account_option, answer, choose_account, json_option, moment_of, table, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.bootstrap import Core
    from hub.client import Acceptance as SentFarAway
    from hub.messages.model import Acceptance, CampaignView, MessageView

_URL = click.option("--url", default=None, help="A running hub to ask over HTTP instead of the database.")
_TOKEN = click.option("--token", default=None, help="The API token for --url.")


@click.command()
@click.option("--to", "recipients", multiple=True, required=True, help="A number, or several separated by commas.")
@click.option("--text", required=True, help="What to say.")
@click.option("--alert", is_flag=True, help="To inform: leaves at any hour.")
@click.option("--marketing", is_flag=True, help="To sell: lawful hours and opt-out apply.")
@click.option("--sender", default=None, help="What the phone shows; the default sender if not given.")
@click.option("--at", default=None, help="When, as 2027-01-04T09:30; in the hub's time zone unless an offset is given.")
@click.option("--key", default=None, help="Idempotency key: the same key sends once.")
@account_option
@_URL
@_TOKEN
@json_option
@click.pass_obj
def send(
    session: Session,
    recipients: tuple[str, ...],
    text: str,
    alert: bool,  # noqa: FBT001 - click hands flags over so
    marketing: bool,  # noqa: FBT001 - click hands flags over so
    sender: str | None,
    at: str | None,
    key: str | None,
    account_name: str | None,
    url: str | None,
    token: str | None,
) -> None:
    """Send a text to one or many numbers."""
    if alert and marketing:
        message = "A text is either --alert or --marketing; for both purposes send two."
        raise RequestRefused.because("--alert", "two_purposes", message)
    purpose = "alert" if alert else "marketing" if marketing else None
    if url:
        from hub.cli.remote import far_away

        with far_away(url, token) as there:
            sent = there.campaigns.send(
                text, _split(recipients, "FR"), purpose=purpose, sender=sender, send_at=at, key=key
            )
        answer(sent, _sent_far_away(sent))
        return
    acceptance = _send_here(session, recipients, text, purpose, sender, at, key, account_name)
    answer(acceptance)
    if not wants_json():
        _show_acceptance(acceptance)


@click.command()
@click.option("--campaign", default=None, help="One campaign; without it, the latest ones are listed.")
@click.option("--unknown", is_flag=True, help="All that a carrier may or may not have taken, of every account.")
@click.option("--follow", "wait", is_flag=True, help="First wait until none of its messages is on its way.")
@account_option
@_URL
@_TOKEN
@json_option
@click.pass_obj
def messages(
    session: Session,
    campaign: str | None,
    unknown: bool,  # noqa: FBT001 - click hands flags over so
    wait: bool,  # noqa: FBT001 - click hands flags over so
    account_name: str | None,
    url: str | None,
    token: str | None,
) -> None:
    """Show the messages of a campaign and what became of them."""
    if unknown:
        _show_unknown(session, account_name)
        return
    if url:
        from hub.cli.remote import far_away

        with far_away(url, token) as there:
            items = list(there.campaigns.messages(_needed(campaign, "--campaign")))
        answer({"items": items})
        if not wants_json():
            _show_messages([(m.to, m.state, m.reason, m.segments, m.id) for m in items])
        return
    with session.core() as core:
        owner = choose_account(core, account_name)
        if campaign is None:
            _show_campaigns(core.campaigns.latest(owner.id))
            return
        if wait:
            from hub.cli.following import follow

            follow(core, owner.id, campaign)
        found = _all_messages(core, owner.id, campaign)
        view = core.campaign(owner.id, campaign)
        answer({"items": found, "campaign": view})
        if not wants_json():
            _show_messages([(m.to, m.state, m.reason, m.segments, m.id) for m in found])
            _show_figures(view)


@click.command()
@click.argument("campaign")
@account_option
@json_option
@click.pass_obj
def cancel(session: Session, campaign: str, account_name: str | None) -> None:
    """Cancel what of CAMPAIGN has not left yet, and give its credits back."""
    with session.core() as core:
        cancelled = core.campaigns.cancel(choose_account(core, account_name).id, campaign)
        count = cancelled.by_state.get("cancelled", 0)
        answer(cancelled, f"{count} message(s) will not be sent.")


def _send_here(
    session: Session,
    recipients: tuple[str, ...],
    text: str,
    purpose: str | None,
    sender: str | None,
    at: str | None,
    key: str | None,
    account_name: str | None,
) -> Acceptance:
    from hub.compliance.model import Purpose
    from hub.messages.model import CampaignRequest, Recipient

    with session.core() as core:
        owner = choose_account(core, account_name)
        request = CampaignRequest(
            account_id=owner.id,
            text=text,
            recipients=tuple(Recipient(to) for to in _split(recipients, owner.country)),
            purpose=Purpose(purpose or core.settings.messages.default_purpose),
            sender=sender,
            send_at=_moment(at, core.settings.hub.timezone),
            source="cli",
            idempotency_key=key,
        )
        return core.accept(request)


def _all_messages(core: Core, account_id: int, campaign: str) -> list[MessageView]:
    found: list[MessageView] = []
    last = -1
    while page := core.campaigns.messages(account_id, campaign, after=last):
        found += page
        last = int(page[-1].id.rpartition("-")[2])  # a position in the request, where duplicates left gaps
    return found


def _split(recipients: tuple[str, ...], region: str) -> list[str]:
    from hub.sms.phone import split_numbers

    return [number for line in recipients for number in split_numbers(line, region)]


def _moment(at: str | None, zone: Any) -> datetime | None:
    from hub.compliance.window import local_to_utc

    if at is None:
        return None
    moment = moment_of("--at", at)
    return moment if moment.tzinfo else local_to_utc(moment, zone.key)


def _needed(value: str | None, option: str) -> str:
    if value is None:
        raise RequestRefused.because(option, "missing", f"Give {option} together with --url.")
    return value


def _show_acceptance(acceptance: Acceptance) -> None:
    click.echo(f"Campaign {acceptance.campaign_id}: {acceptance.accepted} accepted, {acceptance.blocked} blocked,")
    click.echo(f"  {acceptance.segments} segment(s), {acceptance.credits} credit(s).")
    for message in acceptance.messages:
        if message.reason:
            click.echo(f"  {message.to}: {message.reason}. {message.detail}")
    for deferral in acceptance.deferred:
        click.echo(f"  {deferral.count} to {deferral.country} wait until {deferral.until:%Y-%m-%d %H:%M} UTC.")
    for change in acceptance.changes:
        click.echo(f"  {change.found!r} was written {change.replacement!r} ({change.count} times).")
    for note in acceptance.notes:
        click.echo(f"  {note}")


def _sent_far_away(sent: SentFarAway) -> str:
    return f"Campaign {sent.id}: {sent.accepted} accepted, {sent.blocked} blocked, {sent.credits} credit(s)."


def _show_messages(rows: list[tuple[Any, ...]]) -> None:
    table("Messages", ("to", "state", "reason", "segments", "id"), rows)


def _show_figures(view: CampaignView) -> None:
    """What was frozen, in a line, and whether it still holds."""
    if view.figures is None:
        return
    said = ", ".join(f"{one.count} {one.state}{f' ({one.reason})' if one.reason else ''}" for one in view.figures)
    click.echo(f"Figures of {view.frozen_at:%Y-%m-%d %H:%M} UTC: {said}.")
    if view.corrected:
        click.echo(
            f"Corrected: a receipt that came later, last on {view.corrected_at:%Y-%m-%d %H:%M} UTC, changed them."
        )


def _show_unknown(session: Session, account_name: str | None) -> None:
    with session.core() as core:
        owner = core.accounts.find(account_name).id if account_name else None
        found = core.campaigns.in_doubt(owner)
    answer({"items": found})
    if not wants_json():
        rows = [(one.to, one.account, one.connector, one.since, one.detail, one.id) for one in found]
        table("Messages in doubt", ("to", "account", "connector", "since", "detail", "id"), rows)


def _show_campaigns(campaigns: Any) -> None:
    answer({"items": campaigns})
    if not wants_json():
        rows = [(c.id, c.state, c.purpose, c.source, c.accepted, c.blocked, c.text[:40]) for c in campaigns]
        table("Campaigns", ("id", "state", "purpose", "source", "accepted", "blocked", "text"), rows)
