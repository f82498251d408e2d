"""Receipts as carriers write them: how a number ends, what its receipt says, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub_smpp.codes import ESM_RECEIPT, Tag
from hub_smpp.pdu import DeliverSm
from hub_smpp.testing.ids import ID_FORMS

if TYPE_CHECKING:
    from hub_smpp.testing.behaviour import Behaviour
    from hub_smpp.testing.book import Taken

MESSAGE_STATES = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}
"""`stat` and `message_state` of the specification, 5.2.28."""
_MAP_NETWORK = 3
"""network_error_code: GSM."""


@dataclass(frozen=True, slots=True)
class End:
    """What the last receipt says, and its `err`, a MAP error."""

    stat: str = "DELIVRD"
    err: int = 0


ENDS = {
    "9901": End("UNDELIV", 1),
    "9902": End("UNDELIV", 6),
    "9903": End("EXPIRED", 0),
    "9904": End("REJECTD", 0),
    "9906": End("", 0),
    "9908": End("DELETED", 0),
    "9909": End("UNDELIV", 13),
    "9910": End("UNKNOWN", 0),
}
"""By the number's last digits: unknown subscriber, absent, too late, refused, no receipt at all, taken back, barred,
nobody knows. 9905 is rejected when it is submitted, 9907 has a receipt that says ACCEPTD before the last."""
TWO_RECEIPTS = "9907"
_DELIVERED = End()


def end_of(to: str) -> End:
    """How a text to that number ends."""
    return ENDS.get(to[-4:], _DELIVERED)


def receipt(behaviour: Behaviour, taken: Taken, stat: str) -> DeliverSm:
    """The receipt of what was taken, in the carrier's form; its sequence number comes later."""
    id_ = ID_FORMS[behaviour.receipt_id_form](taken.id)
    return DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=taken.to,
        destination_addr=taken.sender,
        esm_class=ESM_RECEIPT,
        short_message=b"" if behaviour.receipt_form == "tlv" else _text(id_, taken, stat),
        tlvs=_tlvs(behaviour, id_, taken, stat),
    )


def _tlvs(behaviour: Behaviour, id_: str, taken: Taken, stat: str) -> tuple[tuple[int, bytes], ...]:
    tlvs: list[tuple[int, bytes]] = []
    if behaviour.receipt_form != "text":
        tlvs.append((Tag.RECEIPTED_MESSAGE_ID, id_.encode() + b"\0"))
        tlvs.append((Tag.MESSAGE_STATE, bytes((MESSAGE_STATES[stat],))))
        if taken.err:
            tlvs.append((Tag.NETWORK_ERROR_CODE, bytes((_MAP_NETWORK,)) + taken.err.to_bytes(2, "big")))
    if behaviour.echo_reference and taken.reference is not None:
        tlvs.append((Tag.USER_MESSAGE_REFERENCE, taken.reference.to_bytes(2, "big")))
    return tuple(tlvs)


def _text(id_: str, taken: Taken, stat: str) -> bytes:
    """Appendix B; the dates are the carrier's own, and nobody may believe them."""
    delivered = int(stat == "DELIVRD")
    return (
        f"id:{id_} sub:001 dlvrd:{delivered:03d} submit date:2601010000 done date:2601010000 "
        f"stat:{stat} err:{taken.err:03d} text:{bytes.fromhex(taken.text[:40]).decode('latin-1')}"
    ).encode("latin-1")
