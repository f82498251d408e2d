"""What a carrier took and what it owes: a file that is only added to, and that outlives its writer's SIGKILL."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_ID = 0x1A2B3C
"""Ids have letters in hex, so that their forms differ."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A submit_sm that was taken. `text` is in hex, without a user data header; `end` is the `stat` to come, if any."""

    id: int
    to: str
    sender: str
    reference: int | None
    part: int
    parts: int
    text: str
    data_coding: int
    end: str
    err: int


@dataclass(frozen=True, slots=True)
class Owed:
    """A deliver_sm that was given on command: its octets in hex, without a sequence number that counts."""

    id: int
    octets: str


class Book:
    """Reads what is there when it is opened, forgets a line that was cut off, and adds to it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "book"
        self.taken: dict[int, Taken] = {}
        self.owed: dict[int, Owed] = {}
        self.receipts: dict[int, Taken] = {}
        """Receipts that nobody has acknowledged."""
        self.acknowledged: Counter[int] = Counter()
        """How often each text from a phone was acknowledged."""
        self._last = FIRST_ID
        whole = 0
        for length, line in _lines(self._path):
            whole += length
            self._read(line)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, whole)
        self._waiting: list[str] = []

    def close(self) -> None:
        """Write what waits, and let go."""
        self.flush()
        os.close(self._file)

    def next_id(self) -> int:
        """A number that was never given before."""
        self._last += 1
        return self._last

    def take(self, taken: Taken) -> None:
        """Note it; `flush` before it is answered."""
        self.taken[taken.id] = taken
        if taken.end:
            self.receipts[taken.id] = taken
        t = taken
        row = (t.id, t.to, t.sender, t.reference, t.part, t.parts, t.text, t.data_coding, t.end, t.err)
        self._waiting.append(f"T{json.dumps(row)}\n")

    def owe(self, owed: Owed) -> None:
        """Note a text from a phone."""
        self.owed[owed.id] = owed
        self._waiting.append(f"M{json.dumps((owed.id, owed.octets))}\n")

    def acknowledge(self, id_: int) -> None:
        """Note that a hub has the receipt, or the text."""
        if self.receipts.pop(id_, None) is None:
            self.owed.pop(id_, None)
            self.acknowledged[id_] += 1
        self._waiting.append(f"A[{id_}]\n")

    def flush(self) -> None:
        """Write what waits, so that it is there whatever happens to this process."""
        if self._waiting:
            left = memoryview("".join(self._waiting).encode())
            self._waiting.clear()
            while left:
                left = left[os.write(self._file, left) :]

    def _read(self, line: str) -> None:
        row = json.loads(line[1:])
        self._last = max(self._last, row[0])
        if line[0] == "T":
            taken = Taken(*row)
            self.taken[taken.id] = taken
            if taken.end:
                self.receipts[taken.id] = taken
        elif line[0] == "M":
            self.owed[row[0]] = Owed(*row)
        elif self.receipts.pop(row[0], None) is None:
            self.owed.pop(row[0], None)
            self.acknowledged[row[0]] += 1


@dataclass(frozen=True, slots=True)
class Count:
    """What a book says, read from beside its writer."""

    taken: tuple[Taken, ...]
    receipts_owed: int
    texts_owed: int

    def times_taken(self) -> Counter[str]:
        """How often each number was texted: as often as that part of a text that came most often."""
        parts = Counter((one.to, one.part) for one in self.taken)
        times: Counter[str] = Counter()
        for (to, _), count in parts.items():
            times[to] = max(times[to], count)
        return times

    def incomplete(self) -> set[str]:
        """The numbers to which some parts went and others did not."""
        parts: dict[str, set[int]] = {}
        wanted: dict[str, int] = {}
        for one in self.taken:
            parts.setdefault(one.to, set()).add(one.part)
            wanted[one.to] = one.parts
        return {to for to, found in parts.items() if len(found) < wanted[to]}


def read_count(folder: Path) -> Count:
    """What the book in a folder says now; whoever writes it may be at work."""
    taken: list[Taken] = []
    receipts: set[int] = set()
    texts: set[int] = set()
    for _, line in _lines(folder / "book"):
        row = json.loads(line[1:])
        if line[0] == "T":
            taken.append(Taken(*row))
            receipts.update({row[0]} if taken[-1].end else ())
        elif line[0] == "M":
            texts.add(row[0])
        else:
            receipts.discard(row[0])
            texts.discard(row[0])
    return Count(tuple(taken), len(receipts), len(texts))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each whole line, with the octets that it takes."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield len(line), line.decode()
