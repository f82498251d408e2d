"""What was used and what was bought: /metrics/consumption, /account/invoice; and /lookup, which no route does yet."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hub import By
from hub_smsfactor_api.account import children_of, date_before
from hub_smsfactor_api.numbers import read_id
from hub_smsfactor_api.rendering import Paper, Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.times import PARIS, read_day, written, written_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hub import Consumed, PurchaseOrder
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

PAGE = 1000
_UNKNOWN_COUNTRY = "unknown"


def show_consumption(asked: Asked) -> Reply:
    """GET /metrics/consumption: credits by country, of the account and of each of its sub-accounts."""
    first, last = _span(asked)
    mine = asked.account.id
    wanted = [one.upper() for value in asked.wishes.values("country") for one in value.replace(",", " ").split()]
    only = asked.wishes.value("sub_account_id")
    accounts = {mine} if only is None else {read_id(only, "sub-account")}
    if only is not None:
        asked.hub.rooms.children.get(mine, *accounts)
    used = [
        one
        for one in asked.hub.rooms.consumption.of(mine, first, last, [By.COUNTRY, By.ACCOUNT])
        if (not wanted or one.country in wanted) and (only is None or one.account in accounts)
    ]
    by_account: dict[int, list[Consumed]] = {}
    for one in used:
        by_account.setdefault(one.account or mine, []).append(one)
    names = {mine: asked.account.name} | {one.id: one.name for one in children_of(asked.hub, mine)}
    own, *others = (_of_account(one, names, by_account.get(one, [])) for one in (mine, *sorted({*by_account} - {mine})))
    return Reply({"data": {**_sums(used), "my_account": own, "by_sub_accounts": others}})


def list_invoices(asked: Asked) -> Reply:
    """GET /account/invoice."""
    return Reply({"invoices": [_invoice(one) for one in _orders(asked)]})


def show_invoice(asked: Asked) -> Reply:
    """GET /account/invoice/:id."""
    order = asked.hub.rooms.orders.get(asked.account.id, read_id(asked.ids[0], "invoice"))
    return Reply({"invoice": _invoice(order)})


def download_invoice(asked: Asked) -> Paper:
    """GET /account/invoice/:id/download."""
    order_id = read_id(asked.ids[0], "invoice")
    return Paper(asked.hub.rooms.orders.paper(asked.account.id, order_id), f"invoice-{order_id}.pdf")


def lookup(_: Asked) -> Reply:
    """POST /lookup."""
    raise Refused(Status.NOT_FOUND, "No route of this hub looks numbers up (HLR); nothing was charged.")


def _span(asked: Asked) -> tuple[date, date]:
    """The days that are asked for; without a word those of this month."""
    today = asked.hub.clock.now().astimezone(PARIS).date()
    said = asked.wishes.value("date_start"), asked.wishes.value("date_end")
    last = read_day(said[1], "date_end") if said[1] else today
    first = read_day(said[0], "date_start") if said[0] else last.replace(day=1)
    if last < first:
        raise Refused(Status.DATA, "date_end is before date_start.")
    if last - first > timedelta(days=366):
        raise Refused(Status.DATA, f"A span has a year at most; end it before {date_before(last)}.")
    return first, last


def _of_account(account_id: int, names: Mapping[int, str], used: list[Consumed]) -> dict[str, Value]:
    return {"account_id": account_id, "company": names.get(account_id), "conso": _sums(used)}


def _sums(used: list[Consumed]) -> dict[str, Value]:
    by_country: Counter[str] = Counter()
    for one in used:
        by_country[one.country or _UNKNOWN_COUNTRY] += one.credits
    return {"total": by_country.total(), "by_country": dict(sorted(by_country.items()))}


def _orders(asked: Asked) -> Iterator[PurchaseOrder]:
    after = 0
    while page := asked.hub.rooms.orders.all(asked.account.id, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _invoice(order: PurchaseOrder) -> dict[str, Value]:
    """An order as an invoice; the hub's prices are without a tax of their own."""
    price = str(Decimal(order.price)) if order.price else "0"
    return {
        "id": str(order.id),
        "name": order.reference,
        "creation": written(order.created_at),
        "validation": written_or_none(order.ended_at) if order.state == "paid" else None,
        "price": price,
        "vat": "0",
        "total": price,
        "currency": order.currency,
        "status": order.state.value,
        "payment_type": "online" if order.payment else "transfer",
        "products": [{"name": "SMS", "quantity": str(order.credits), "price": price}],
    }
