"""Hand a window of messages to a connector, and make sense of whatever it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from hub.errors import ConnectorError, PermanentFailure, TemporaryFailure, Throttled
from hub.failpoints import failpoint
from hub.messages.breaker import Failure
from hub.messages.connector import NotSent, Outcome, Unknown
from hub.messages.model import OutgoingMessage
from hub.messages.views import message_id
from hub.messages.writing import PURPOSES
from hub.observe import hiding, redacted
from hub.sms.model import Alphabet
from hub.sms.segments import segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.messages.connector import Connector
    from hub.store.bulk import AnyRow

log = structlog.get_logger(__name__)

DOUBT_BACK_OFF = timedelta(seconds=5)
"""Until the next try when a connector broke: each costs messages that nobody knows the end of."""
THROTTLED_BACK_OFF = timedelta(seconds=1)
"""Until the next try when a carrier wants us slower, and did not say when to come back."""

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Answers:
    """An outcome per message id, and what they say of the route.

    `slower` when the carrier wants us slower, and `pause_s` for how long to leave it alone then; `failure` when the
    call did not do its work, and it is of no use to go on.
    """

    outcomes: dict[int, Outcome]
    slower: bool = False
    pause_s: float = 0.0
    failure: Failure | None = None

    @property
    def stops(self) -> bool:
        """Whether what else was claimed goes back."""
        return self.failure is not None or self.pause_s > 0


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
        return _not_now(ids, error)
    except ConnectorError as error:
        log.warning("carrier_not_now", error=str(error))
        return _not_now(ids, error)
    except Exception as error:
        log.exception("submit_broke")
        return _nobody_knows(ids, f"{type(error).__name__}: {error}")
    failpoint("submit.after_call")
    if len(outcomes) != len(ids) or not all(isinstance(one, Outcome) for one in outcomes):
        log.error("connector_miscounts", submitted=len(ids), answered=len(outcomes))
        return _nobody_knows(ids, "The connector did not answer for every message.")
    answers = dict(zip(ids, outcomes, strict=True))
    if all(isinstance(outcome, Unknown) for outcome in outcomes):
        return Answers(answers, failure=Failure("The carrier answered for no message.", rest_s=0.0))
    put_off = sum(isinstance(outcome, NotSent) for outcome in outcomes)
    return Answers(answers, slower=2 * put_off >= len(outcomes))  # a few may be their phones' fault, not the line's


def failure_of(error: ConnectorError) -> Failure:
    """What a connector's error says of its route: kept and shown, so what it quotes of messages is left out."""
    asked = error.retry_after if isinstance(error, TemporaryFailure) else None
    seconds = asked.total_seconds() if asked is not None else None
    return Failure(_reason(str(error)), seconds, is_final=isinstance(error, PermanentFailure))


def outgoing(row: AnyRow) -> OutgoingMessage:
    """A stored message as a connector gets it."""
    alphabet = Alphabet(row.alphabet)
    return OutgoingMessage(
        id=message_id(row.campaign_id, row.position),
        to=row.recipient,
        sender=row.sender or "",
        text=row.text,
        alphabet=alphabet,
        parts=(row.text,) if row.segments == 1 else segment(row.text, alphabet).parts,
        purpose=PURPOSES[row.priority],
        validity=row.expires_at,
    )


_DOUBT_S = DOUBT_BACK_OFF.total_seconds()


def _not_now(ids: Sequence[int], error: ConnectorError) -> Answers:
    # It is the route that waits. Messages stay due, and in their order: another route may take them at once.
    outcomes: dict[int, Outcome] = dict.fromkeys(ids, NotSent(str(error), 0.0))
    if not isinstance(error, Throttled):
        return Answers(outcomes, failure=failure_of(error))
    asked = THROTTLED_BACK_OFF if error.retry_after is None else error.retry_after
    return Answers(outcomes, slower=True, pause_s=asked.total_seconds())


def _nobody_knows(ids: Sequence[int], detail: str) -> Answers:
    return Answers(dict.fromkeys(ids, Unknown(detail)), failure=Failure(_reason(detail), _DOUBT_S))


def _reason(said: str) -> str:
    return redacted(said)[:LONGEST_REASON]
