"""The account, its sub-accounts, credits, tokens, invoices and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.testing.databases import KINDS

from .conftest import FRIEND, PASSWORD, replied

if TYPE_CHECKING:
    from hub.testing.databases import Databases

    from .conftest import Site

LEA = {"email": "lea@salon.example", "password": PASSWORD, "country_code": "FR", "isChild": 1}


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


def open_child(site: Site, **more: Any) -> dict[str, Any]:
    """Open a sub-account."""
    return site.post("/account", {"account": {**LEA, "company": "Salon Est", **more}})


def test_the_account_is_shown_in_texts(site: Site) -> None:
    """Every value is one, or null."""
    found = site.get("/account")["account"]
    assert (found["client_id"], found["company"], found["credits"], found["status"]) == (
        str(site.hub.account.id),
        "Salon Exemple",
        "1000",
        "1",
    )
    assert {type(value) for value in found.values()} == {str, type(None)}


def test_a_sub_account_is_opened_with_its_owner(site: Site) -> None:
    """Who signs in with the address and password that were given, and sends under the name that was."""
    made = open_child(site, sender="SalonEst", firstname="Léa", unlimited=1)
    assert (made["active"], made["id"].isdecimal()) == ("1", True)
    login = {"username": LEA["email"], "password": PASSWORD, "text": "a", "to": FRIEND}
    headers = {"Accept": "application/json"}
    sent = replied(site.client.get("/smsfactor/send", query_string=login, headers=headers))
    assert (sent["status"], sent["sent"]) == (1, 1)
    site.hub.drain()
    assert site.hub.carrier.taken[0].sender == "SalonEst"
    shown = site.get(f"/sub-account/{made['id']}")["sub-account"]
    assert [shown[name] for name in ("firstname", "senderid", "unlimited", "email")] == [
        "Léa",
        "SalonEst",
        "1",
        LEA["email"],
    ]


def test_two_sub_accounts_may_have_one_company_and_never_one_address(site: Site) -> None:
    """Of the second nothing is kept."""
    open_child(site)
    assert open_child(site, email="max@salon.example")["status"] == 1
    assert open_child(site)["status"] == -7
    assert len(site.get("/sub-accounts")["sub-accounts"]) == 2


@pytest.mark.parametrize(
    "wrong", [{"password": "court"}, {"email": "no address"}, {"isChild": 0}, {"type": "robot"}, {"country_code": "F"}]
)
def test_an_account_that_cannot_be_opened_is_a_data_error(site: Site, wrong: dict[str, Any]) -> None:
    """-7, and there is none then."""
    assert open_child(site, **wrong)["status"] == -7
    assert site.get("/sub-accounts")["sub-accounts"] == []


def test_sub_accounts_are_listed_with_what_they_used(site: Site) -> None:
    """Consumptions are numbers."""
    open_child(site)
    (found,) = site.get("/sub-accounts")["sub-accounts"]
    assert (found["time_zone"], found["current_month_consumption"], found["previous_month_consumption"]) == (
        "Europe/Paris",
        0,
        0,
    )


def test_credits_are_transferred_and_both_balances_told(site: Site) -> None:
    """More than there are is -3; to a stranger -5."""
    child = open_child(site)["id"]

    def transfer(to: object, amount: object) -> dict[str, Any]:
        return site.post("/account/transfer", {"transfer": {"to_account": to, "credits": amount}})

    reply = transfer(int(child), 10)
    assert (reply["credits"], reply["child_credits"]) == ("990", "10")
    assert [transfer(child, 5000)["status"], transfer(999, 1)["status"], transfer(child, "x")["status"]] == [-3, -5, -7]


def test_a_sub_account_is_locked_and_unlocked_by_get(site: Site) -> None:
    """Yes, GET."""
    child = open_child(site)["id"]
    states = [site.get(f"/account/{child}/{one}")["state"] for one in ("lock", "unlock")]
    assert states == ["locked", "unlocked"]
    assert site.get("/account/999/lock")["status"] == -5


def test_a_token_is_shown_once_and_opens(site: Site) -> None:
    """From its addresses, until it expires."""
    made = site.post("/token", {"token": {"name": "site", "ttl": 60, "allowed_ips": ["127.0.0.0/8", "2001:db8::/32"]}})
    assert (made["token_id"].isdecimal(), made["allowed_ips"]) == (True, ["127.0.0.0/8", "2001:db8::/32"])
    bearer = {"headers": {"Authorization": f"Bearer {made['token']}"}}
    assert site.call("GET", "/credits", **bearer)["status"] == 1
    shown = site.get(f"/token/{made['token_id']}")["token"]
    assert (shown["api_token_id"], shown["ttl"], shown["is_active"]) == (int(made["token_id"]), 60, "1")
    assert (made["token"] in str(site.get("/token")), len(site.get("/token")["tokens"])) == (False, 2)
    site.hub.clock.advance(seconds=61)
    assert site.call("GET", "/credits", **bearer)["details"] == "Token invalide"


def test_a_token_is_deleted_once_and_never_the_one_that_is_shown(site: Site) -> None:
    """Whoever has no other would stand before a closed door."""
    made = site.post("/token", {"token": {"name": "site"}})["token_id"]
    assert site.delete(f"/token/{made}") == {"status": 1, "message": "OK", "deleted_token": made}
    assert site.delete(f"/token/{made}")["status"] == -5
    (own,) = site.get("/token")["tokens"]
    assert site.delete(f"/token/{own['api_token_id']}")["status"] == -7


def test_a_token_for_a_sub_account_opens_that(site: Site) -> None:
    """And for nobody else's."""
    child = open_child(site)["id"]
    made = site.post(f"/token/account/{child}", {"token": {"name": "est"}})
    bearer = {"headers": {"Authorization": f"Bearer {made['token']}"}}
    assert site.call("GET", "/account", **bearer)["account"]["client_id"] == child
    assert site.post("/token/account/999", {"token": {"name": "x"}})["status"] == -5


