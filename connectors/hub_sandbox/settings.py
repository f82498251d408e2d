"""The keys of `[connector.NAME] type = sandbox`: how the carrier behaves when all is well, and how often it does not.

Odds go from 0 (never) to 1 (always). They hold for every number that `behaviour.NUMBERS` does not name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.plugin_kit import Section
from hub_sandbox.endpoint import Endpoint, endpoint_of


def _none(value: object) -> object:
    """Read an empty value, and the word `none`, as no value."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value


Odds = Annotated[float, Field(ge=0, le=1)]
Duration = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[Annotated[float, Field(gt=0, allow_inf_nan=False)] | None, BeforeValidator(_none)]
Seed = Annotated[int | None, BeforeValidator(_none)]
Patience = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _address(value: object) -> object:
    """Check an address and keep it as it was written."""
    if isinstance(value, str) and (value := value.strip()):
        endpoint_of(value)
        return value
    return None


Address = Annotated[str | None, BeforeValidator(_address)]


class ReceiptOrder(StrEnum):
    """In which order receipts come: that of the messages, or any."""

    IN = "in"
    RANDOM = "random"


class SandboxSettings(Section):
    """What kind of carrier the sandbox plays."""

    address: Address = Field(
        default=None,
        description="Where `hub sandbox serve` listens (unix:PATH or HOST:PORT): the carrier is then that process, "
        "with odds, delays and a ledger of its own. Empty: it lives inside the workers.",
    )
    connect_timeout_s: Patience = Field(default=3, description="How long such a carrier may take to say hello.")
    answer_timeout_s: Patience = Field(
        default=15, description="How long an answer may take; then nobody knows what was taken. Less than lease_s."
    )

    batch_size: int = Field(default=500, ge=1, le=10_000, description="Messages that one call may hand over.")
    latency_ms: Duration = Field(default=0, description="How long the carrier takes to answer a call.")
    rate: Rate = Field(default=None, description="Segments per second; faster ones are throttled. Empty: no limit.")
    idempotent: bool = Field(
        default=False, description="Whether a message that was already taken is answered again, and not sent."
    )
    one_id_per_part: bool = Field(
        default=True, description="Whether each part of a long text has its own id and its own receipt."
    )

    receipts: bool = Field(default=True, description="Whether the carrier reports what became of a message.")
    echo_client_ref: bool = Field(default=True, description="Whether receipts name the hub's own message id.")
    receipt_delay_s: Duration = Field(default=0.3, description="Seconds from a message to its receipt.")
    receipt_order: ReceiptOrder = Field(
        default=ReceiptOrder.IN, description="in: as the messages came; random: in any order, up to twice the delay."
    )
    late_by_s: Duration = Field(default=60, description="Seconds from a message to a late receipt.")

    duplicate_receipts: Odds = Field(default=0, description="Odds that a receipt comes twice.")
    early_receipts: Odds = Field(default=0, description="Odds that a receipt comes before the message's answer.")
    late_receipts: Odds = Field(default=0, description="Odds that a receipt comes late, see late_by_s.")
    foreign_receipts: Odds = Field(default=0, description="Odds that a receipt comes that belongs to nobody, too.")

    reject: Odds = Field(default=0, description="Odds that a message is refused for good.")
    throttle: Odds = Field(default=0, description="Odds that a message is put off; a call that is all put off fails.")
    lost_answers: Odds = Field(default=0, description="Odds that a message is taken and its answer lost.")
    lost_batches: Odds = Field(default=0, description="Odds that a call is taken whole and the line breaks after it.")
    disconnect: Odds = Field(default=0, description="Odds that the line breaks before a call: nothing is taken.")
    silent: Odds = Field(default=0, description="Odds that a call is taken whole and never answered.")
    garbage: Odds = Field(default=0, description="Odds that a call is taken whole and answered with nonsense.")
    seed: Seed = Field(default=None, description="Makes the odds fall the same way each time. Empty: they differ.")

    @property
    def endpoint(self) -> Endpoint | None:
        """Where the carrier is, when it is a process of its own."""
        return None if self.address is None else endpoint_of(self.address)
