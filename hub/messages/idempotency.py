"""The same key from the same account and door is answered again, and sends nothing."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from hub.errors import Conflict, RequestRefused
from hub.messages.tables import idempotency_keys as keys
from hub.messages.widths import LONGEST_KEY
from hub.store.bulk import in_batches, insert_new
from hub.store.storable import is_storable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.model import CampaignRequest

KEPT_FOR = timedelta(hours=72)
_AT_ONCE = 1000


def digest_of(request: CampaignRequest) -> str:
    """What makes two requests the same: SHA-256 over everything that changes what is sent.

    It is that of one JSON list; taken in pieces, for a long list of recipients need not stand in memory twice.
    """
    terms = [
        request.purpose,
        request.text,
        request.sender,
        request.send_at.isoformat() if request.send_at else None,
        request.outside_window,
        request.encoding,
        *(() if request.auto_reply is None else (request.auto_reply,)),  # without one, the digest is that of ever
        *(() if not request.lists else (["lists", *request.lists],)),
        *(() if not request.segments else (["segments", *request.segments],)),
        *(("require_consent",) if request.require_consent else ()),
        *(() if not request.links else (["links", *request.links],)),
    ]
    digest = hashlib.sha256(_json_of(terms)[:-1] + b", [")
    before = b""
    for some in in_batches(request.recipients, _AT_ONCE):
        digest.update(before + _json_of([[one.to, sorted(one.fields.items())] for one in some])[1:-1])
        before = b", "
    digest.update(b"]]")
    return digest.hexdigest()


def _json_of(content: list[Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def check_key(request: CampaignRequest) -> None:
    """Raise RequestRefused for a key that cannot be kept."""
    key = request.idempotency_key
    if key is not None and not (0 < len(key) <= LONGEST_KEY and is_storable(key)):
        message = f"An idempotency key has 1 to {LONGEST_KEY} characters, none of them NUL."
        raise RequestRefused.because("idempotency_key", "idempotency_key_form", message)


def find_key(connection: Connection, request: CampaignRequest) -> str | None:
    """The campaign that this key brought forth before; raises Conflict when it was for something else."""
    if request.idempotency_key is None:
        return None
    row = connection.execute(
        select(keys.c.digest, keys.c.campaign_id).where(
            keys.c.account_id == request.account_id,
            keys.c.source == request.source,
            keys.c.key == request.idempotency_key,
        )
    ).first()
    if row is None:
        return None
    if row.digest != digest_of(request):
        raise Conflict(
            "This idempotency key was used for a different request; take a new key for a new request.",
            code="idempotency_key_reused",
        )
    return str(row.campaign_id)


def claim_key(connection: Connection, request: CampaignRequest, campaign_id: str, at: datetime) -> bool:
    """Bind the request's key to its campaign, first thing in the transaction that stores the campaign.

    False when another request has it. PostgreSQL lets two requests begin at once: the second one waits here
    until the first has ended, and then finds what that one left.
    """
    if request.idempotency_key is None:
        return True
    row = {
        "account_id": request.account_id,
        "source": request.source,
        "key": request.idempotency_key,
        "digest": digest_of(request),
        "campaign_id": campaign_id,
        "created_at": at,
    }
    return insert_new(connection, keys, [row]) == 1


def forget_old_keys(connection: Connection, now: datetime) -> int:
    """Drop the keys that are older than what is promised; how many there were."""
    return connection.execute(delete(keys).where(keys.c.created_at < now - KEPT_FOR)).rowcount
