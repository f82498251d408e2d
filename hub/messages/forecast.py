"""What a campaign would come to, added up part by part: figures only, whatever the number of recipients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.sms.encoding import offending, prepare
from hub.sms.model import Alphabet, EncodingMode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.messages.model import Acceptance
    from hub.messages.planning import PlannedMessage

_TEXTS_KEPT = 1000
_NOWHERE = ""
"""The country of what is no number."""


@dataclass(frozen=True, slots=True)
class CountryForecast:
    """What would go to a country: texts, their segments and credits; of them those that wait, at most until when.

    `country` is None for recipients whose numbers are of none.
    """

    country: str | None
    texts: int
    segments: int
    credits: int
    blocked: int
    deferred: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LongestText:
    """The text that takes the most segments, as it would leave, and how long it is in characters."""

    text: str
    characters: int
    encoding: str
    segments: int


@dataclass(frozen=True, slots=True)
class DearCharacter:
    """A character for which texts go as UCS-2, and in how many texts it stands."""

    character: str
    texts: int


@dataclass(frozen=True, slots=True)
class Saving:
    """What the same campaign would come to with `encoding: gsm`, and how much less that is."""

    segments: int
    credits: int
    saved_segments: int
    saved_credits: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """What sending would answer, and what a person wants to know before.

    `acceptance` has the figures and names no campaign. `available` are the account's credits now, `suffices` whether
    they pay for it. `duplicate_of` is a campaign of a moment ago that this one would repeat. Where `is_complete` is
    not set there was no time for all: the figures are those of the first `looked_at` recipients.
    """

    acceptance: Acceptance
    countries: tuple[CountryForecast, ...]
    longest: LongestText | None
    dear: tuple[DearCharacter, ...]
    saving: Saving | None
    available: int
    suffices: bool
    duplicate_of: str | None
    looked_at: int
    is_complete: bool


@dataclass
class Tally:
    """Adds up planned messages."""

    longest: LongestText | None = None
    _texts: Counter[str] = field(default_factory=Counter)
    _segments: Counter[str] = field(default_factory=Counter)
    _blocked: Counter[str] = field(default_factory=Counter)
    _deferred: Counter[str] = field(default_factory=Counter)
    _until: dict[str, datetime] = field(default_factory=dict)
    _dear: Counter[str] = field(default_factory=Counter)
    _rewritten: dict[str, int] = field(default_factory=dict)
    _saved: int = 0

    def add(self, planned: Sequence[PlannedMessage]) -> None:
        """Take these in too."""
        for message in planned:
            country = message.country or _NOWHERE
            if message.violation or message.prepared is None:
                self._blocked[country] += 1
                continue
            self._texts[country] += 1
            self._segments[country] += message.segments
            if message.deferred and message.due_at:
                self._deferred[country] += 1
                self._until[country] = max(message.due_at, self._until.get(country, message.due_at))
            self._look_at(message.prepared.text, message.prepared.segmentation.alphabet, message.segments)

    @property
    def countries(self) -> tuple[CountryForecast, ...]:
        """By country, the one with most texts first."""
        names = sorted({*self._texts, *self._blocked}, key=lambda name: (-self._texts[name], name))
        return tuple(
            CountryForecast(
                name or None,
                self._texts[name],
                self._segments[name],
                self._segments[name],  # a segment costs one credit
                self._blocked[name],
                self._deferred[name],
                self._until.get(name),
            )
            for name in names
        )

    @property
    def dear(self) -> tuple[DearCharacter, ...]:
        """The characters that make texts dear, the most frequent first."""
        ranked = sorted(self._dear.items(), key=lambda item: (-item[1], item[0]))
        return tuple(DearCharacter(character, texts) for character, texts in ranked)

    @property
    def saving(self) -> Saving | None:
        """What the plain alphabet would save; None where no text is dear."""
        if not self._dear:
            return None
        left = self._segments.total() - self._saved
        return Saving(left, left, self._saved, self._saved)

    def _look_at(self, text: str, alphabet: Alphabet, segments: int) -> None:
        if self.longest is None or (segments, len(text)) > (self.longest.segments, self.longest.characters):
            self.longest = LongestText(text, len(text), alphabet, segments)
        if alphabet is Alphabet.UCS2:
            self._dear.update(set(offending(text)))
            self._saved += segments - _in_plain(text, self._rewritten)


def _in_plain(text: str, known: dict[str, int]) -> int:
    """The segments of a text in the 7-bit alphabet; most texts of a campaign are the same, some are remembered."""
    segments = known.get(text)
    if segments is None:
        segments = prepare(text, EncodingMode.GSM).segmentation.segments
        if len(known) < _TEXTS_KEPT:
            known[text] = segments
    return segments
