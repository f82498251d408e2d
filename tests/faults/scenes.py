"""For every write transaction and every edge: the scene in which a process passes it, and dies there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings = dict[str, str | None]


@dataclass(frozen=True)
class Scene:
    """A role that passes the point, what was done before, and how much later and with which settings it happens."""

    role: str
    given: tuple[str, ...] = ()
    later_s: float = 0
    given_settings: Settings = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    again: bool = True
    """Whether who did it does it again after the crash, as clients and supervisors do, and operators do not."""


A_LIST: Settings = {"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2"}
FOREIGN: Settings = {"HUB_CONNECTOR_SANDBOX_FOREIGN_RECEIPTS": "1"}
MOVED: Settings = {"HUB_ROUTE_DEFAULT_CONNECTOR": None, "HUB_ROUTE_OTHER_CONNECTOR": "sandbox"}
NOWHERE: Settings = {**MOVED, "HUB_ROUTE_OTHER_COUNTRIES": "BE"}
BROKEN_LINE: Settings = {
    "HUB_CONNECTOR_SANDBOX_DISCONNECT": "1",
    "HUB_CONNECTOR_SANDBOX_BATCH_SIZE": "1",
    "HUB_MESSAGES_BATCH": "4",
}
DAYS_S = 10 * 86_400.0

_SUBMIT = Scene("submit", given=("accept",))
_TICK = Scene("schedule", given=("accept",))
_BY_HAND = {
    "account": "open_account",
    "credits": "add_credits",
    "lock": "lock",
    "revoke_token": "revoke_token",
    "suppress": "opt_out",
    "token": "create_token",
    "user": "add_user",
}

SCENES: Mapping[str, Scene] = {
    # taking in
    "accept": Scene("accept"),
    "accept_list": Scene("accept_list", settings=A_LIST),
    "expand": Scene("expand", given=("accept_list",), given_settings=A_LIST, settings=A_LIST),
    "mail.before_decision": Scene("mail"),
    "mail.before_answer": Scene("mail"),
    "plugin": Scene("make_address"),
    # handing over
    "doorbell.before_ring": Scene("ring"),
    "claim": _SUBMIT,
    "announce": _SUBMIT,
    "submit.before_call": _SUBMIT,
    "submit.after_call": _SUBMIT,
    "record": _SUBMIT,
    "give_back": Scene("submit", given=("accept",), settings=BROKEN_LINE),
    "cancel": Scene("cancel", given=("accept",), again=False),
    # receipts
    "sink.before_receipts": _SUBMIT,
    "receipts": _SUBMIT,
    "sink.after_receipts": _SUBMIT,
    "look_again": Scene("submit", given=("accept",), settings=FOREIGN),
    "retry_parked": Scene("schedule", given=("accept", "submit"), given_settings=FOREIGN),
    # the tick
    "lease": _TICK,
    "release_lease": _TICK,
    "tick.leading": _TICK,
    "tick.duty_done": _TICK,
    "recover_leases": _TICK,
    "finish_campaigns": Scene("schedule", given=("accept", "submit")),
    "give_up": _TICK,
    "forget_keys": _TICK,
    "forget_parked": _TICK,
    "reroute": Scene("schedule", given=("accept",), settings=MOVED),
    "expire": Scene("schedule", given=("accept",), later_s=DAYS_S, settings=NOWHERE),
    "turn": Scene("run_hourly"),
    # an operator
    "migrate": Scene("upgrade"),
    **{name: Scene(role, again=False) for name, role in _BY_HAND.items()},
}


def scene_of(point: str) -> Scene:
    """The scene for a point: its own, or that of its transaction. Raises KeyError when there is none."""
    return SCENES[point if point in SCENES else point.partition(".")[0]]
