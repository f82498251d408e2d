"""What the OpenAPI 3.1 document says beside the models: information, security, and the answers of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_openapi3.models.info import Info

from hub.version import __version__
from hub.web import answers, examples
from hub.web.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from flask_openapi3.types import SecuritySchemesDict

HEADERS = "x-hub-headers"
"""Where a call's headers wait for `hub.web.publishing`: flask-openapi3 drops them where there are other parameters."""
TOKEN = "bearer"  # noqa: S105 - the name of a security scheme

ABOUT = Info(
    title="TextoHub",
    version=__version__,
    description="Send texts, follow them, cancel them. Every refusal is a problem (RFC 9457) with a stable `code`; "
    "its `type` leads to a page that says how to mend it.",
)
SECURITY: SecuritySchemesDict = {
    TOKEN: {"type": "http", "scheme": "bearer", "description": "An API token: `hub account token` makes one."},
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of your own for this request. The same key with the same body within 72 hours is answered "
    "again, and sends nothing; with another body it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "order-4711-ready",
}
_LOCATION = {"description": "Where the campaign can be looked at.", "schema": {"type": "string"}}
_REPLAYED = {"description": "`true` when the key was known.", "schema": {"type": "string", "enum": ["true"]}}
_WAIT = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what was read: where it has changed since, nothing is done.",
    "schema": {"type": "string"},
    "example": '"5d41402abc4b2a76b9719d911017c592"',
}
"""For `openapi_extensions={"parameters": [...]}` of calls that edit."""

_TITLES = {
    "400": "The request cannot be read.",
    "401": "The token is missing, unknown or revoked, or its account is locked.",
    "402": "The account cannot pay for the request; nothing was stored.",
    "403": "This may not be done: an account, a country or a recipient forbids it.",
    "404": "The account has nothing of that name.",
    "408": "The body did not arrive in time.",
    "409": "The state forbids it now.",
    "412": "It was changed since it was read.",
    "413": "The request is too large.",
    "415": "The request is not JSON.",
    "422": "The request is readable, and cannot be carried out as it stands.",
    "429": "Too many requests; wait.",
    "500": "The hub stumbled.",
    "503": "The database did not take the request; nothing was kept.",
}
_CODES = {
    "400": "invalid_json",
    "401": "not_authenticated",
    "402": "insufficient_credit",
    "403": "country_not_allowed",
    "404": "not_found",
    "408": "request_timeout",
    "409": "already_sent",
    "412": "changed_meanwhile",
    "413": "too_large",
    "415": "unsupported_media_type",
    "422": "empty_body",
    "429": "rate_limited",
    "500": "internal_error",
    "503": "store_unavailable",
}


def problem(status: str) -> dict[str, Any]:
    """What the document says of an answer that is a no."""
    code = _CODES[status]
    example = {
        "type": f"/problems/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": _TITLES[status],
        "code": code,
        "errors": [],
        "request_id": examples.A_REQUEST,
    }
    headers = {"headers": {"Retry-After": _WAIT}} if status in {"409", "429", "503"} else {}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": _TITLES[status], "content": content, **headers}


def call(name: str, description: str, answer: dict[str, Any], problems: str, **more: Any) -> dict[str, Any]:
    """What flask-openapi3 wants to know of one call; `hub.web.publishing` adds what it would lose."""
    responses = answer | {status: problem(status) for status in problems.split()}
    if headers := more.get("openapi_extensions", {}).get("parameters"):
        more["openapi_extensions"] = {HEADERS: headers}
    return {"operation_id": name, "description": description, "responses": responses, **more}


COMMON: dict[str, Any] = {
    "abp_security": [{TOKEN: []}],
    "abp_responses": {status: problem(status) for status in ("401", "422", "429", "500", "503")},
}

_CREATED = {
    "description": "Accepted: it is stored, and will be sent once.",
    "headers": {"Location": _LOCATION, "Idempotent-Replayed": _REPLAYED},
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/AcceptedCampaign"},
            "example": examples.ACCEPTED_CAMPAIGN,
        }
    },
}

CREATE_CAMPAIGN = call(
    "createCampaign",
    "Everything is checked and stored before the answer. Recipients that cannot be texted are blocked, each with its "
    "reason, and the others go; when none can, the request is refused. A large list is answered 202 and expanded "
    "afterwards; so is what is held for review (`hold` says why), and it leaves once the operator has released it.",
    {"201": _CREATED, "202": answers.AcceptedCampaign},
    "400 402 403 408 409 413 415",
    openapi_extensions={"parameters": [IDEMPOTENCY_KEY]},
)
GET_CAMPAIGN = call(
    "getCampaign",
    "How many of its messages are in which state, now and, from 48 hours after the last submission on, then.",
    {"200": answers.Campaign},
    "404",
)
CANCEL_CAMPAIGN = call(
    "cancelCampaign",
    "What waits is cancelled and its credits come back; what is on its way stays so. Cancelling again changes nothing.",
    {"200": answers.Campaign},
    "404 409",
)
LIST_MESSAGES = call(
    "listMessages",
    "Those of a campaign, in the order of the request; or, with `state=unknown` and no campaign, every message that a "
    "carrier may or may not have taken. `next` leads to the page after; it is null on the last one.",
    {"200": answers.MessagePage},
    "404",
)
LIST_UNALLOCATED = call(
    "listUnallocated",
    "Numbers that are proposed for the account's list of unallocated ones: two campaigns in a row, or more, were told "
    "that they belong to nobody.",
    {"200": answers.ProposalPage},
    "",
)
ADD_UNALLOCATED = call(
    "addUnallocated",
    "All proposed numbers, or those given, go on the list: they are not texted any more. Adding again changes nothing.",
    {"200": answers.AddedNumbers},
    "400 408 413 415",
)
GET_ACCOUNT = call("getAccount", "Its name, its country and its credits.", {"200": answers.Account}, "")
GET_SETTINGS = call("getAccountSettings", "Null is what it has not said.", {"200": answers.AccountSettings}, "")
PATCH_SETTINGS = call(
    "patchAccountSettings",
    "What the body names is changed, null forgets it, and the rest stays as it is.",
    {"200": answers.AccountSettings},
    "400 408 412 413 415",
    openapi_extensions={"parameters": [IF_MATCH]},
)

LIST_INBOUND = call(
    "listInbound",
    "What people wrote to the account, the latest first. Opt-outs among them are carried out already.",
    {"200": answers.InboundPage},
    "",
)
LIST_SUPPRESSIONS = call(
    "listSuppressions",
    "Numbers that the account must not text, in their order.",
    {"200": answers.SuppressionPage},
    "",
)
REMOVE_SUPPRESSION = call(
    "removeSuppression",
    "Lets a number be texted again. Only with its person's consent, of which the proof is kept for good.",
    {"200": answers.Consent},
    "400 404 408 413 415",
)
