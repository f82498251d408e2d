"""No endpoint opens to who is not known, nor shows one account what is another's: every one of them is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.events.model import EventType
from hub_smsfactor_api import STYLE
from hub_smsfactor_api.endpoints import ENDPOINTS
from hub_smsfactor_api.numbers import contact_id

from .conftest import EMAIL, FRIEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Site

THINGS = {
    "/list": {"list": {"listId": ":list"}},
    "/send/lists": {"sms": {"message": {"text": "a"}, "lists": [{"value": ":list"}]}},
    "/send/lists/simulate": {"sms": {"message": {"text": "a"}, "lists": [{"value": ":list"}]}},
    "/account/transfer": {"transfer": {"to_account": ":account", "credits": 1}},
    "/dr": {"deliveryreport": {"message": {"ticket": ":ticket"}}},
}
"""Bodies that name a thing; the rest is named in paths."""

STRANGERS: dict[str, Callable[[Site], dict[str, str]]] = {
    "nothing": lambda _: {},
    "a wrong token": lambda _: {"Authorization": "Bearer hub_live_" + "A" * 43},
    "half a token": lambda site: {"Authorization": f"Bearer {site.hub.token[:-1]}"},
    "a token without its scheme": lambda site: {"Authorization": site.hub.token},
    "a wrong password": lambda _: {"sfusername": EMAIL, "sfpassword": "x"},
    "a name alone": lambda _: {"sfusername": EMAIL},
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_endpoint_opens_to_who_is_not_known(site: Site, stranger: str) -> None:
    """-1 on every one of them, and nothing happens."""
    headers = {"Authorization": "", **STRANGERS[stranger](site)}
    asked = ENDPOINTS if "password" not in stranger else ENDPOINTS[:5]
    replies = {site.call(one.method, _path(one.path, "1"), {}, headers=headers)["status"] for one in asked}
    assert (replies, site.hub.core.campaigns.latest()) == ({-1}, ())


def test_another_accounts_things_are_nobodys(site: Site) -> None:
    """-5 on every endpoint that names one, as for one that nobody has; and nothing of them is changed."""
    core, mine = site.hub.core, site.hub.account.id
    ticket = site.send(FRIEND, delay="2027-01-04 09:30:00")["ticket"]
    made = site.post("/list", {"list": {"name": "a", "contacts": {"gsm": [FRIEND]}}})["id"]
    hook = core.webhooks.create(mine, "https://exemple.fr/h", [EventType.MESSAGE_INBOUND], style=STYLE)
    child = core.children.create(mine, "Salon Est", credits_=5)
    order = core.orders.make(mine, 10, "BC-1")
    token = core.tokens.all(mine)[0]
    ids = {
        "/send": ticket,
        "/campaign": ticket,
        "/list/contact": contact_id(int(made), f"+{FRIEND}"),
        "/list": made,
        "/blacklist": contact_id(0xFFFFFFF0, f"+{FRIEND}"),
        "/sub-account": str(child.id),
        "/account/invoice": str(order.id),
        "/account": str(child.id),
        "/token/account": str(child.id),
        "/token": str(token.id),
        "/webhook": str(hook.webhook.id),
    }
    named = {":list": made, ":account": str(child.id), ":ticket": ticket}
    site.post("/blacklist", {"blacklist": {"contacts": {"gsm": [FRIEND]}}})
    before = _state(site, made)
    _, stranger = core.accounts.create("Boutique Exemple", "FR", credits_=10)
    headers = {"Authorization": f"Bearer {stranger.secret}"}
    walked = 0
    for one in ENDPOINTS:
        body = _filled(THINGS.get(one.path, {"webhook": {}, "contact": {"info1": "x"}}), named)
        thing = next((ids[start] for start in ids if one.path.startswith(f"{start}/")), "")
        if ":" in one.path or one.path in THINGS:
            walked += 1
            reply = site.call(one.method, _path(one.path, thing), body, headers=headers)
            assert reply["status"] == -5, f"{one.method} {one.path}"
    assert (walked, _state(site, made)) == (29, before)


def _state(site: Site, list_id: str) -> Any:
    """What the owner has, as it stands."""
    core, mine = site.hub.core, site.hub.account.id
    return (
        core.campaigns.latest(mine),
        core.lists.contacts(mine, int(list_id)),
        core.webhooks.all(mine),
        core.children.all(mine),
        core.accounts.balance(mine),
        core.suppressions.all(mine),
        len(core.tokens.all(mine)),
    )


def _path(path: str, thing: str) -> str:
    return "/".join(thing if piece.startswith(":") else piece for piece in path.split("/"))


def _filled(body: Any, named: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(one, named) for name, one in body.items()}
    if isinstance(body, list):
        return [_filled(one, named) for one in body]
    return named.get(body, body)
