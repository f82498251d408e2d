"""Messages, outcomes and receipts as they stand in frames, and back. Pure.

What comes from a carrier is trusted in nothing: whatever does not have exactly the form is `NotAFrame`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub import (
    ConnectorError,
    DeliveryReceipt,
    FailureReason,
    InboundText,
    NotSent,
    OutgoingMessage,
    PermanentFailure,
    Purpose,
    ReceiptState,
    Rejected,
    Submitted,
    TemporaryFailure,
    Throttled,
    Unknown,
)
from hub_sandbox.wire import NotAFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub import Outcome

NO_ANSWER = Unknown("The carrier did not answer for this message.")


def message_to_wire(message: OutgoingMessage) -> list[Any]:
    """A message as a row."""
    validity = None if message.validity is None else message.validity.isoformat()
    return [
        message.id,
        message.to,
        message.sender,
        message.text,
        message.alphabet,
        message.parts,
        message.purpose,
        validity,
    ]


def message_from_wire(row: Any) -> OutgoingMessage:
    """A message of a row. Raises NotAFrame."""
    try:
        id_, to, sender, text, alphabet, parts, purpose, validity = row
        until = None if validity is None else datetime.fromisoformat(validity)
        return OutgoingMessage(id_, to, sender, text, alphabet, tuple(parts), Purpose(purpose), until)
    except (TypeError, ValueError) as error:
        raise NotAFrame(f"no message: {error}") from error


def outcome_to_wire(outcome: Outcome) -> list[Any] | None:
    """An outcome as a row; a carrier whose answer is lost says nothing of it."""
    match outcome:
        case Submitted(carrier_ids):
            return ["submitted", carrier_ids]
        case Rejected(reason, code, message):
            return ["rejected", reason, code, message]
        case NotSent(code, retry_after_s):
            return ["not_sent", code, retry_after_s]
        case Unknown():
            return None


def outcomes_from_wire(rows: Any, count: int) -> list[Outcome]:
    """As many outcomes as messages were asked about. Raises NotAFrame."""
    if not isinstance(rows, list) or len(rows) != count:
        raise NotAFrame(f"{count} messages were submitted, and not as many answered")
    return [_outcome(row) for row in rows]


def error_to_wire(error: ConnectorError) -> list[Any]:
    """A no to a whole call, as a row."""
    pause = error.retry_after if isinstance(error, TemporaryFailure) else None
    return [_KINDS[type(error)], str(error), None if pause is None else pause.total_seconds()]


def error_from_wire(row: Any) -> ConnectorError:
    """A no to a whole call. Raises NotAFrame."""
    match row:
        case ["permanent", str(said), None]:
            return PermanentFailure(said)
        case [("temporary" | "throttled") as kind, str(said), (None | int() | float()) as pause]:
            return _LATER[kind](said, retry_after=None if pause is None else timedelta(seconds=pause))
    raise NotAFrame("an error of no known form")


def receipt_to_wire(receipt: DeliveryReceipt) -> list[Any]:
    """A receipt as a row."""
    return [
        receipt.carrier_id,
        receipt.state,
        receipt.reason,
        receipt.code,
        receipt.client_ref,
        receipt.to,
        receipt.raw,
    ]


def receipts_from_wire(rows: Any) -> Sequence[DeliveryReceipt]:
    """Receipts of rows. Raises NotAFrame."""
    try:
        return [_receipt(row) for row in rows]
    except (TypeError, ValueError) as error:
        raise NotAFrame(f"no receipts: {error}") from error


def text_to_wire(text: InboundText) -> list[Any]:
    """A text from a phone as a row."""
    return [text.number, text.to, text.text, text.carrier_id, text.raw]


def texts_from_wire(rows: Any) -> Sequence[InboundText]:
    """Texts of rows. Raises NotAFrame."""
    try:
        return [_text(*row) for row in rows]
    except TypeError as error:
        raise NotAFrame(f"no texts: {error}") from error


def _text(number: Any, to: Any, text: Any, carrier_id: Any, raw: Any) -> InboundText:
    if not all(isinstance(one, str) for one in (number, to, text, carrier_id, raw)):
        raise NotAFrame("a text without words")
    return InboundText(number, to, text, carrier_id, raw)


_REASONS: dict[str, FailureReason] = {reason.value: reason for reason in FailureReason}
_KINDS: dict[type[ConnectorError], str] = {
    TemporaryFailure: "temporary",
    Throttled: "throttled",
    PermanentFailure: "permanent",
}
_LATER: dict[str, Callable[..., TemporaryFailure]] = {"temporary": TemporaryFailure, "throttled": Throttled}


def _outcome(row: Any) -> Outcome:
    match row:
        case None:
            return NO_ANSWER
        case ["submitted", [_, *_] as ids] if all(isinstance(one, str) and one for one in ids):
            return Submitted(tuple(ids))
        case ["rejected", str(reason), str(code), str(said)] if reason in _REASONS:
            return Rejected(_REASONS[reason], code, said)
        case ["not_sent", str(code), (int() | float()) as pause]:
            return NotSent(code, pause)
    raise NotAFrame("an outcome of no known form")


def _receipt(row: Any) -> DeliveryReceipt:
    carrier_id, state, reason, code, client_ref, to, raw = row
    if not all(isinstance(one, str) for one in row if one is not None) or None in {carrier_id, raw}:
        raise NotAFrame("a receipt without an id, or without words")
    why = None if reason is None else FailureReason(reason)
    return DeliveryReceipt(carrier_id, ReceiptState(state), why, code, client_ref, to, raw)
