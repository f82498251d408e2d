"""Notice a campaign that goes out a second time within minutes: a double click, or a program that did not hear the yes.

Only what a person or a program asked for itself is compared, and only where it has several recipients: two alerts to
one phone may well say the same.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.errors import LooksRepeated
from hub.ids import first_id
from hub.messages.model import CampaignState
from hub.messages.tables import campaigns
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from hub.messages.model import CampaignRequest

WATCHED = frozenset({"api", "console"})
"""Sources whose campaigns are compared; what plugins send by themselves may well be alike."""
LEAST_RECIPIENTS = 2


def repeat_digest(request: CampaignRequest, region: str) -> str | None:
    """What two campaigns have in common of which one repeats the other: text, links, purpose and recipients.

    In whatever order and however their numbers are written, read as those of `region`. None where nobody compares.
    """
    if request.source not in WATCHED or (len(request.recipients) < LEAST_RECIPIENTS and not request.reads_lists):
        return None
    segments = [f"segment {one}" for one in sorted(set(request.segments))]
    sources = (*sorted(set(request.lists)), *segments)
    digest = hashlib.sha256(_line(request.purpose, request.text, *sources, *request.links))
    for one in sorted({_line(_number(one.to, region), *sorted(one.fields.items())) for one in request.recipients}):
        digest.update(one)
    return digest.hexdigest()


def find_repeat(
    connection: Connection, account_id: int, digest: str | None, now: datetime, within: timedelta
) -> str | None:
    """The latest campaign of the account within that time that is the same and was not cancelled."""
    if digest is None or not within:
        return None
    query = select(campaigns.c.id).where(
        campaigns.c.account_id == account_id,
        campaigns.c.repeat_digest == digest,
        campaigns.c.id >= first_id(now - within),
        campaigns.c.state != CampaignState.CANCELLED,
    )
    found = connection.execute(query.order_by(campaigns.c.id.desc()).limit(1)).scalar()
    return None if found is None else str(found)


def refuse_repeat(
    connection: Connection, request: CampaignRequest, digest: str | None, now: datetime, within: timedelta
) -> None:
    """Raise LooksRepeated for what went out lately, unless the request says that it is meant.

    To be called once the account's turn is taken: of two at the same time the second one sees the first.
    """
    if request.allow_repeat:
        return
    if earlier := find_repeat(connection, request.account_id, digest, now, within):
        raise LooksRepeated(earlier)


def _number(given: str, region: str) -> str:
    number = parse_number(given, region)
    return given.strip() if isinstance(number, NumberRefusal) else number.e164


def _line(*content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
