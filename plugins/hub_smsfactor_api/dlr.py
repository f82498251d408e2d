"""What became of a text, in SMSFactor's numbers (0 NOT_SENT to 12 EXPIRED; 8 and 10 are not used)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import MessageState
from hub_smsfactor_api.statuses import COUNTER_BY_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_SENT, SENT, NOT_DELIVERED, DELIVERED, NOT_ALLOWED, INVALID_DESTINATION = range(6)
INVALID_SENDER, ROUTE_NOT_AVAILABLE, REJECTED, NETWORK_ERROR, EXPIRED = 6, 7, 9, 11, 12

_BY_STATE: Mapping[MessageState, int] = {
    MessageState.SUBMITTED: SENT,
    MessageState.UNKNOWN: SENT,
    MessageState.NO_RECEIPT: SENT,
    MessageState.DELIVERED: DELIVERED,
    MessageState.EXPIRED: EXPIRED,
    MessageState.REJECTED: REJECTED,
}
_BY_FAILURE: Mapping[str, int] = {
    "unallocated": INVALID_DESTINATION,
    "network": NETWORK_ERROR,
    "barred": REJECTED,
}
_BY_COUNTER: Mapping[str, int] = {"invalid": INVALID_DESTINATION, "npai": INVALID_DESTINATION}


def dlr_code(state: MessageState, reason: str | None) -> int:
    """The number of a state and its reason; of what was never sent, why not."""
    if state is MessageState.UNDELIVERED:
        return _BY_FAILURE.get(reason or "", NOT_DELIVERED)
    if state is not MessageState.BLOCKED:
        return _BY_STATE.get(state, NOT_SENT)
    if reason == "no_route":
        return ROUTE_NOT_AVAILABLE
    if (reason or "").startswith("sender_"):
        return INVALID_SENDER
    return _BY_COUNTER.get(COUNTER_BY_CODE.get(reason or "", ""), NOT_ALLOWED)
