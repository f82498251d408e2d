"""What an account buys and uses: orders, statements, figures, and warnings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from flask import Response

from hub.billing.model import By
from hub.billing.papers import statement_pdf, statement_rows
from hub.registry import ORDER
from hub.web.document import IF_MATCH, call
from hub.web.files import csv_answer, csv_file
from hub.web.frame import PREFIX, Frame, Resource, account, answer, one_parsed, tagged, unless_changed
from hub.web.resources.billing_values import (
    AlertBody,
    BalanceAlert,
    Consumed,
    ConsumedList,
    ConsumptionQuery,
    MonthPath,
    OrderBody,
    OrderPage,
    OrderPath,
    OrdersQuery,
    PayLink,
    PurchaseOrder,
    Statement,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.billing import model


_PDF = {
    "description": "The statement as PDF.",
    "content": {"application/pdf": {"schema": {"type": "string"}, "example": "%PDF-1.3"}},
}

MAKE_ORDER = call(
    "createPurchaseOrder",
    "Orders credits; they are bought when the order is paid. The same order again is the same order, by its reference.",
    {"201": PurchaseOrder},
    "400 403 408 409 413 415",
)
LIST_ORDERS = call("listPurchaseOrders", "The account's orders, the oldest first.", {"200": OrderPage}, "")
GET_ORDER = call("getPurchaseOrder", "One of them, with where to pay it.", {"200": PurchaseOrder}, "404")
CANCEL_ORDER = call(
    "cancelPurchaseOrder",
    "Calls an order off that nobody has paid; again, it changes nothing.",
    {"200": PurchaseOrder},
    "404 409",
)
GET_STATEMENT = call(
    "getStatement",
    "What the account had, bought and used in a month that is over. It never changes: what settles later is of the "
    "month in which it settles.",
    {"200": Statement},
    "404",
)
GET_STATEMENT_CSV = call(
    "getStatementCsv",
    "The same for a spreadsheet.",
    {"200": csv_file("month;2027-01\r\n")},
    "404",
)
GET_STATEMENT_PDF = call("getStatementPdf", "The same on paper.", {"200": _PDF}, "404")
GET_CONSUMPTION = call(
    "getConsumption",
    "Texts, segments and credits of the account and its sub-accounts, by the days on which they were handed over, and "
    "how many arrived. What is younger than a minute may not be counted yet.",
    {"200": ConsumedList},
    "",
)
GET_CONSUMPTION_CSV = call(
    "getConsumptionCsv",
    "The same for a spreadsheet.",
    {"200": csv_file("day;texts\r\n2027-01-04;1\r\n")},
    "",
)
GET_ALERT = call("getBalanceAlert", "When and where the account is warned.", {"200": BalanceAlert}, "")
SET_ALERT = call(
    "setBalanceAlert",
    "Says when and where the account is warned that few credits are left: once each time they fall below a threshold.",
    {"200": BalanceAlert},
    "400 408 412 413 415",
    openapi_extensions={"parameters": [IF_MATCH]},
)


@dataclass(frozen=True, slots=True)
class BillingCalls:
    """Orders, statements, consumption, and the balance alert."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "billing", "Billing", "What the account buys and uses.")
        calls.post("/purchase-orders", self.make_order, MAKE_ORDER)
        calls.get("/purchase-orders", self.list_orders, LIST_ORDERS)
        calls.get("/purchase-orders/<order_id>", self.get_order, GET_ORDER)
        calls.post("/purchase-orders/<order_id>/cancel", self.cancel_order, CANCEL_ORDER)
        calls.get("/statements/<month>", self.get_statement, GET_STATEMENT)
        calls.get("/statements/<month>/csv", self.get_statement_csv, GET_STATEMENT_CSV)
        calls.get("/statements/<month>/pdf", self.get_statement_pdf, GET_STATEMENT_PDF)
        calls.get("/consumption", self.get_consumption, GET_CONSUMPTION)
        calls.get("/consumption/csv", self.get_consumption_csv, GET_CONSUMPTION_CSV)
        calls.get("/account/balance-alert", self.get_alert, GET_ALERT)
        calls.put("/account/balance-alert", self.set_alert, SET_ALERT)
        return calls.routes

    def make_order(self, body: OrderBody) -> Response:
        """Order credits."""
        orders = self.frame.core.orders
        made = self._order(orders.make(account().id, body.credits, body.reference, body.price, body.currency))
        return answer(made, 201, {"Location": f"{PREFIX}/purchase-orders/{made.id}"})

    def list_orders(self, query: OrdersQuery) -> Response:
        """List orders, page by page."""
        states = () if query.state is None else (query.state,)
        found = self.frame.core.orders.all(account().id, states=states, after=query.cursor or 0, limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].id if len(found) > len(page) else None
        return answer(OrderPage(items=list(map(self._order, page)), next=more))

    def get_order(self, path: OrderPath) -> Response:
        """Look at an order."""
        return answer(self._order(self.frame.core.orders.get(account().id, path.order_id)))

    def cancel_order(self, path: OrderPath) -> Response:
        """Call an order off."""
        return answer(self._order(self.frame.core.orders.cancel(account().id, path.order_id)))

    def get_statement(self, path: MonthPath) -> Response:
        """Look at a month."""
        return answer(
            Statement.model_validate(self.frame.core.statements.of(account().id, path.month), from_attributes=True)
        )

    def get_statement_csv(self, path: MonthPath) -> Response:
        """A month for a spreadsheet."""
        told = self.frame.core.statements.of(account().id, path.month)
        first, *rest = statement_rows(account(), told)
        return csv_answer(f"statement-{path.month}.csv", first, rest)

    def get_statement_pdf(self, path: MonthPath) -> Response:
        """A month on paper."""
        told = self.frame.core.statements.of(account().id, path.month)
        headers = {"Content-Disposition": f'attachment; filename="statement-{path.month}.pdf"'}
        return Response(statement_pdf(account(), told), 200, headers, mimetype="application/pdf")

    def get_consumption(self, query: ConsumptionQuery) -> Response:
        """Look at what was used."""
        return answer(ConsumedList(items=[Consumed.model_validate(one) for one in self._consumed(query)]))

    def get_consumption_csv(self, query: ConsumptionQuery) -> Response:
        """What was used, for a spreadsheet."""
        rows = [asdict(one) for one in self._consumed(query)]
        left_out = {str(one) for one in By} - query.kinds
        names = [name for name in Consumed.model_fields if name not in left_out]
        cells = ([row[name] for name in names] for row in rows)
        return csv_answer(f"consumption-{query.first}-{query.last}.csv", names, cells)

    def get_alert(self) -> Response:
        """Look at when and where the account is warned."""
        return tagged(BalanceAlert.model_validate(self.frame.core.balance_alerts.get(account().id)))

    def set_alert(self, body: AlertBody) -> Response:
        """Say when and where."""
        mine = account()
        phone = None if body.phone is None else one_parsed(body.phone, mine.country, "phone")

        def check(now: model.BalanceAlert) -> None:
            unless_changed(BalanceAlert.model_validate(now))

        alerts = self.frame.core.balance_alerts
        return tagged(BalanceAlert.model_validate(alerts.set(mine.id, body.threshold, body.emails, phone, check)))

    def _consumed(self, query: ConsumptionQuery) -> tuple[model.Consumed, ...]:
        return self.frame.core.consumption.of(account().id, query.first, query.last, query.kinds)

    def _order(self, order: model.PurchaseOrder) -> PurchaseOrder:
        """An order with where to pay it, while it is open."""
        links = [one for one in self.frame.core.plugins.registry.console_links if one.place == ORDER]
        pay_at = [
            PayLink(label=one.label, href=f"{self.frame.core.public_url}{one.path.replace('{id}', str(order.id))}")
            for one in links
            if order.state == "open"
        ]
        return PurchaseOrder.model_validate(order).model_copy(update={"pay_at": pay_at})
