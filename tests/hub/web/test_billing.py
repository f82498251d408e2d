"""What an account buys and uses, over HTTP and on both databases."""

from __future__ import annotations

import csv
import io
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint

from hub import hookimpl
from hub.plugin_manager import Plugins
from tests.hub.messages.conftest import database_url, worn_postgresql
from tests.hub.web.conftest import Caller

if TYPE_CHECKING:
    from hub import Hub, Registry
    from tests.conftest import HubMaker

__all__ = ["database_url", "worn_postgresql"]

ORDERS = "/api/v1/purchase-orders"
ALERT = "/api/v1/account/balance-alert"
AN_ORDER = {"credits": 500, "reference": "BC-17", "price": "24.50", "currency": "EUR"}


def look(caller: Caller, path: str, **query: Any) -> Any:
    """Get a page of the API."""
    return caller.get(path, **query)


def order(caller: Caller, **changes: Any) -> Any:
    """Order credits."""
    return caller.client.post(ORDERS, json=AN_ORDER | changes, headers=caller.bearer)


def test_an_order_is_made_and_looked_at(caller: Caller) -> None:
    """Its Location leads to it."""
    made = order(caller)
    assert made.status_code == 201
    assert look(caller, made.headers["Location"]).json == made.json
    assert (made.json["state"], made.json["price"]) == ("open", "24.50")


def test_orders_are_listed_page_by_page(caller: Caller) -> None:
    """The oldest first."""
    for place in range(3):
        order(caller, reference=f"BC-{place}")
    first = look(caller, ORDERS, limit=2).json
    second = look(caller, ORDERS, limit=2, cursor=first["next"]).json
    pages = [[one["reference"] for one in page["items"]] for page in (first, second)]
    assert (pages, second["next"]) == ([["BC-0", "BC-1"], ["BC-2"]], None)


def test_an_order_is_called_off(caller: Caller) -> None:
    """And is listed so."""
    made = order(caller).json
    answer: Any = caller.client.post(f"{ORDERS}/{made['id']}/cancel", headers=caller.bearer)
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    assert [one["id"] for one in look(caller, ORDERS, state="cancelled").json["items"]] == [made["id"]]


def test_a_paid_order_is_not_called_off(caller: Caller) -> None:
    """Its credits are bought."""
    made = order(caller).json
    caller.hub.core.orders.validate(made["id"], "marie")
    answer: Any = caller.client.post(f"{ORDERS}/{made['id']}/cancel", headers=caller.bearer)
    assert (answer.status_code, answer.json["code"]) == (409, "order_paid")


def test_a_sub_account_cannot_order(caller: Caller) -> None:
    """Nor can its parent in its name."""
    child = caller.hub.core.children.create(caller.hub.account.id, "Filiale")
    answer: Any = caller.client.post(ORDERS, json=AN_ORDER, headers=caller.bearer | {"Hub-Account": str(child.id)})
    assert (answer.status_code, answer.json["code"]) == (403, "sub_account_cannot_buy")


def test_another_accounts_order_is_answered_like_none(caller: Caller) -> None:
    """Looked at or called off."""
    other, _ = caller.hub.core.accounts.create("Boutique Exemple", "FR")
    theirs = caller.hub.core.orders.make(other.id, 5, "BC-1")
    answers: list[Any] = [
        look(caller, f"{ORDERS}/{theirs.id}"),
        look(caller, f"{ORDERS}/{theirs.id + 1}"),
        caller.client.post(f"{ORDERS}/{theirs.id}/cancel", headers=caller.bearer),
    ]
    assert {(one.status_code, one.json["detail"]) for one in answers} == {
        (404, "This account has no order of that id.")
    }


@dataclass
class Till:
    """A plugin of a payment service: a link beside each order, and a callback that says it is paid."""

    hub_api: int = 1

    @hookimpl
    def hub_register_console(self, registry: Registry) -> None:
        """Show where to pay."""
        registry.add_console_link("order", "Carte bancaire", "/till/pay/{id}")

    @hookimpl
    def hub_register_blueprints(self, registry: Registry) -> None:
        """Take the callback."""
        registry.add_blueprint(self._build)

    def _build(self, hub: Hub) -> Blueprint:
        routes = Blueprint("till", __name__, url_prefix="/till")

        @routes.post("/<int:account_id>/<int:order_id>/<payment>")
        def callback(account_id: int, order_id: int, payment: str) -> dict[str, str]:
            return {"state": hub.purchase_order_paid(account_id, order_id, payment).state}

        return routes


