"""SMPP 3.4's protocol data units: values, written to octets and read from them. Pure.

Every PDU may have TLVs, in any order, known or not: they are kept as they came. Text fields are Latin-1, so that no
octet is lost. What is read may be longer than the specification allows, as long as it is whole: carriers hand out
long ids. What is written may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, TypeAlias

from hub_smpp.codes import RESPONSE, Command, Status

HEADER = Struct(">IIII")
"""Length with header, command, status, sequence number."""
HEADER_SIZE = 16
LONGEST_PDU = 80_000
"""A message_payload of 64 KiB and all else; whoever announces more is not speaking SMPP."""
LAST_SEQUENCE = 0x7FFFFFFF

Tlvs: TypeAlias = "tuple[tuple[int, bytes], ...]"


class NotAPdu(ValueError):
    """These octets are no PDU; `status` and `sequence` are for the generic_nack that answers them."""

    def __init__(self, why: str, status: int = Status.ESME_RSYSERR, sequence: int = 0) -> None:
        self.status = status
        self.sequence = sequence
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """What every PDU has. A subclass is named after its command."""

    command: ClassVar[int] = 0
    sequence: int = 0
    status: int = 0
    tlvs: Tlvs = ()

    def tlv(self, tag: int) -> bytes | None:
        """The value of an optional parameter; None where it is not there."""
        for one, value in self.tlvs:
            if one == tag:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericNack(Pdu):
    """No such command, or no such length."""

    command = RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bind(Pdu):
    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _BindResp(Pdu):
    system_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReceiver(_Bind):
    """Ask to receive."""

    command = Command.BIND_RECEIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReceiverResp(_BindResp):
    """The answer; `system_id` is the carrier's name for itself."""

    command = Command.BIND_RECEIVER | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransmitter(_Bind):
    """Ask to send."""

    command = Command.BIND_TRANSMITTER


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransmitterResp(_BindResp):
    """The answer; `system_id` is the carrier's name for itself."""

    command = Command.BIND_TRANSMITTER | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransceiver(_Bind):
    """Ask to send and to receive."""

    command = Command.BIND_TRANSCEIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransceiverResp(_BindResp):
    """The answer; `system_id` is the carrier's name for itself."""

    command = Command.BIND_TRANSCEIVER | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbind(Pdu):
    """A carrier asks to be bound to."""

    command = Command.OUTBIND
    system_id: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind(Pdu):
    """Say goodbye."""

    command = Command.UNBIND


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp(Pdu):
    """Goodbye."""

    command = Command.UNBIND | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLink(Pdu):
    """Ask whether the other side is still there."""

    command = Command.ENQUIRE_LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLinkResp(Pdu):
    """It is."""

    command = Command.ENQUIRE_LINK | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message(Pdu):
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _MessageResp(Pdu):
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSm(_Message):
    """A text, or a part of one, for a phone."""

    command = Command.SUBMIT_SM


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSmResp(_MessageResp):
    """The carrier's yes with its id, or its no in `status`."""

    command = Command.SUBMIT_SM | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSm(_Message):
    """A text from a phone, or a receipt."""

    command = Command.DELIVER_SM


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSmResp(_MessageResp):
    """It is kept; `message_id` is unused."""

    command = Command.DELIVER_SM | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSm(Pdu):
    """A text or a receipt whose words stand in the TLV message_payload."""

    command = Command.DATA_SM
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSmResp(_MessageResp):
    """The answer."""

    command = Command.DATA_SM | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySm(Pdu):
    """Ask what became of a message."""

    command = Command.QUERY_SM
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySmResp(Pdu):
    """What became of it."""

    command = Command.QUERY_SM | RESPONSE
    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSm(Pdu):
    """Take a message back."""

    command = Command.CANCEL_SM
    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSmResp(Pdu):
    """The answer."""

    command = Command.CANCEL_SM | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSm(Pdu):
    """Put other words in a message's place."""

    command = Command.REPLACE_SM
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSmResp(Pdu):
    """The answer."""

    command = Command.REPLACE_SM | RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNotification(Pdu):
    """A phone is there again."""

    command = Command.ALERT_NOTIFICATION
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


KINDS: dict[int, type[Pdu]] = {
    kind.command: kind
    for kind in (
        GenericNack, BindReceiver, BindReceiverResp, BindTransmitter, BindTransmitterResp, BindTransceiver,
        BindTransceiverResp, Outbind, Unbind, UnbindResp, EnquireLink, EnquireLinkResp, SubmitSm, SubmitSmResp,
        DeliverSm, DeliverSmResp, DataSm, DataSmResp, QuerySm, QuerySmResp, CancelSm, CancelSmResp, ReplaceSm,
        ReplaceSmResp, AlertNotification,
    )
}  # fmt: skip


LIMITS = {
    "system_id": 15,
    "password": 64,  # the specification says 8; carriers that speak it hand out longer ones
    "system_type": 12,
    "address_range": 40,
    "service_type": 5,
    "source_addr": 64,  # 20, and 64 in data_sm and alert_notification
    "destination_addr": 64,
    "esme_addr": 64,
    "schedule_delivery_time": 16,
    "validity_period": 16,
    "message_id": 64,
    "final_date": 16,
}
"""The most octets that a text field may have when it is written, its NUL not counted."""
