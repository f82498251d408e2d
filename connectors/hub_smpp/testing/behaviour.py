"""How a carrier behaves: its ways, and the odds of each fault. The same seed makes the same choices."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Fate(StrEnum):
    """What becomes of a submit_sm, or of the connection that it came by."""

    TAKE = "take"
    THROTTLE = "throttle"
    """Not taken: ESME_RTHROTTLED."""
    QUEUE_FULL = "queue_full"
    """Not taken: ESME_RMSGQFUL."""
    REJECT = "reject"
    """Not taken: ESME_RINVDSTADR, for good."""
    NACK = "nack"
    """Not taken: generic_nack."""
    DROP = "drop"
    """Not taken: the connection ends as if it had never been read."""
    LOSE_ANSWER = "lose_answer"
    """Taken: the connection ends before the answer."""
    TEAR = "tear"
    """Taken: the connection ends within the answer."""
    SILENCE = "silence"
    """Not taken: from now on nothing is read or answered on this connection, and it stays open."""
    RUBBISH = "rubbish"
    """Not taken: what comes back is no SMPP."""
    UNBIND = "unbind"
    """Taken and answered: then the carrier says goodbye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All that can be set; odds are between 0 and 1, times in seconds. Without a word it is a good carrier."""

    system_id: str = "hub"
    password: str = "secret"  # noqa: S105 - it guards a carrier that sends nothing
    seed: int = 0
    binds: int = 0
    """The most binds at a time; 0 is any number."""
    window: int = 0
    """More than that many unanswered are throttled; 0 is any number."""
    rate: float = 0.0
    """More than that many in a second are throttled; 0 is any number."""
    answer_delay_s: float = 0.0
    """Answers come after up to twice this time, and so in any order."""
    id_form: str = "dec"
    receipt_id_form: str = "dec"
    receipt_form: str = "both"
    """How a receipt says what it says: `tlv`, `text` or `both`."""
    echo_reference: bool = True
    """Whether a receipt names user_message_reference."""
    receipt_delay_s: float = 0.0
    receipt_order: str = "fifo"
    """`random`: each comes after up to twice the delay."""
    late_by_s: float = 5.0
    deliver_window: int = 500
    """The most deliver_sm that wait for their answer on one connection."""
    answers_enquiries: bool = True
    early: float = 0.0
    """Odds of a receipt before the submit_sm_resp."""
    late: float = 0.0
    duplicate: float = 0.0
    foreign: float = 0.0
    """Odds of a receipt for what was never sent by us."""
    refuse_bind: float = 0.0
    throttle: float = 0.0
    queue_full: float = 0.0
    reject: float = 0.0
    nack: float = 0.0
    drop: float = 0.0
    lose_answer: float = 0.0
    tear: float = 0.0
    silence: float = 0.0
    rubbish: float = 0.0
    unbind: float = 0.0

    def but(self, **changes: object) -> Behaviour:
        """The same with other values. Raises TypeError for one that there is not."""
        return replace(self, **changes)  # type: ignore[arg-type]  # read() and the callers know the types


def read(pairs: Iterable[str]) -> dict[str, object]:
    """Values from words like `throttle=0.1`. Raises ValueError for what cannot be set."""
    kinds = {one.name: type(one.default) for one in fields(Behaviour)}
    found: dict[str, object] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in kinds:
            raise ValueError(f"{name} cannot be set; there are {', '.join(kinds)}")
        kind = kinds[name]
        found[name] = value.lower() in {"1", "yes", "true"} if kind is bool else _NUMBERS.get(kind, str)(value)
    return found


_NUMBERS: dict[type, Callable[[str], object]] = {int: int, float: float}


def words(values: Mapping[str, object]) -> list[str]:
    """The opposite of `read`."""
    return [f"{name}={value}" for name, value in values.items()]


_BY_ODDS = tuple(fate for fate in Fate if fate is not Fate.TAKE)
_REJECTED = "9905"
"""A number with this end is always rejected; `receipts.ENDS` has what others do."""


class Dice:
    """Decides; `script` goes first, odds come after."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._random = Random(behaviour.seed)  # noqa: S311 - it decides what fails, and guards nothing
        self.script: deque[Fate] = deque()
        self.behaviour = behaviour

    @property
    def behaviour(self) -> Behaviour:
        """What it decides by."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._odds = [(fate, float(getattr(behaviour, fate.value))) for fate in _BY_ODDS]
        self._any = any(odds for _, odds in self._odds)

    def fate(self, to: str) -> Fate:
        """What becomes of the next submit_sm."""
        if self.script:
            return self.script.popleft()
        if to.endswith(_REJECTED):
            return Fate.REJECT
        if self._any:
            left = self._random.random()
            for fate, odds in self._odds:
                left -= odds
                if left < 0:
                    return fate
        return Fate.TAKE

    def falls(self, odds: float) -> bool:
        """Whether something of these odds happens now."""
        return odds > 0 and self._random.random() < odds

    def time(self, mean_s: float) -> float:
        """Up to twice that."""
        return self._random.uniform(0, 2 * mean_s)

    def index(self, count: int) -> int:
        """One of that many."""
        return self._random.randrange(count)