@pytest.fixture
def paying(make: HubMaker) -> Caller:
    """A caller on a hub with a payment service."""
    plugins = Plugins()
    plugins.add(Till(), "till")
    return Caller(make(plugins=plugins, settings={"HUB_HUB_PUBLIC_URL": "https://hub.example"}))


def test_a_payment_service_pays_an_order_once(paying: Caller) -> None:
    """However often it calls back."""
    made = order(paying).json
    answers: list[Any] = [paying.client.post(f"/till/{paying.hub.account.id}/{made['id']}/pay_1") for _ in range(3)]
    assert [(one.status_code, one.json["state"]) for one in answers] == [(200, "paid")] * 3
    assert look(paying, "/api/v1/account").json["balance"]["available"] == 1500


def test_an_open_order_says_where_to_pay_it(paying: Caller) -> None:
    """As plugins say; one that is paid does not."""
    made = order(paying).json
    assert made["pay_at"] == [{"label": "Carte bancaire", "href": f"https://hub.example/till/pay/{made['id']}"}]
    paying.hub.core.orders.validate(made["id"], "marie")
    assert look(paying, f"{ORDERS}/{made['id']}").json["pay_at"] == []


@pytest.fixture
def december(caller: Caller) -> Caller:
    """A caller whose account has texted in November, and now it is December."""
    hub = caller.hub
    hub.send("+33612345678", "+33612345679", text="Bonjour " * 25, source="mail")
    hub.send("+32470123456", source="=cmd|'/c calc'!A0")
    hub.drain()
    hub.core.accounts.add_credits(hub.account.id, 250)
    hub.core.accounts.add_credits(hub.account.id, -10)
    hub.clock.advance(days=10)
    hub.core.counting.count_entries()
    return caller


def test_a_statement_is_the_same_as_json_csv_and_pdf(december: Caller) -> None:
    """Every figure of it."""
    path = "/api/v1/statements/2026-11"
    told = look(december, path).json
    sheet, paper = look(december, f"{path}/csv"), look(december, f"{path}/pdf")
    names = ("account", "month", "opening", "purchases", "advances", "transfers", "corrections", "used", "closing")
    figures = [str(told[name]) for name in names]
    rows = list(csv.reader(io.StringIO(sheet.data.decode("utf-8-sig")), delimiter=";"))
    assert [row[1] for row in rows[: len(names)]] == figures
    lines = [[str(cell) for cell in one.values()] for one in told["lines"]]
    assert [[row[0], row[1].removeprefix("'"), *row[2:]] for row in rows[len(names) + 2 :]] == lines
    words = words_of(paper.data)
    assert [one for one in (*figures, *(cell for line in lines for cell in line)) if one not in words] == []


