"""What lists, the blacklist and the NPAI list have in common: contacts as clients write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import NewContact
from hub_smsfactor_api.node import whole_number
from hub_smsfactor_api.numbers import parsed
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from hub_smsfactor_api.node import Node

    T = TypeVar("T")

INFOS = ("info1", "info2", "info3", "info4")
MOST_ROWS = 10_000
"""Contacts of one reply; `start` and `length` turn the pages."""


@dataclass(frozen=True, slots=True)
class Brought:
    """Contacts of a request: how many have a number of a mobile, each such number once, and how many others."""

    given: int
    contacts: tuple[NewContact, ...]
    invalid: int

    @property
    def duplicates(self) -> int:
        """How many come again in the same request."""
        return self.given - len(self.contacts)


def brought_by(document: Node, region: str) -> Brought:
    """The contacts of a document. Of a number that comes twice what each says is taken, the later word last."""
    given, invalid = 0, 0
    found: dict[str, dict[str, str]] = {}
    for one in document.inner("contacts").all("gsm", "contact", "contacts"):
        number = parsed(one.said() or one.value("destination", "gsm") or "", region)
        if number is None:
            invalid += 1
            continue
        given += 1
        infos = {name: value for name in INFOS if (value := one.value(name)) is not None}
        found.setdefault(number.e164, {}).update(infos)
    contacts = tuple(NewContact(number, **infos) for number, infos in found.items())  # type: ignore[arg-type]  # INFOS are its fields
    return Brought(given, contacts, invalid)


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of many a reply has: `start` are left out, `length` are given."""

    start: int
    length: int

    def of(self, rows: Iterable[T]) -> tuple[list[T], int]:
        """Those rows, and how many there are in all."""
        kept, count = [], 0
        for count, row in enumerate(rows, start=1):
            if self.start < count <= self.start + self.length:
                kept.append(row)
        return kept, count


def window_of(wishes: Node) -> Window:
    """What a request says of pages; without a word the first ten thousand."""
    said = wishes.value("length")
    length = MOST_ROWS if said is None else whole_number(said)
    if length is None:
        raise Refused(Status.DATA, "length is to be a whole number.")
    return Window(wishes.number("start") or 0, MOST_ROWS if length < 0 else min(length, MOST_ROWS))


def infos_of(one: object) -> Iterator[tuple[str, str | None]]:
    """The four fields of a contact, by their names."""
    return ((name, getattr(one, name)) for name in INFOS)
