"""The keys of `[connector.NAME] type = smpp`: how a carrier is reached, and how it wants its texts."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from hub import FailureReason
from hub.plugin_kit import Section, TextList
from hub_smpp.alphabet import DefaultAlphabet
from hub_smpp.errors import ERROR_TABLES

_ERROR = re.compile("([0-9A-Za-z]{1,8}):([a-z]+)")


def _none(value: object) -> object:
    """Read an empty value, and the word `none`, as no value."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value


def _pairs(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        pair = _ERROR.fullmatch(word)
        if pair is None or pair[2] not in set(FailureReason):
            raise ValueError(f"has {word!r}; write CODE:REASON, the reason one of {', '.join(FailureReason)}")
    return words


def _error_table(value: object) -> object:
    if value not in ERROR_TABLES:
        raise ValueError(f"is no known table; write one of {', '.join(sorted(ERROR_TABLES))}")
    return value


Seconds = Annotated[float, Field(gt=0, le=3600)]
Octet = Annotated[Annotated[int, Field(ge=0, le=255)] | None, BeforeValidator(_none)]
Rate = Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(_none)]
File = Annotated[Path | None, BeforeValidator(_none)]
Hours = Annotated[Annotated[float, Field(gt=0, le=24 * 63)] | None, BeforeValidator(_none)]
Errors = Annotated[TextList, AfterValidator(_pairs)]
ErrorTable = Annotated[str, BeforeValidator(_error_table)]


class BindAs(StrEnum):
    """What a bind may do; `transmitter+receiver` is two binds, one for each way."""

    TRANSCEIVER = "transceiver"
    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"
    BOTH = "transmitter+receiver"


class LongMessages(StrEnum):
    """How a text of several parts is written."""

    UDH = "udh"
    SAR = "sar"
    PAYLOAD = "payload"


class ValidityFormat(StrEnum):
    """How the time is written until which a text may be delivered (7.1.1)."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class MessageIdFormat(StrEnum):
    """How the ids of receipts differ from those of answers."""

    AUTO = "auto"
    AS_IS = "as_is"
    PLAIN = "plain"
    DEC = "dec"
    HEX = "hex"


class SmppSettings(Section):
    """A carrier that speaks SMPP 3.4."""

    host: str = Field(default="localhost", min_length=1, description="The carrier's machine.")
    port: int = Field(default=2775, ge=1, le=65535, description="Its port; with TLS often 3550.")
    system_id: str = Field(default="", max_length=15, description="The name the carrier gave the hub.")
    password: SecretStr = Field(default=SecretStr(""), description="The password that goes with it.")
    system_type: str = Field(default="", max_length=12, description="Only where the carrier asks for one.")
    bind: BindAs = Field(
        default=BindAs.TRANSCEIVER,
        description="What a bind is for; transmitter+receiver is two lines, for carriers that want that.",
    )
    binds: int = Field(default=1, ge=1, le=64, description="How many of them each worker holds; ask the carrier.")
    window: int = Field(default=10, ge=1, le=2000, description="Texts a bind may have unanswered; ask the carrier.")
    rate: Rate = Field(
        default=None, description="Segments per second in all that the contract allows. Empty: no limit."
    )
    batch_size: int = Field(default=500, ge=1, le=10_000, description="Texts that one call may hand over.")

    tls: bool = Field(default=False, description="Whether the line is encrypted; the host's name is then checked.")
    ca_file: File = Field(default=None, description="Certificates to trust instead of the system's, in PEM.")

    connect_timeout_s: Seconds = Field(default=10, description="How long the connection and the bind may take.")
    enquire_link_s: float = Field(
        default=20, ge=1, le=45, description="Silence after which the carrier is asked whether it is still there."
    )
    response_timeout_s: float = Field(
        default=15,
        gt=0,
        le=300,
        description="How long an answer may take; then nobody knows. With write_timeout_s below lease_s.",
    )
    write_timeout_s: float = Field(
        default=20, gt=0, le=300, description="How long a text may wait for its turn; then it goes back to the queue."
    )
    reconnect_max_s: Seconds = Field(default=60, description="Longest pause between two tries to connect.")

    long_messages: LongMessages = Field(
        default=LongMessages.UDH,
        description="udh: each part begins with a header; sar: TLVs say which part it is; payload: all in one "
        "message_payload, which the carrier cuts.",
    )
    default_alphabet: DefaultAlphabet = Field(
        default=DefaultAlphabet.GSM, description="What the carrier means by data_coding 0."
    )
    service_type: str = Field(default="", max_length=5, description="Only where the carrier asks for one.")
    source_ton: Octet = Field(
        default=None, description="Type of every sender. Empty: 5 for names, 3 short codes, 1 numbers."
    )
    source_npi: Octet = Field(default=None, description="Plan of every sender. Empty: 0 for names, 1 otherwise.")
    dest_ton: Octet = Field(default=1, description="Type of the recipients' numbers.")
    dest_npi: Octet = Field(default=1, description="Plan of the recipients' numbers.")
    address_range: str = Field(
        default="", max_length=40, description="Numbers whose texts this bind receives; mostly empty."
    )
    default_sender: str = Field(default="", max_length=20, description="Sender of a text that has none.")
    registered_delivery: bool = Field(default=True, description="Whether receipts are asked for.")
    validity_hours: Hours = Field(
        default=48, description="Longest time the carrier may try to deliver. Empty: the carrier's own."
    )
    validity_format: ValidityFormat = Field(
        default=ValidityFormat.RELATIVE, description="How that time is written: for so long, or until a time in UTC."
    )
    message_reference: bool = Field(
        default=True, description="Whether each text carries the hub's 16-bit reference, to be echoed in receipts."
    )

    message_id_format: MessageIdFormat = Field(
        default=MessageIdFormat.AUTO,
        description="How receipts write the ids of answers: auto finds out; as_is: to the letter; plain: but for "
        "capitals and zeros before; dec: in decimal where the answer is in hex; hex: the other way round.",
    )
    error_table: ErrorTable = Field(default="default", description="Whose `err` codes its receipts use.")
    errors: Errors = Field(
        default=(), description="Codes of its own, as 001:network, 005:unallocated; reasons also barred and other."
    )
    inbound: bool = Field(default=True, description="Whether texts from phones come in by it.")
    join_s: Seconds = Field(default=20, description="How long the parts of a long text from a phone are waited for.")

    @property
    def own_errors(self) -> dict[str, FailureReason]:
        """`errors`, by their codes."""
        pairs = (word.split(":") for word in self.errors)
        return {code: FailureReason(reason) for code, reason in pairs}

    @property
    def sends(self) -> bool:
        """Whether texts go out by it."""
        return self.bind is not BindAs.RECEIVER

    @property
    def receives(self) -> bool:
        """Whether receipts and texts come in by it."""
        return self.bind is not BindAs.TRANSMITTER
