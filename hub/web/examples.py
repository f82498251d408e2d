"""The examples of the OpenAPI document: one shop texts one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pydantic import ConfigDict

A_CAMPAIGN = "01JZ5Y3X6R8W9T2Q4V7N0KMDBE"
A_REQUEST = "01JZ5Y3X6R8W9T2Q4V7N0KMDBF"

MESSAGE: dict[str, Any] = {
    "id": f"{A_CAMPAIGN}-0",
    "to": "+33612345678",
    "state": "pending",
    "reason": None,
    "detail": None,
    "text": "Bonjour Nina, votre commande est arrivée.",
    "encoding": "GSM-7",
    "segments": 1,
    "credits": 1,
    "sender": "36180",
    "country": "FR",
    "due_at": "2027-01-04T08:30:00Z",
    "submitted_at": None,
    "settled_at": None,
}
ACCEPTED_MESSAGE = {**MESSAGE, "input": "+33 6 12 34 56 78"}

_COUNTS: dict[str, Any] = {
    "id": A_CAMPAIGN,
    "state": "accepted",
    "accepted": 1,
    "blocked": 0,
    "deferred": 0,
    "segments": 1,
    "credits": 1,
    "hold": None,
}
ACCEPTED_CAMPAIGN: dict[str, Any] = {
    **_COUNTS,
    "messages": [ACCEPTED_MESSAGE],
    "blocked_by": {},
    "deferrals": [],
    "notes": [],
    "changes": [],
    "offending": [],
}
CAMPAIGN: dict[str, Any] = {
    **_COUNTS,
    "by_state": {"pending": 1},
    "figures": None,
    "frozen_at": None,
    "corrected": False,
    "corrected_at": None,
    "created_at": "2027-01-04T08:30:00Z",
    "send_at": None,
    "purpose": "alert",
    "text": "Bonjour #name#, votre commande est arrivée.",
    "sender": None,
}
PROPOSAL: dict[str, Any] = {
    "number": "+33612345678",
    "campaigns": 2,
    "first_at": "2026-12-21T08:30:12Z",
    "last_at": "2027-01-04T08:30:09Z",
}
ADDED_NUMBERS: dict[str, Any] = {"added": ["+33612345678"], "already": [], "not_proposed": []}
ACCOUNT: dict[str, Any] = {
    "name": "Salon Exemple",
    "country": "FR",
    "balance": {"available": 998, "reserved": 2, "spent": 0},
}
SETTINGS: dict[str, Any] = {
    "language": "fr",
    "reply_email": "accueil@salon.example",
    "notice_email": None,
    "identity": "Salon Exemple, 01 23 45 67 89",
    "auto_reply": None,
    "require_consent": False,
}

INBOUND: dict[str, Any] = {
    "id": "01JZ5Y3X6R8W9T2Q4V7N0KMDBG",
    "number": "+33612345678",
    "to": "36180",
    "text": "Merci, à demain",
    "kind": "text",
    "received_at": "2027-01-04T08:45:00Z",
    "campaign_id": A_CAMPAIGN,
    "message_id": f"{A_CAMPAIGN}-0",
    "ambiguous": False,
    "claimed_by": None,
    "forwarded": True,
}
SUPPRESSION: dict[str, Any] = {
    "number": "+33612345678",
    "kind": "opt_out",
    "at": "2027-01-04T08:46:00Z",
    "source": "inbound",
    "text": "STOP",
    "campaign_id": A_CAMPAIGN,
}
CONSENT: dict[str, Any] = {
    "number": "+33612345678",
    "kind": "opt_out",
    "notice": "Formulaire d'inscription signé en boutique le 4 janvier 2027",
    "source": "api",
    "by": "account 1",
    "at": "2027-01-05T09:00:00Z",
}


def shown_as(example: dict[str, Any], **options: Any) -> ConfigDict:
    """A model's configuration with these options, and an example where flask-openapi3 looks for it."""
    return cast("ConfigDict", {**options, "openapi_extra": {"example": example}})