def test_the_warning_of_few_credits_is_set_wrapped_or_not(site: Site) -> None:
    """One client leaves the wrapping out."""
    said = {"alert_trigger": 500, "alert_email": 1, "alert_gsm": "1", "email": "a@b.example", "phone_number": FRIEND}
    assert site.put("/notification/balance", {"notification": said})["status"] == 1
    assert site.put("/notification/balance", {"alert_trigger": 400, "alert_gsm": 0})["status"] == 1
    found = site.get("/notification/balance")["notification"]
    assert (found["alert_trigger"], found["alert_email"], found["alert_gsm"], found["email"]) == (
        "400",
        "1",
        "0",
        "a@b.example",
    )


def test_what_is_kept_is_kept_without_end(site: Site) -> None:
    """A period cannot be promised yet, and is refused."""
    endless = dict.fromkeys(("message", "list", "survey", "campaign"), "-1")
    assert site.get("/retention")["data_retention"] == endless
    assert site.put("/retention", {"retention": endless})["retention"] == endless
    assert site.put("/retention", {"retention": {"message": "2d"}})["status"] == -7


def test_consumption_is_told_by_country_and_account(site: Site) -> None:
    """Numbers, of the days that are asked for."""
    site.send(FRIEND)
    site.hub.drain()
    site.hub.core.counting.count_entries()
    data = site.get("/metrics/consumption", date_start="2026-11-01", date_end="2026-11-30")["data"]
    assert (data["total"], data["by_country"], data["by_sub_accounts"]) == (1, {"FR": 1}, [])
    assert data["my_account"]["conso"] == {"total": 1, "by_country": {"FR": 1}}
    assert site.get("/metrics/consumption", country="CH")["data"]["total"] == 0
    assert site.get("/metrics/consumption", sub_account_id="999")["status"] == -5


def test_orders_are_invoices(site: Site) -> None:
    """Listed, shown, and downloaded as a PDF of exactly that type."""
    order = site.hub.core.orders.make(site.hub.account.id, 500, "Novembre", "24.50", "EUR")
    (found,) = site.get("/account/invoice")["invoices"]
    assert (found["id"], found["name"], found["total"], found["status"]) == (str(order.id), "Novembre", "24.50", "open")
    assert site.get(f"/account/invoice/{order.id}")["invoice"] == found
    headers = {"Authorization": f"Bearer {site.hub.token}"}
    paper = site.client.get(f"/smsfactor/account/invoice/{order.id}/download", headers=headers)
    assert (paper.headers["Content-Type"], paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert paper.headers["Content-Disposition"] == f'attachment; filename="invoice-{order.id}.pdf"'
    assert paper.headers["Content-Length"] == str(len(paper.data))


def test_no_route_looks_numbers_up(site: Site) -> None:
    """And it says so."""
    reply = site.post("/lookup", {"lookup": {"to": [FRIEND]}})
    assert (reply["status"], "HLR" in reply["details"]) == (-5, True)
