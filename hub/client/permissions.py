"""Who may be texted: consents, and numbers that must not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from pathlib import Path
from typing import TYPE_CHECKING

from hub.client.calls import MOST, Calls, part, said
from hub.client.values import Suppression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class Added:
    """How many are new, and how many were there."""

    added: int
    already: int


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a file that was left out, and why."""

    line: int
    given: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class TakenFile:
    """What became of the lines of a file; of those refused the first thousand are named."""

    lines: int
    added: int
    already: int
    refused: int
    faults: tuple[RefusedLine, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person agreed to, to be registered; `given_at` is aware."""

    number: str
    notice: str
    given_at: datetime
    source: str
    name: str | None = None
    url: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent of the register; `withdrawn_at` is since when it holds no more."""

    id: int
    number: str
    kind: str
    notice: str
    given_at: datetime
    source: str
    name: str | None
    url: str | None
    ip: str | None
    by: str
    at: datetime
    withdrawn_at: datetime | None


class Suppressions(Calls):
    """Numbers that must not be texted."""

    def all(
        self,
        *,
        kinds: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        campaign: str | None = None,
    ) -> Iterator[Suppression]:
        """Those that are asked for, or all of them, in the order of their numbers."""
        query = {"kind": list(kinds) or None, "since": since, "until": until, "campaign": campaign}
        return self._pages(Suppression, "/suppressions", limit=MOST, **said(query))

    def of(self, number: str) -> tuple[Suppression, ...]:
        """Why a number must not be texted; nothing where it may."""
        found = self.wire.json("GET", f"/suppressions/{part(number)}")
        return tuple(self._items(Suppression, {"items": found.get("suppressions")}))

    def add(self, numbers: Iterable[str], *, kind: str = "opt_out", reason: str | None = None) -> Added:
        """Let nobody text these numbers any more, a thousand at most; adding again changes nothing."""
        body = said({"numbers": list(numbers), "kind": kind, "reason": reason})
        return self._ask(Added, "POST", "/suppressions", body=body, again=True)

    def upload(self, file: str | Path, *, kind: str = "opt_out", reason: str | None = None) -> TakenFile:
        """Add the numbers of a file, CSV or TXT, from its path; the same file again changes nothing."""
        query = said({"kind": kind, "reason": reason})
        return self._ask(
            TakenFile, "POST", "/suppressions/import", query=query, file=Path(file), media_type=CSV, again=True
        )

    def save(self, to: str | Path) -> Path:
        """Keep all of them as a CSV file."""
        return self.wire.save("/suppressions/export", to)

    def lift(self, number: str, proof: str, *, kind: str = "opt_out") -> None:
        """Let a number be texted again, on its person's consent, of which `proof` is kept."""
        self.wire.call("DELETE", f"/suppressions/{part(number)}", body={"proof": proof, "kind": kind})


class Consents(Calls):
    """The register of who agreed to be texted."""

    def all(
        self,
        *,
        number: str | None = None,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        in_force: bool | None = None,
    ) -> Iterator[Consent]:
        """Those that are asked for, or all of them, in the order in which they were recorded; `number` is E.164."""
        asked = {"number": number, "source": source, "since": since, "until": until}
        held = None if in_force is None else str(in_force).lower()
        return self._pages(Consent, "/consents", limit=MOST, in_force=held, **said(asked))

    def register(self, agreements: Iterable[Agreement]) -> Added:
        """Keep what people agreed to, a thousand at most; the same again changes nothing."""
        body = {"consents": [said(asdict(one)) for one in agreements]}
        return self._ask(Added, "POST", "/consents", body=body, again=True)

    def upload(self, file: str | Path) -> TakenFile:
        """Register a CSV file from its path: number, notice, given_at, source; the same again changes nothing."""
        return self._ask(TakenFile, "POST", "/consents/import", file=Path(file), media_type=CSV, again=True)

    def withdraw(self, numbers: Iterable[str]) -> int:
        """Let what these numbers agreed to hold no more; how many consents that were."""
        body = {"numbers": list(numbers)}
        return int(self.wire.json("POST", "/consents/withdraw", body=body, again=True)["withdrawn"])

    def save(self, to: str | Path) -> Path:
        """Keep the register as a CSV file."""
        return self.wire.save("/consents/export", to)
