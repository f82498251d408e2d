"""What a deliver_sm or data_sm is: a delivery receipt, a text from a phone, or neither. Pure.

esm_class decides, never the words: a person may text "id:1 stat:DELIVRD". TLVs come before text, whose form is every
carrier's own (SMPP 3.4, appendix B is an example).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import DeliveryReceipt, FailureReason, ReceiptState
from hub_smpp.addresses import number_of
from hub_smpp.codes import ESM_INTERMEDIATE, ESM_KIND, ESM_RECEIPT, Tag
from hub_smpp.errors import plain_code
from hub_smpp.pdu import DeliverSm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub_smpp.pdu import DataSm

_STATES = {
    0: ReceiptState.ACCEPTED,  # SCHEDULED, of SMPP 5.0
    1: ReceiptState.ACCEPTED,  # ENROUTE
    2: ReceiptState.DELIVERED,
    3: ReceiptState.EXPIRED,
    4: ReceiptState.UNDELIVERED,  # DELETED
    5: ReceiptState.UNDELIVERED,
    6: ReceiptState.ACCEPTED,
    7: ReceiptState.UNKNOWN,
    8: ReceiptState.REJECTED,
    9: ReceiptState.REJECTED,  # SKIPPED, of SMPP 5.0
}
_WORDS = {
    "deliv": ReceiptState.DELIVERED,
    "expir": ReceiptState.EXPIRED,
    "delet": ReceiptState.UNDELIVERED,
    "undel": ReceiptState.UNDELIVERED,
    "faile": ReceiptState.UNDELIVERED,
    "accep": ReceiptState.ACCEPTED,
    "enrou": ReceiptState.ACCEPTED,
    "sched": ReceiptState.ACCEPTED,
    "unkno": ReceiptState.UNKNOWN,
    "rejec": ReceiptState.REJECTED,
    "skipp": ReceiptState.REJECTED,
}
"""By the first five letters: DELIVRD and DELIVERED, EXPIRED and EXPIRD are the same word."""
_FAILURES = frozenset({ReceiptState.UNDELIVERED, ReceiptState.REJECTED})
_NAMES = r"id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text"
_FIELD = re.compile(
    rf"(?:^|(?<=[\s,;]))(?P<name>{_NAMES})\s{{0,3}}[:=]\s{{0,3}}[\"']?(?P<value>(?!(?:{_NAMES})[:=])[^\s,;\"']{{0,80}})?",
    re.IGNORECASE,
)
_LONGEST_TEXT = 2000
_FINAL_STATES = frozenset(
    {ReceiptState.DELIVERED, ReceiptState.EXPIRED, ReceiptState.UNDELIVERED, ReceiptState.REJECTED}
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the text of a receipt says, as far as it says it."""

    message_id: str | None = None
    stat: str | None = None
    err: str | None = None


def is_receipt(pdu: DeliverSm | DataSm) -> bool:
    """Whether it reports on one of our texts. Acknowledgements of a handset or a person are neither that nor a text."""
    return pdu.esm_class & ESM_KIND in {ESM_RECEIPT, ESM_INTERMEDIATE}


def is_text(pdu: DeliverSm | DataSm) -> bool:
    """Whether a person wrote it."""
    return pdu.esm_class & ESM_KIND == 0


def payload(pdu: DeliverSm | DataSm) -> bytes:
    """The octets of its words, wherever they stand."""
    return (pdu.short_message if isinstance(pdu, DeliverSm) else b"") or pdu.tlv(Tag.MESSAGE_PAYLOAD) or b""


def words_of(text: str) -> Words:
    """Read a receipt's text: `id:IIII ... stat:SSSS err:EEE text:...`, with commas, quotes or `=` as well.

    In time that grows with the text's length alone. What a person wrote stands behind `text:` and is not read.
    """
    found: dict[str, str] = {}
    for one in _FIELD.finditer(text[:_LONGEST_TEXT]):
        name = one["name"].lower()
        if name == "text":
            break
        found.setdefault(name, one["value"] or "")
    return Words(found.get("id") or None, found.get("stat") or None, found.get("err") or None)


def receipt_of(
    pdu: DeliverSm | DataSm,
    reasons: Mapping[str, FailureReason],
    id_of: Callable[[str, str, str], str] = lambda carrier_id, _, __: carrier_id,
) -> DeliveryReceipt | None:
    """The receipt that a PDU is; None where it names no message at all.

    `reasons` tells what the carrier's `err` codes mean, `id_of` how the answer wrote an id that the receipt has, by the
    numbers that the receipt comes from and goes to.
    """
    octets = payload(pdu)
    text = octets.decode("utf-16-be" if pdu.data_coding == 8 else "latin-1", "replace")  # noqa: PLR2004 - UCS-2
    words = words_of(text)
    named = _text(pdu.tlv(Tag.RECEIPTED_MESSAGE_ID)) or words.message_id
    short_ref = _number(pdu.tlv(Tag.USER_MESSAGE_REFERENCE))
    if not named and short_ref is None:
        return None
    number = number_of(pdu.source_addr_ton, pdu.source_addr)
    state = _state(pdu, words)
    code = _code(pdu, words)
    return DeliveryReceipt(
        carrier_id=id_of(named, number, pdu.destination_addr) if named else "",
        state=state,
        reason=reasons.get(plain_code(code), FailureReason.OTHER) if state in _FAILURES and code else _other(state),
        code=code,
        to=number or None,
        raw=_raw(pdu, text),
        short_ref=short_ref,
    )


def _state(pdu: DeliverSm | DataSm, words: Words) -> ReceiptState:
    said = _number(pdu.tlv(Tag.MESSAGE_STATE))
    if said is not None:
        state = _STATES.get(said, ReceiptState.UNKNOWN)
    else:
        state = _WORDS.get((words.stat or "").lower()[:5], ReceiptState.UNKNOWN)
    if pdu.esm_class & ESM_KIND == ESM_INTERMEDIATE and state in _FINAL_STATES - {ReceiptState.DELIVERED}:
        return ReceiptState.ACCEPTED  # a try that failed; the carrier tries again
    return state


def _code(pdu: DeliverSm | DataSm, words: Words) -> str | None:
    """The network's error: the TLV has the kind of network in its first octet, and the code in two."""
    tlv = pdu.tlv(Tag.NETWORK_ERROR_CODE)
    if tlv is not None and len(tlv) == 3 and any(tlv[1:]):  # noqa: PLR2004 - its size
        return str(int.from_bytes(tlv[1:], "big"))
    return words.err


def _other(state: ReceiptState) -> FailureReason | None:
    return FailureReason.OTHER if state in _FAILURES else None


def _raw(pdu: DeliverSm | DataSm, text: str) -> str:
    tlvs = " ".join(f"{tag:04x}={value.hex()}" for tag, value in pdu.tlvs if tag != Tag.MESSAGE_PAYLOAD)
    return " ".join(filter(None, (text.strip("\0"), tlvs))) or f"esm_class={pdu.esm_class}"


def _text(value: bytes | None) -> str | None:
    return value.split(b"\0", 1)[0].decode("latin-1").strip() if value else None


def _number(value: bytes | None) -> int | None:
    return int.from_bytes(value, "big") if value and len(value) <= 2 else None  # noqa: PLR2004 - one octet or two
