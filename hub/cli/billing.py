"""`hub order`, `hub statement` and `hub account postpaid`: what accounts buy, used, and may use before they pay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from hub.billing.model import PurchaseOrder, Statement

_STATES = ("open", "paid", "cancelled")
_COLUMNS = ("id", "account", "reference", "credits", "price", "state", "since (UTC)", "validated by")


@click.group()
def order() -> None:
    """Purchase orders: list them, say that one is paid, call one off."""


@order.command("list")
@click.option("--account", "account_name", default=None, help="Only this account's.")
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; all if none.")
@click.option("--after", type=int, default=0, help="Only those after this id.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Most orders listed.")
@json_option
@click.pass_obj
def list_(session: Session, account_name: str | None, states: tuple[str, ...], after: int, limit: int) -> None:
    """List orders, the oldest first."""
    from hub.billing.model import OrderState

    with session.core() as core:
        account_id = core.accounts.find(account_name).id if account_name else None
        wanted = tuple(map(OrderState, states))
        found = core.orders.all(account_id, states=wanted, after=after, limit=limit)
        answer({"items": found})
        if not wants_json():
            table("Orders", _COLUMNS, [_cells(one) for one in found])


@order.command("validate")
@click.argument("order_id", metavar="ORDER", type=int)
@click.option("--by", default="operator", show_default=True, help="Who says that it is paid.")
@json_option
@click.pass_obj
def validate(session: Session, order_id: int, by: str) -> None:
    """Say that ORDER is paid: its credits are bought, once."""
    with session.core() as core:
        paid = core.orders.validate(order_id, by)
        answer(paid, f"Order {paid.id} is paid: {paid.credits} credits, by the word of {paid.validated_by}.")


@order.command("cancel")
@click.argument("order_id", metavar="ORDER", type=int)
@json_option
@click.pass_obj
def cancel(session: Session, order_id: int) -> None:
    """Call ORDER off; one that is paid stays."""
    with session.core() as core:
        ended = core.orders.cancel(None, order_id)
        answer(ended, f"Order {ended.id} is cancelled.")


@click.command()
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("month", metavar="MONTH")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), default=None, help="Write it to a file as CSV.")
@click.option("--pdf", "pdf_path", type=click.Path(path_type=Path), default=None, help="Write it to a file as PDF.")
@json_option
@click.pass_obj
def statement(session: Session, account_name: str, month: str, csv_path: Path | None, pdf_path: Path | None) -> None:
    """Show what ACCOUNT had, bought and used in a past MONTH, such as 2026-10; it never changes afterwards."""
    from hub.billing.papers import statement_pdf, statement_rows
    from hub.csv_text import csv_pieces

    with session.core() as core:
        found = core.accounts.find(account_name)
        told = core.statements.of(found.id, month)
        if csv_path is not None:
            first, *rest = statement_rows(found, told)
            csv_path.write_bytes(b"".join(csv_pieces(first, rest)))
        if pdf_path is not None:
            pdf_path.write_bytes(statement_pdf(found, told))
        answer(told)
        if not wants_json():
            _show(told)


@click.command("postpaid")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("credits_", metavar="CREDITS", type=click.IntRange(0, 10**12))
@json_option
@click.pass_obj
def postpaid(session: Session, account_name: str, credits_: int) -> None:
    """Let ACCOUNT use so many CREDITS before it pays; each month is ordered when it is over. 0: it pays first."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        core.post_paid.set_limit(found.id, credits_)
        answer({"id": found.id, "limit": credits_}, f"{found.name} may use {credits_} credits before it pays.")


def _show(told: Statement) -> None:
    click.echo(f"{told.account}, {told.month}: {told.opening} credits at the beginning, {told.closing} at the end.")
    moved = ("purchases", "advances", "transfers", "corrections", "used")
    table("Credits", moved, [[getattr(told, name) for name in moved]])
    rows = [(one.country, one.source, one.texts, one.segments, one.credits) for one in told.lines]
    table("Texts", ("country", "source", "texts", "segments", "credits"), rows)


def _cells(one: PurchaseOrder) -> tuple[object, ...]:
    price = f"{one.price} {one.currency}" if one.price else ""
    since = f"{one.created_at:%Y-%m-%d %H:%M}"
    return one.id, one.account_id, one.reference, one.credits, price, one.state, since, one.validated_by
