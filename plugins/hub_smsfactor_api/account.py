"""The account and its sub-accounts: /account, /sub-accounts, credits and their transfer, warnings, retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import By, Conflict
from hub_smsfactor_api.numbers import bare, read_id, required_number
from hub_smsfactor_api.profiles import FIELDS, keep_profile, profile_of, profiles_of
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.times import PARIS, ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hub import Account, Hub
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

TYPES = ("company", "association", "administration", "private")
KEPT = ("message", "list", "survey", "campaign")
ENDLESS = "-1"
PAGE = 1000
_LONGEST_NAME = 60


def show_credits(asked: Asked) -> Reply:
    """GET /credits."""
    limit = asked.hub.rooms.post_paid.limit_of(asked.account.id)
    return Reply(
        {
            "credits": str(asked.hub.rooms.accounts.balance(asked.account.id).available),
            "postpaid": str(int(limit > 0)),
            "postpaid_limit": str(limit) if limit else False,
            "unlimited": asked.account.draws,
        }
    )


def show_account(asked: Asked) -> Reply:
    """GET /account."""
    said = profile_of(asked.hub, asked.account.id)
    credits_ = asked.hub.rooms.accounts.balance(asked.account.id).available
    return Reply({"account": _shown(asked.account, said, credits_)})


def create_account(asked: Asked) -> Reply:
    """POST /account: a sub-account, whose owner signs in with the address and password that are given."""
    document = asked.body.inner("account")
    if document.flag("isChild") is False:
        raise Refused(Status.DATA, "Accounts of their own are opened by the hub's operator; send isChild: 1.")
    email, password = document.required("email"), document.raw("password")
    if not password:
        raise Refused(Status.DATA, "password is missing.")
    kind = document.value("type")
    if kind is not None and kind.lower() not in TYPES:
        raise Refused(Status.DATA, f"type is one of {', '.join(TYPES)}.")
    said = {name: value for name in FIELDS if (value := document.value(name))}
    wish = _Wish(_name(said), email, password, document.value("country_code"), bool(document.flag("unlimited")))
    made = _opened(asked, wish)
    keep_profile(asked.hub, made.id, said)
    return Reply({"id": str(made.id), "active": "1"})


def show_sub_accounts(asked: Asked) -> Reply:
    """GET /sub-accounts."""
    children = list(children_of(asked.hub, asked.account.id))
    balances = asked.hub.rooms.accounts.balances([one.id for one in children])
    said = profiles_of(asked.hub, [one.id for one in children])
    today = asked.hub.clock.now().astimezone(PARIS).date()
    first = today.replace(day=1)
    before = date_before(first)
    now = _used(asked.hub, asked.account.id, first, today)
    then = _used(asked.hub, asked.account.id, before.replace(day=1), before)
    shown = [
        {
            **_shown(one, said.get(one.id, {}), balances[one.id].available),
            "time_zone": ZONE,
            "current_month_consumption": now.get(one.id, 0),
            "previous_month_consumption": then.get(one.id, 0),
        }
        for one in children
    ]
    return Reply({"sub-accounts": shown})


def show_sub_account(asked: Asked) -> Reply:
    """GET /sub-account/:id."""
    child = asked.hub.rooms.children.get(asked.account.id, read_id(asked.ids[0], "sub-account"))
    credits_ = asked.hub.rooms.accounts.balance(child.id).available
    return Reply({"sub-account": _shown(child, profile_of(asked.hub, child.id), credits_)})


def lock(asked: Asked) -> Reply:
    """GET /account/:id/lock."""
    return _set_locked(asked, locked=True)


def unlock(asked: Asked) -> Reply:
    """GET /account/:id/unlock."""
    return _set_locked(asked, locked=False)


def transfer(asked: Asked) -> Reply:
    """POST /account/transfer."""
    document = asked.body.inner("transfer")
    child_id = read_id(document.required("to_account", "toAccount"), "sub-account")
    amount = document.number("credits", least=-(2**31))
    if amount is None:
        raise Refused(Status.DATA, "credits is missing.")
    balance = asked.hub.rooms.children.transfer(asked.account.id, child_id, amount)
    mine = asked.hub.rooms.accounts.balance(asked.account.id)
    return Reply({"credits": str(mine.available), "child_credits": str(balance.available)})


def show_retention(_: Asked) -> Reply:
    """GET /retention: this API keeps what an account has until somebody deletes it.

    How long the hub keeps the words of texts is its operator's to say, for all accounts (`[retention]`).
    """
    return Reply({"data_retention": dict.fromkeys(KEPT, ENDLESS)})


def set_retention(asked: Asked) -> Reply:
    """PUT /retention: what is kept without end already may be asked for again; a period cannot be kept yet."""
    document = asked.body.inner("retention", "data_retention")
    said = {name: document.value(name) for name in KEPT if document.has(name)}
    if not said:
        raise Refused(Status.DATA, f"Name at least one of {', '.join(KEPT)}.")
    others = [name for name, value in said.items() if value != ENDLESS]
    if others:
        raise Refused(Status.DATA, f"This account cannot say how long things are kept: {', '.join(others)} stays -1.")
    return Reply({"retention": dict.fromkeys(KEPT, ENDLESS)})


def show_alert(asked: Asked) -> Reply:
    """GET /notification/balance."""
    return Reply({"notification": _alert(asked)})


def set_alert(asked: Asked) -> Reply:
    """PUT /notification/balance."""
    document = asked.body.inner("notification")
    trigger = document.number("alert_trigger")
    if trigger is None:
        raise Refused(Status.DATA, "alert_trigger is missing.")
    before = asked.hub.rooms.balance_alerts.get(asked.account.id)
    email = document.value("email") or next(iter(before.emails), None)
    phone = document.value("phone_number", "gsm") or before.phone
    by_mail, by_text = document.flag("alert_email"), document.flag("alert_gsm")
    if by_mail and email is None:
        raise Refused(Status.DATA, "email is missing: say where the warning is to go.")
    if by_text and phone is None:
        raise Refused(Status.DATA, "phone_number is missing: say where the warning is to go.")
    emails = (email,) if email and by_mail is not False else ()
    number = required_number(phone, asked.account.country) if phone and by_text is not False else None
    asked.hub.rooms.balance_alerts.set(asked.account.id, trigger or None, emails, number)
    return Reply({"notification": _alert(asked)})


def date_before(day: date) -> date:
    """The day before."""
    return day.fromordinal(day.toordinal() - 1)


@dataclass(frozen=True, slots=True)
class _Wish:
    name: str
    email: str
    password: str
    country: str | None
    draws: bool


def _opened(asked: Asked, wish: _Wish) -> Account:
    """A new sub-account. Names are the hub's once, as SMSFactor's are not: one that is taken gets the address too."""
    owner = (wish.email, wish.password)
    for name in (wish.name, f"{wish.name} ({wish.email})"[:_LONGEST_NAME]):
        try:
            return asked.hub.rooms.children.create(asked.account.id, name, wish.country, draws=wish.draws, owner=owner)
        except Conflict as error:
            if error.code != "name_taken":
                raise
    raise Refused(Status.DATA, "There is an account of that name; give another company.")


def _name(said: Mapping[str, str]) -> str:
    person = " ".join(said[name] for name in ("firstname", "lastname") if name in said)
    return (said.get("company") or person or said["email"])[:_LONGEST_NAME]


def _set_locked(asked: Asked, *, locked: bool) -> Reply:
    child_id = read_id(asked.ids[0], "sub-account")
    asked.hub.rooms.children.change(asked.account.id, child_id, {"locked": locked})
    return Reply({"state": "locked" if locked else "unlocked"})


def children_of(hub: Hub, parent_id: int) -> Iterator[Account]:
    """Every sub-account, read page by page."""
    after = 0
    while page := hub.rooms.children.all(parent_id, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _used(hub: Hub, account_id: int, first: date, last: date) -> dict[int | None, int]:
    """Credits by account."""
    return {one.account: one.credits for one in hub.rooms.consumption.of(account_id, first, last, [By.ACCOUNT])}


def _shown(account: Account, said: Mapping[str, str], credits_: int) -> dict[str, Value]:
    settings = account.settings
    return {
        "client_id": str(account.id),
        "email": said.get("email") or settings.notice_email or settings.reply_email,
        "firstname": said.get("firstname"),
        "lastname": said.get("lastname"),
        "city": said.get("city"),
        "type": said.get("type", "company"),
        "company": said.get("company") or account.name,
        "phone": said.get("phone"),
        "address1": said.get("address1"),
        "address2": said.get("address2"),
        "zip": said.get("zip"),
        "country": account.country,
        "country_code": account.country,
        "lang": settings.language or "fr",
        "credits": str(credits_),
        "unlimited": str(int(account.draws)),
        "description": said.get("description"),
        "senderid": said.get("sender"),
        "status": str(int(not account.locked)),
    }


def _alert(asked: Asked) -> dict[str, Value]:
    alert = asked.hub.rooms.balance_alerts.get(asked.account.id)
    phone = bare(alert.phone) if alert.phone else None
    return {
        "alert_trigger": str(alert.threshold or 0),
        "alert_email": str(int(bool(alert.emails))),
        "alert_gsm": str(int(phone is not None)),
        "email": next(iter(alert.emails), None),
        "phone_number": phone,
        "gsm": phone,
    }
