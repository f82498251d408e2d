"""Webhooks as SMSFactor makes them, one type each: /webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import EventType, WebhookState
from hub_smsfactor_api import STYLE
from hub_smsfactor_api.numbers import read_id
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub import Webhook
    from hub_smsfactor_api.node import Node
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

LONGEST_SIGNATURE = 255
TYPES: Mapping[str, EventType] = {
    "DLR": EventType.MESSAGE_SETTLED,
    "MO": EventType.MESSAGE_INBOUND,
    "STOP": EventType.CONTACT_OPTED_OUT,
    "CLICKER": EventType.LINK_CLICKED,
    "BALANCE_ALERT": EventType.BALANCE_LOW,
}
_NAMES: Mapping[EventType, str] = {event: name for name, event in TYPES.items()}
_STATES: Mapping[WebhookState, str] = {
    WebhookState.ACTIVE: "live",
    WebhookState.DISABLED: "disabled",
    WebhookState.GONE: "disabled",
}


def create_webhook(asked: Asked) -> Reply:
    """POST /webhook."""
    document = asked.body.inner("webhook")
    event, url, signature = _type(document.required("type")), document.required("url"), _signature(document)
    made = asked.hub.rooms.webhooks.create(asked.account.id, url, [event], style=STYLE, secret=signature or "")
    return Reply({"webhook": _with_signature(made.webhook, signature, None)})


def list_webhooks(asked: Asked) -> Reply:
    """GET /webhook."""
    codes = asked.hub.rooms.webhooks.last_answers(asked.account.id)
    mine = [one for one in asked.hub.rooms.webhooks.all(asked.account.id) if one.style == STYLE]
    return Reply({"webhooks": [_shown(one, codes.get(one.id)) for one in mine]})


def show_webhook(asked: Asked) -> Reply:
    """GET /webhook/:id."""
    found = _mine(asked)
    codes = asked.hub.rooms.webhooks.last_answers(asked.account.id)
    return Reply({"webhook": _shown(found, codes.get(found.id))})


def edit_webhook(asked: Asked) -> Reply:
    """PUT /webhook/:id, with the body of a POST: without a signature there is none. One that was off is live again."""
    document = asked.body.inner("webhook")
    found = _mine(asked)
    said = document.value("type")
    signature = _signature(document)
    changed = asked.hub.rooms.webhooks.edit(
        asked.account.id,
        found.id,
        url=document.value("url"),
        types=[_type(said)] if said else None,
        state=None if found.state is WebhookState.ACTIVE else WebhookState.ACTIVE,
        secret=signature or "",
    )
    codes = asked.hub.rooms.webhooks.last_answers(asked.account.id)
    return Reply({"webhook": _with_signature(changed, signature, codes.get(found.id))})


def delete_webhook(asked: Asked) -> Reply:
    """DELETE /webhook/:id."""
    found = _mine(asked)
    asked.hub.rooms.webhooks.delete(asked.account.id, found.id)
    return Reply({"deleted_id": str(found.id)})


def _mine(asked: Asked) -> Webhook:
    """A webhook that was made through this API; any other is not there."""
    found = asked.hub.rooms.webhooks.get(asked.account.id, read_id(asked.ids[0], "webhook"))
    if found.style != STYLE:
        raise Refused(Status.NOT_FOUND, "There is no webhook of that id.")
    return found


def _type(said: str) -> EventType:
    if said.upper() not in TYPES:
        raise Refused(Status.DATA, f"type is one of {', '.join(TYPES)}.")
    return TYPES[said.upper()]


def _signature(document: Node) -> str | None:
    """The secret, which goes into a header as it is; raises Refused for what cannot stand in one."""
    said = document.value("signature")
    if said is not None and not (said.isascii() and said.isprintable() and len(said) <= LONGEST_SIGNATURE):
        raise Refused(Status.DATA, f"signature is to have at most {LONGEST_SIGNATURE} printable ASCII characters.")
    return said


def _shown(one: Webhook, code: int | None) -> dict[str, Value]:
    return {
        "webhook_id": str(one.id),
        "type": _NAMES.get(one.types[0], one.types[0]),
        "url": one.url,
        "status": _STATES[one.state],
        "last_http_code": None if code is None else str(code),
    }


def _with_signature(one: Webhook, signature: str | None, code: int | None) -> dict[str, Value]:
    shown = _shown(one, code)
    return {
        "webhook_id": shown["webhook_id"],
        "type": shown["type"],
        "url": shown["url"],
        "signature": signature,
        "status": shown["status"],
        "last_http_code": shown["last_http_code"],
    }
