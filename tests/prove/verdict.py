"""The hub's word against the carrier's own count: what was lost, doubled, or is in doubt. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.messages.model import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOVING = frozenset({"pending", "claimed", "submitting", "submitted"})
"""States that are no end: with the faults over and every receipt handed in, none is left."""
AT_THE_CARRIER = frozenset({"submitted", "delivered", "undelivered", "expired", "no_receipt"})
"""States by which the hub says that the carrier has it."""
NOT_AT_THE_CARRIER = frozenset({"pending", "claimed", "cancelled", "blocked", "rejected"})
"""States by which the hub says that the carrier never had it."""


@dataclass(frozen=True, slots=True)
class Record:
    """Both sides' books: messages by id (number, state), keys with their campaigns, and what the carrier took."""

    messages: dict[str, tuple[str, str]]
    keys: list[tuple[str, str]]
    growing: int
    taken: list[tuple[str, str]]
    receipts_owed: int
    audit: Sequence[str]

    @property
    def is_settled(self) -> bool:
        """Whether every message has come to its end, or is known to be in doubt."""
        moving = any(state in MOVING for _, state in self.messages.values())
        return not moving and not self.growing and not self.receipts_owed


@dataclass(frozen=True, slots=True)
class Heard:
    """A client's yes: its key, the campaigns that it was told each time it asked, and the numbers it was for.

    Of a campaign that was `cancelled` while it was being expanded, the rest is never put on record.
    """

    key: str
    numbers: tuple[str, ...]
    campaigns: tuple[str, ...] = ()
    cancelled: bool = False


@dataclass
class Verdict:
    """What came of a run; `unknown` names each message in doubt, and whether the carrier really had it."""

    accepted: int = 0
    taken: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unknown: dict[str, bool] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept; doubts that are named break none."""
        return not (self.lost or self.doubled or self.wrong)


def judge(record: Record, heard: Sequence[Heard]) -> Verdict:
    """Compare what clients were promised, what the hub has on record and what the carrier took.

    Every number is used by one client request only, so that a number names a message also where ids differ.
    """
    had = Counter(reference for reference, _ in record.taken)
    verdict = Verdict(accepted=sum(len(one.numbers) for one in heard), taken=len(record.taken))
    verdict.states.update(state for _, state in record.messages.values())
    verdict.lost += _not_on_record(record, heard)
    verdict.doubled += _twice(record)
    verdict.wrong += [f"credits: {difference}" for difference in record.audit]
    verdict.wrong += _keys_with_two_campaigns(record, heard)
    for id_, (_, state) in sorted(record.messages.items()):
        if state in MOVING:
            verdict.lost.append(f"{id_} is still {state}")
        if state in AT_THE_CARRIER and not had[id_]:
            verdict.lost.append(f"{id_} is {state}, and the carrier never had it")
        if state in NOT_AT_THE_CARRIER and had[id_]:
            verdict.wrong.append(f"{id_} is {state}, and the carrier has it")
        if state == MessageState.UNKNOWN:
            verdict.unknown[id_] = bool(had[id_])
    verdict.wrong += [f"the carrier has {one}, which the hub does not know" for one in had.keys() - record.messages]
    return verdict


def _not_on_record(record: Record, heard: Sequence[Heard]) -> Iterator[str]:
    known = {number for number, _ in record.messages.values()}
    for one in heard:
        if one.cancelled:
            continue
        yield from (f"{number} of {one.key} was accepted and is not on record" for number in {*one.numbers} - known)


def _twice(record: Record) -> Iterator[str]:
    books = {
        "message {} was taken {} times": Counter(reference for reference, _ in record.taken),
        "number {} was texted {} times": Counter(number for _, number in record.taken),
        "number {} is on record {} times": Counter(number for number, _ in record.messages.values()),
    }
    for sentence, counts in books.items():
        yield from (sentence.format(one, times) for one, times in counts.items() if times > 1)


def _keys_with_two_campaigns(record: Record, heard: Sequence[Heard]) -> Iterator[str]:
    campaigns: defaultdict[str, set[str]] = defaultdict(set)
    for key, campaign in record.keys:
        campaigns[key].add(campaign)
    for one in heard:
        campaigns[one.key].update(one.campaigns)
    yield from (f"{key} brought {len(found)} campaigns" for key, found in campaigns.items() if len(found) > 1)
