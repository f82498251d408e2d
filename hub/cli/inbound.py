"""`hub inbound`: what people wrote. `hub optout`: who wants no more texts, and who agreed to get them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.accounts import add as add_suppression
from hub.cli.accounts import list_suppressions
from hub.cli.shared import Session, answer, choose_account, json_option, table, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.inbound.model import InboundMessage

_ACCOUNT = click.option("--account", "account_name", default=None, help="Whose; of all accounts if not given.")
_SHOWN = 60


@click.command()
@_ACCOUNT
@click.option("--review", is_flag=True, help="Only those of which somebody should decide whether they are opt-outs.")
@click.option("--nobodys", is_flag=True, help="Only those of which nobody knows whose they are.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Most texts to list.")
@json_option
@click.pass_obj
def inbound(
    session: Session,
    account_name: str | None,
    review: bool,  # noqa: FBT001 - click hands flags over so
    nobodys: bool,  # noqa: FBT001 - click hands flags over so
    limit: int,
) -> None:
    """List what people wrote, the latest first."""
    from hub.inbound.model import InboundKind

    with session.core() as core:
        owner = core.accounts.find(account_name).id if account_name else None
        kinds = (InboundKind.REVIEW,) if review else ()
        found = core.texts.latest(owner, of_nobody=nobodys, kinds=kinds, limit=limit)
    answer({"items": found})
    if not wants_json():
        _show(found)


@click.group()
def optout() -> None:
    """Who wants no more texts of an account: list, add, and remove on a proof of consent."""


optout.add_command(add_suppression)
optout.add_command(list_suppressions)


@optout.command("remove")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("number")
@click.option("--proof", required=True, help="How the person agreed: the words of the form, where and when.")
@click.option("--unallocated", is_flag=True, help="The number belonged to nobody; it does now.")
@json_option
@click.pass_obj
def remove(session: Session, account_name: str, number: str, proof: str, unallocated: bool) -> None:  # noqa: FBT001 - as above
    """Let ACCOUNT text NUMBER again. The proof is kept for good; to do so without one is against the law."""
    from hub.contacts.model import Proof, SuppressionKind
    from hub.sms.model import NumberRefusal
    from hub.sms.phone import parse_number

    with session.core() as core:
        found = core.accounts.find(account_name)
        parsed = parse_number(number, found.country)
        if isinstance(parsed, NumberRefusal):
            raise RequestRefused.because("NUMBER", parsed.reason, parsed.message)
        kind = SuppressionKind.UNALLOCATED if unallocated else SuppressionKind.OPT_OUT
        core.suppressions.remove(found.id, parsed.e164, kind, Proof(proof, "hand", "operator"))
        answer({"number": parsed.e164, "kind": kind}, f"{found.name} may text {parsed.e164} again; the proof is kept.")


@optout.command("consents")
@click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")
@json_option
@click.pass_obj
def consents(session: Session, account_name: str | None) -> None:
    """List the proofs on which numbers may be texted again, the latest first."""
    with session.core() as core:
        found = choose_account(core, account_name)
        rows = core.suppressions.consents(found.id)
    answer({"items": rows})
    if not wants_json():
        cells = [(one.number, f"{one.at:%Y-%m-%d %H:%M}", one.source, one.by, one.notice[:_SHOWN]) for one in rows]
        table(f"Consents to {found.name}", ("number", "at (UTC)", "source", "by", "proof"), cells)


def _show(found: Sequence[InboundMessage]) -> None:
    columns = ("at (UTC)", "from", "to", "kind", "account", "campaign", "text")
    table("Texts from phones", columns, [_cells(one) for one in found])


def _cells(one: InboundMessage) -> tuple[object, ...]:
    account = f"{one.account_id or '?'}{' (ambiguous)' if one.ambiguous else ''}"
    at = f"{one.received_at:%Y-%m-%d %H:%M}"
    return at, one.number, one.to, one.kind, account, one.campaign_id, one.text[:_SHOWN]
