"""Hand a window of messages to a connector, and make sense of whatever it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from hub.errors import ConnectorError, PermanentFailure, TemporaryFailure
from hub.failpoints import failpoint
from hub.messages.connector import NotSent, Outcome, Unknown
from hub.messages.model import OutgoingMessage
from hub.messages.views import message_id
from hub.messages.writing import PURPOSES
from hub.observe import hiding
from hub.sms.model import Alphabet
from hub.sms.segments import segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.messages.connector import Connector
    from hub.store.bulk import AnyRow

log = structlog.get_logger(__name__)

BACK_OFF = timedelta(seconds=5)
"""Until the next try when a carrier says "later" without saying when, or a connector broke."""
ALARM_BACK_OFF = timedelta(seconds=60)
"""Until the next try when only a person can mend what is wrong."""


@dataclass(frozen=True, slots=True)
class Answers:
    """An outcome per message id; `slower` when the carrier wants a pause, `pause` when it is of no use to go on."""

    outcomes: dict[int, Outcome]
    slower: bool = False
    pause: timedelta | None = None


def hand_over(connector: Connector, rows: Sequence[AnyRow]) -> Answers:
    """Hand a window to the carrier. Raises nothing that the connector raises."""
    with hiding(lambda: (row.text for row in rows)):
        return _handed_over(connector, rows)


def _handed_over(connector: Connector, rows: Sequence[AnyRow]) -> Answers:
    ids = [row.id for row in rows]
    failpoint("submit.before_call")
    try:
        outcomes = list(connector.submit([outgoing(row) for row in rows]))
    except PermanentFailure as error:
        log.error("carrier_refuses_us", error=str(error))
        return _not_now(ids, error, ALARM_BACK_OFF)
    except ConnectorError as error:
        log.warning("carrier_not_now", error=str(error))
        asked = error.retry_after if isinstance(error, TemporaryFailure) else None
        return _not_now(ids, error, BACK_OFF if asked is None else asked)
    except Exception as error:
        log.exception("submit_broke")
        return _nobody_knows(ids, f"{type(error).__name__}: {error}")
    failpoint("submit.after_call")
    if len(outcomes) != len(ids) or not all(isinstance(one, Outcome) for one in outcomes):
        log.error("connector_miscounts", submitted=len(ids), answered=len(outcomes))
        return _nobody_knows(ids, "The connector did not answer for every message.")
    slower = any(isinstance(outcome, NotSent) for outcome in outcomes)
    return Answers(dict(zip(ids, outcomes, strict=True)), slower)


def outgoing(row: AnyRow) -> OutgoingMessage:
    """A stored message as a connector gets it."""
    alphabet = Alphabet(row.alphabet)
    return OutgoingMessage(
        id=message_id(row.campaign_id, row.position),
        to=row.recipient,
        sender=row.sender,
        text=row.text,
        alphabet=alphabet,
        parts=(row.text,) if row.segments == 1 else segment(row.text, alphabet).parts,
        purpose=PURPOSES[row.priority],
        validity=row.expires_at,
    )


def _not_now(ids: Sequence[int], error: ConnectorError, pause: timedelta) -> Answers:
    return Answers(dict.fromkeys(ids, NotSent(str(error), pause.total_seconds())), slower=True, pause=pause)


def _nobody_knows(ids: Sequence[int], detail: str) -> Answers:
    return Answers(dict.fromkeys(ids, Unknown(detail)), slower=True, pause=BACK_OFF)
