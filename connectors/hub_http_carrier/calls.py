"""What a carrier says when it calls: its words as receipts and texts from phones. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hub import DeliveryReceipt, FailureReason, InboundText, ReceiptState
from hub.plugin_kit import storable
from hub_http_carrier.answers import joined
from hub_http_carrier.tree import Unreadable, every, pairs, read, word

if TYPE_CHECKING:
    from hub_http_carrier.definition import Call, Inbound, Receipts
    from hub_http_carrier.proofs import Called

MOST_ITEMS = 10_000
_LONGEST_RAW = 2000
_LONGEST_TEXT = 4000
_FAILED = frozenset({ReceiptState.UNDELIVERED, ReceiptState.REJECTED})


def receipts_in(spec: Receipts, called: Called) -> list[DeliveryReceipt]:
    """The delivery reports of a call; raises Unreadable where it is none."""
    found = [_receipt(spec, item) for item in _items(spec, called)]
    if not found or None in found:
        raise Unreadable("a report has no id or no state")
    return [receipt for receipt in found if receipt is not None]


def texts_in(spec: Inbound, called: Called, number: str) -> list[InboundText]:
    """The texts of a call, `number` being what they were sent to where it does not say; raises Unreadable."""
    found = [_text(spec, item, number) for item in _items(spec, called)]
    if not found or None in found:
        raise Unreadable("a text has no number, or no words")
    return [text for text in found if text is not None]


def _items(spec: Call, called: Called) -> list[Any]:
    tree = _tree(spec, called)
    items = every(tree, f"{spec.items}[*]") if spec.items else tree if isinstance(tree, list) else [tree]
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"it has more than {MOST_ITEMS} items")
    return items


def _tree(spec: Call, called: Called) -> Any:
    form = _form_of(called) if spec.format == "auto" else spec.format
    if form == "form":
        return pairs([*called.query, *called.form])
    return read(form, called.body)


def _form_of(called: Called) -> str:
    """By content, for what headers claim is often wrong."""
    begin = called.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return {b"{": "json", b"[": "json", b"<": "xml"}.get(begin, "form")


def _receipt(spec: Receipts, item: Any) -> DeliveryReceipt | None:
    carrier_id, reference = word(item, spec.id), word(item, spec.reference)
    said, code = word(item, spec.state), word(item, spec.code)
    if said is None or not (carrier_id or reference):
        return None
    if spec.with_reference and carrier_id and reference:
        carrier_id = joined(carrier_id, reference)
    name, _, reason = spec.states.get(said, spec.states.get(said.lower(), ReceiptState.UNKNOWN.value)).partition(" ")
    state = ReceiptState(name)
    return DeliveryReceipt(
        carrier_id=carrier_id or reference or "",
        state=state,
        reason=_reason(spec, state, code, reason),
        code=code or said,
        client_ref=reference,
        to=_e164(word(item, spec.to)),
        raw=_raw(item),
    )


def _reason(spec: Receipts, state: ReceiptState, code: str | None, reason: str) -> FailureReason | None:
    if state not in _FAILED:
        return None
    known = spec.reasons.get(code or "")
    return known or FailureReason(reason or FailureReason.OTHER)


def _text(spec: Inbound, item: Any, number: str) -> InboundText | None:
    sender, text = word(item, spec.number), next(iter(every(item, spec.text)), None)
    if sender is None or not isinstance(text, (str, int, float)):
        return None
    return InboundText(
        number=sender,
        to=word(item, spec.to) or number,
        text=(word(item, spec.text) or "")[:_LONGEST_TEXT],
        carrier_id=word(item, spec.id),
        raw=_raw(item),
    )


def _e164(number: str | None) -> str | None:
    return f"+{number.lstrip('+').removeprefix('00')}" if number else None


def _raw(item: Any) -> str:
    return storable(json.dumps(item, ensure_ascii=False), _LONGEST_RAW)
