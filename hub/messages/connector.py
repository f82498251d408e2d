"""What a connector is: a way to reach a carrier.

A connector is built by the factory that `hub_register_connectors` hands to the registry, lives as long as
its worker, and is used from one thread at a time - except `sink`, which it may call from threads of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hub.clock import Clock
    from hub.messages.model import DeliveryReceipt, FailureReason, OutgoingMessage


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier's line can do; the engine asks nothing else of its kind.

    `rate` is in segments per second (None: as fast as it goes), `batch_size` how many messages one `submit` takes.
    `idempotent` means that the carrier drops a repeat of the same client reference, `inbound` that texts from phones
    come in by it. Up to `lanes` calls of `submit` may be under way at once, each from a thread of its own.
    """

    receipts: bool = False
    alphanumeric_sender: bool = True
    idempotent: bool = False
    rate: float | None = None
    batch_size: int = 100
    inbound: bool = False
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Submitted:
    """The carrier's yes: one id per part it counts, or a single id for the whole message."""

    carrier_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The carrier's final no to this message; `code` is its own word, for the log."""

    reason: FailureReason
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """This message was certainly not sent and may be tried again after `retry_after_s` seconds."""

    code: str
    retry_after_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may or may not have been taken: its answer was lost."""

    detail: str


Outcome = Submitted | Rejected | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a phone, as a carrier hands it over.

    `number` is who wrote and `to` what they wrote to, both as the carrier has them (digits, with or without a `+`, or a
    short code). `carrier_id` names this text at the carrier, whatever the number of times that it is handed over; None
    where the carrier has no such name. `raw` is its own form, kept as it came.
    """

    number: str
    to: str
    text: str
    carrier_id: str | None = None
    raw: str = ""


class Sink(Protocol):
    """Where a connector puts what its carrier says later; it returns only after the store has it."""

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Record delivery receipts, in any order and any number of times."""
        ...

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Keep texts from phones; one that the store has already is kept once.

        Without a `carrier_id`, the same words from the same number to the same sender are a repeat as long as nobody
        has said `acknowledged` of them.
        """
        ...

    def acknowledged(self, texts: Sequence[InboundText]) -> None:
        """Say that the carrier was told that these are kept: from now on the same words are another text."""
        ...


class Connector(Protocol):
    """A way to reach one carrier."""

    capabilities: Capabilities

    def open(self, sink: Sink) -> None:
        """Start whatever lives as long as the worker: binds, receipt threads."""
        ...

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Hand a batch to the carrier and answer one outcome per message, in order.

        Raises a ConnectorError when nothing of the batch was sent. Any other exception is read as: nobody
        knows what was sent.
        """
        ...

    def close(self) -> None:
        """Finish what is in hand and let go; closing twice is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector is built from: its name in hub.ini, a folder of its own, the clock.

    Its settings come beside this, as the typed section that the connector registered. `public_url` is the web address
    of the hub without a slash at its end, for carriers that call back; empty where it has none.
    """

    name: str
    folder: Path
    clock: Clock
    public_url: str = ""
