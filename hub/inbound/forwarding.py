"""A text from a phone goes on by e-mail: to whom, what it says, and which mail it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select

from hub.inbound.wording import speech_of
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.messages.tables import campaigns, messages
from hub.sms.shown import shown
from hub.sms.zones import zones_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.inbound.model import InboundMessage
    from hub.inbound.wording import Speech

KIND = "inbound"

_E164 = re.compile(r"\+[1-9]\d{4,14}")
_LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text answers: the Message-ID of the mail that asked for it, where answers go, and what it said."""

    thread: str | None = None
    reply_to: str | None = None
    text: str | None = None


def forward(connection: Connection, message: InboundMessage, account: Account, *, at: datetime) -> bool:
    """Keep a mail about a text from a phone, in the caller's transaction; whether there is anybody to write to.

    It goes to the account's `reply_email`; without one, to who asked for the campaign by mail. A text that was
    forwarded before is not forwarded again.
    """
    asked = _asked(connection, message)
    to = account.settings.reply_email or asked.reply_to
    if not to:
        return False
    post(connection, [_mail(message, account, asked, to)], at)
    return True


def _mail(message: InboundMessage, account: Account, asked: Asked, to: str) -> OutgoingMail:
    """The mail; one that stands for a person gets its addresses when it is sent."""
    speech = speech_of(account)
    number = shown(message.number)
    thread = f"<{asked.thread}>" if asked.thread else None
    return OutgoingMail(
        account_id=account.id,
        kind=KIND,
        key=message.id,
        to=to,
        # The same for all of one person's texts: mail programs that thread by subject keep them together.
        subject=speech.subject.format(number=number),
        body=body_of(message, speech, asked),
        from_name=number,
        in_reply_to=thread,
        references=(thread,) if thread else (),
        person=message.number if _E164.fullmatch(message.number) else None,
        sender=message.to,
    )


def body_of(message: InboundMessage, speech: Speech, asked: Asked) -> str:
    """The person's words, and below the mark of a signature what is to be known of them.

    A mail program that answers leaves out what stands below that mark.
    """
    can_answer = _E164.fullmatch(message.number) is not None
    zone = _zone_of(message.number) if can_answer else "UTC"
    moment = message.received_at.astimezone(ZoneInfo(zone)).strftime(speech.moment)
    below = [
        speech.text_from.format(number=shown(message.number)),
        speech.received.format(moment=moment, zone=zone),
        speech.written_to.format(sender=shown(message.to)),
    ]
    if asked.text:
        below.append(speech.answers.format(text=_shortened(asked.text)))
    below += ["", speech.how_to_answer if can_answer else speech.no_answer]
    return "\n".join([message.text, "", "-- ", *below, ""])


def _asked(connection: Connection, message: InboundMessage) -> Asked:
    if message.campaign_id is None:
        return Asked()
    position = _position(message.message_id)
    row = connection.execute(_ASKED, {"of": message.campaign_id, "at": position}).first()
    return Asked(row.thread, row.reply_to, row.sent or row.text) if row else Asked()


def _position(message_id: str | None) -> int:
    """Where in its campaign a message stands; no message stands at -1."""
    _, _, position = (message_id or "").rpartition("-")
    return int(position) if position.isascii() and position.isdigit() else -1


def _zone_of(number: str) -> str:
    """The one zone that the number can be in, else UTC."""
    zones = zones_of(number)
    return zones[0] if len(zones) == 1 else "UTC"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"


_ASKED = (
    select(campaigns.c.thread, campaigns.c.reply_to, campaigns.c.text, messages.c.text.label("sent"))
    .select_from(campaigns)
    .outerjoin(messages, and_(messages.c.campaign_id == campaigns.c.id, messages.c.position == bindparam("at")))
    .where(campaigns.c.id == bindparam("of"))
)
