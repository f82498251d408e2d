"""Texts from phones: their words by data_coding, their header taken off, the parts of a long one joined. Pure.

The parts of a long text wait in memory for each other, and none of them is acknowledged before the whole is stored:
what a process loses when it dies, the carrier hands over again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hub import InboundText
from hub_smpp.addresses import number_of
from hub_smpp.alphabet import DefaultAlphabet, text_of
from hub_smpp.codes import ESM_UDH, Tag
from hub_smpp.receipts import payload

if TYPE_CHECKING:
    from hub_smpp.pdu import DataSm, DeliverSm

MISSING = "[...]"
"""Stands for a part that did not come."""
MOST_WAITING = 5000
"""Long texts that may be incomplete at once; then the oldest is handed over as it is."""
_CONCAT_8, _CONCAT_16 = 0x00, 0x08
_LONGEST_UDH = 140

T = TypeVar("T")


class Place(NamedTuple):
    """Which part of which text."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One deliver_sm's share of a text; `place` is None when it is the whole."""

    number: str
    to: str
    text: str
    raw: str
    place: Place | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What the parts of one text have in common."""
        reference, total, _ = self.place or (0, 1, 1)
        return self.number, self.to, reference, total


def fragment_of(pdu: DeliverSm | DataSm, alphabet: DefaultAlphabet = DefaultAlphabet.GSM) -> Fragment:
    """What a PDU has of a text; never raises: what cannot be read is marked, and its octets are in `raw`."""
    octets = payload(pdu)
    place = _sar_place(pdu)
    body = octets
    if pdu.esm_class & ESM_UDH and octets:
        header, body = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
        place = _udh_place(header) or place
    return Fragment(
        number=number_of(pdu.source_addr_ton, pdu.source_addr),
        to=number_of(pdu.dest_addr_ton, pdu.destination_addr),
        text=text_of(body, pdu.data_coding, alphabet).rstrip("\0"),
        raw=f"data_coding={pdu.data_coding} esm_class={pdu.esm_class} {octets.hex()}",
        place=place if place and place.total > 1 and 1 <= place.number <= place.total else None,
    )


def _udh_place(header: bytes) -> Place | None:
    """The place that a user data header gives (3GPP TS 23.040, 9.2.3.24.1 and .8); other elements are passed over."""
    at = 0
    while at + 2 <= len(header):
        element, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if element == _CONCAT_8 and len(value) == 3:  # noqa: PLR2004 - reference, total, number
            return Place(*value)
        if element == _CONCAT_16 and len(value) == 4:  # noqa: PLR2004 - the reference in two octets
            return Place(int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    return None


def _sar_place(pdu: DeliverSm | DataSm) -> Place | None:
    tags = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    values = [pdu.tlv(tag) for tag in tags]
    if any(value is None for value in values):
        return None
    return Place(*(int.from_bytes(value or b"", "big") for value in values))


def text_from(fragments: list[Fragment]) -> InboundText:
    """One text of its parts, in their order, with a mark for each that is missing."""
    first = fragments[0]
    if first.place is None:
        return InboundText(first.number, first.to, first.text, raw=first.raw)
    by_number = {one.place.number: one for one in fragments if one.place is not None}
    numbers = range(1, first.place.total + 1)
    words = "".join([by_number[number].text if number in by_number else MISSING for number in numbers])
    raw = "\n".join([by_number[number].raw for number in numbers if number in by_number])
    return InboundText(first.number, first.to, words, raw=raw)


@dataclass(slots=True)
class _Waiting(Generic[T]):
    since: float
    parts: list[tuple[Fragment, T]] = field(default_factory=list)


@dataclass(slots=True)
class Joiner(Generic[T]):
    """Keeps parts until their text is whole, or has waited for `longest_s` seconds. T is how each is answered."""

    longest_s: float
    _waiting: dict[tuple[object, ...], _Waiting[T]] = field(default_factory=dict)

    def add(self, fragment: Fragment, answer: T, now: float) -> tuple[InboundText, list[T]] | None:
        """The whole text, and how all of its parts are answered, once the last part is there."""
        if fragment.place is None:
            return text_from([fragment]), [answer]
        waiting = self._waiting.setdefault(fragment.key, _Waiting(now))
        waiting.parts.append((fragment, answer))
        if len({part.place for part, _ in waiting.parts}) < fragment.place.total:
            return None
        return self._taken(fragment.key)

    def overdue(self, now: float) -> list[tuple[InboundText, list[T]]]:
        """Texts that have waited for too long, with what there is of them."""
        late = [key for key, one in self._waiting.items() if now - one.since >= self.longest_s]
        late += list(self._waiting)[: max(0, len(self._waiting) - MOST_WAITING - len(late))]
        return [self._taken(key) for key in dict.fromkeys(late)]

    def _taken(self, key: tuple[object, ...]) -> tuple[InboundText, list[T]]:
        parts = self._waiting.pop(key).parts
        return text_from([fragment for fragment, _ in parts]), [answer for _, answer in parts]