def words_of(pdf: bytes) -> list[str]:
    """The texts that stand in a PDF."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    opened = b"".join(_inflated(one) for one in streams)
    return [re.sub(r"\\(.)", r"\1", one.decode("latin-1")) for one in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", opened)]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def test_a_statement_opens_in_a_spreadsheet_without_carrying_anything_out(december: Caller) -> None:
    """It begins as Excel wants UTF-8 to, and a formula is a text."""
    sheet = look(december, "/api/v1/statements/2026-11/csv").data
    assert sheet.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(sheet.decode("utf-8-sig")), delimiter=";") for cell in row]
    assert "'=cmd|'/c calc'!A0" in cells
    assert [one for one in cells if one.startswith(("=", "+", "@")) or re.match(r"-\D", one)] == []


def test_a_statement_on_paper_is_the_same_bytes_again(december: Caller) -> None:
    """It never changes."""
    first, second = (look(december, "/api/v1/statements/2026-11/pdf").data for _ in range(2))
    assert first == second


def test_a_name_beyond_latin_letters_does_not_keep_a_statement_from_paper(make: HubMaker) -> None:
    """What the fonts lack is a question mark."""
    hub = make()
    hub.account, token = hub.core.accounts.create("Łódź 東京", "FR", credits_=1)
    hub.token = token.secret
    hub.clock.advance(days=10)
    words = words_of(look(Caller(hub), "/api/v1/statements/2026-11/pdf").data)
    assert "?ód? ??" in words


@pytest.mark.parametrize(
    ("month", "status", "code"), [("2026-12", 422, "month_not_over"), ("2026-10", 404, "not_found")]
)
def test_a_month_without_a_statement(december: Caller, month: str, status: int, code: str) -> None:
    """One that is not over, or was before the account."""
    answer = look(december, f"/api/v1/statements/{month}")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_consumption_is_told_apart_as_asked(december: Caller) -> None:
    """By country and day."""
    span = {"from": "2026-11-01", "to": "2026-11-30"}
    told = look(december, "/api/v1/consumption", **span, by="country,day").json["items"]
    assert [(one["day"], one["country"], one["source"], one["texts"], one["segments"]) for one in told] == [
        ("2026-11-24", "BE", None, 1, 1),
        ("2026-11-24", "FR", None, 2, 4),
    ]


def test_consumption_without_a_word_is_one_sum(december: Caller) -> None:
    """Of all there is."""
    (told,) = look(december, "/api/v1/consumption", **{"from": "2026-11-01", "to": "2026-11-30"}).json["items"]
    assert (told["texts"], told["day"]) == (3, None)


def test_consumption_for_a_spreadsheet_has_the_same_figures(december: Caller) -> None:
    """In the columns that were asked for."""
    span = {"from": "2026-11-01", "to": "2026-11-30", "by": "country"}
    sheet = look(december, "/api/v1/consumption/csv", **span).data.decode("utf-8-sig")
    told = look(december, "/api/v1/consumption", **span).json["items"]
    names = ("country", "texts", "segments", "credits", "delivered", "undelivered")
    wanted = [{name: str(one[name]) for name in names} for one in told]
    assert list(csv.DictReader(io.StringIO(sheet), delimiter=";")) == wanted


@pytest.mark.parametrize("query", [{"by": "hour"}, {"from": "yesterday"}, {"to": "2029-01-01"}, {"to": "2026-10-01"}])
def test_a_consumption_that_cannot_be_told_is_refused(caller: Caller, query: dict[str, str]) -> None:
    """With a sentence."""
    answer = look(caller, "/api/v1/consumption", **({"from": "2026-11-01", "to": "2026-11-30"} | query))
    assert answer.status_code == 422


def put(caller: Caller, **body: Any) -> Any:
    """Set the alert."""
    etag = body.pop("etag", None)
    headers = caller.bearer | ({"If-Match": etag} if etag else {})
    return caller.client.put(ALERT, json=body, headers=headers)


def test_an_alert_is_set_and_looked_at(caller: Caller) -> None:
    """A number as people write it is kept in E.164."""
    made = put(caller, threshold=200, emails=["compta@salon.example"], phone="06 12 34 56 78")
    assert (made.status_code, made.json["phone"]) == (200, "+33612345678")
    assert look(caller, ALERT).json == made.json


def test_an_alert_is_switched_off(caller: Caller) -> None:
    """By a threshold of null."""
    put(caller, threshold=200, emails=["compta@salon.example"])
    assert put(caller, threshold=None).json["threshold"] is None


def test_an_alert_that_was_changed_meanwhile_is_not_overwritten(caller: Caller) -> None:
    """Who edits what they read long ago is told."""
    etag = look(caller, ALERT).headers["ETag"]
    put(caller, threshold=100)
    answer = put(caller, threshold=200, etag=etag)
    assert (answer.status_code, answer.json["code"]) == (412, "changed_meanwhile")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"threshold": 5, "emails": ["nobody"]}, "emails[0]"),
        ({"threshold": 5, "phone": "12"}, "phone"),
        ({"threshold": 0}, "threshold"),
    ],
)
def test_a_faulty_alert_is_refused_by_its_field(caller: Caller, body: dict[str, Any], field: str) -> None:
    """Which one, and why."""
    answer = put(caller, **body)
    assert answer.status_code == 422
    assert field in answer.json["errors"][0]["field"]
