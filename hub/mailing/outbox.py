"""Keep a mail for sending, in the transaction of what caused it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from hub.mailing.model import MailState
from hub.mailing.tables import outgoing_mails
from hub.store.bulk import insert_new

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.mailing.model import OutgoingMail


def post(connection: Connection, mails: Sequence[OutgoingMail], at: datetime) -> int:
    """Keep mails for the job that sends them; one of a kind and key that is known already is kept once.

    How many are new.
    """
    rows = [
        {
            "account_id": mail.account_id,
            "kind": mail.kind,
            "key": mail.key,
            "recipient": mail.to,
            "mail": json.dumps(asdict(mail)),
            "state": MailState.WAITING,
            "created_at": at,
            "due_at": at,
        }
        for mail in mails
    ]
    return insert_new(connection, outgoing_mails, rows)
