"""Texts from a phone: deliver_sm in every form that carriers give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub_smpp.codes import ESM_UDH, Tag
from hub_smpp.pdu import DeliverSm

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE = 0x100
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Phone:
    """Whose texts go from `number` to `to`."""

    number: str
    to: str
    ton: int = 1

    def text(self, octets: bytes, *, data_coding: int = 0, payload: bool = False, **more: object) -> DeliverSm:
        """One deliver_sm; `payload` puts the octets into message_payload, as do more than a short message holds."""
        in_payload = payload or len(octets) > _LONGEST
        return DeliverSm(
            source_addr_ton=self.ton,
            source_addr_npi=1,
            source_addr=self.number,
            dest_addr_npi=1,
            destination_addr=self.to,
            data_coding=data_coding,
            short_message=b"" if in_payload else octets,
            tlvs=((Tag.MESSAGE_PAYLOAD, octets),) if in_payload else (),
            **more,  # type: ignore[arg-type]  # fields of a deliver_sm, by name
        )

    def parts(self, pieces: Sequence[bytes], reference: int, *, data_coding: int = 0) -> list[DeliverSm]:
        """A long text by user data headers; a reference of more than 8 bits takes the wide form."""
        found = []
        for number, octets in enumerate(pieces, 1):
            head = bytes((0, 3, reference)) if reference < _WIDE else bytes((8, 4)) + reference.to_bytes(2, "big")
            head += bytes((len(pieces), number))
            found.append(
                self.text(bytes((len(head),)) + head + octets, data_coding=data_coding, esm_class=ESM_UDH),
            )
        return found

    def parts_by_tlv(self, pieces: Sequence[bytes], reference: int, *, data_coding: int = 0) -> list[DeliverSm]:
        """A long text by sar_msg_ref_num, sar_total_segments and sar_segment_seqnum."""
        return [
            DeliverSm(
                source_addr_ton=self.ton,
                source_addr=self.number,
                destination_addr=self.to,
                data_coding=data_coding,
                short_message=octets,
                tlvs=(
                    (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
                    (Tag.SAR_TOTAL_SEGMENTS, bytes((len(pieces),))),
                    (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
                ),
            )
            for number, octets in enumerate(pieces, 1)
        ]
