"""What carriers' codes mean: `err` in receipts by tables per carrier, statuses of answers by one table. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import Enum, auto
from importlib.resources import files
from typing import TYPE_CHECKING

from hub import FailureReason, NotSent, Outcome, Rejected
from hub_smpp.codes import STATUS_NAMES, status_name

if TYPE_CHECKING:
    from collections.abc import Mapping


def _tables() -> dict[str, dict[str, FailureReason]]:
    written = tomllib.loads(files(__package__).joinpath("error_tables.toml").read_text("utf-8"))
    return {name: {code: FailureReason(reason) for code, reason in table.items()} for name, table in written.items()}


ERROR_TABLES: Mapping[str, Mapping[str, FailureReason]] = _tables()
"""Reasons by code, by the name of a table in error_tables.toml."""


def plain_code(code: str) -> str:
    """A code as it is compared: without leading zeros, in small letters."""
    return code.strip().lower().lstrip("0") or "0"


def reasons(table: str, own: Mapping[str, FailureReason]) -> dict[str, FailureReason]:
    """A carrier's table, with the codes of its own before those of the table."""
    return {**ERROR_TABLES[table], **{plain_code(code): reason for code, reason in own.items()}}


class Kind(Enum):
    """What a status that is no yes means for what was refused."""

    FINAL = auto()
    """This text will never be taken."""
    LATER = auto()
    """This text may be tried again."""
    SLOWER = auto()
    """This text may be tried again, and the line goes too fast."""
    ACCOUNT = auto()
    """Nothing will be taken until a person has mended something."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a status means; `reason` for those that are final."""

    kind: Kind
    reason: FailureReason = FailureReason.OTHER


_FINAL = Verdict(Kind.FINAL)
_LATER = Verdict(Kind.LATER)
_SLOWER = Verdict(Kind.SLOWER)
_ACCOUNT = Verdict(Kind.ACCOUNT)

_VERDICTS = {
    "ESME_RTHROTTLED": _SLOWER,
    "ESME_RMSGQFUL": _SLOWER,
    "ESME_RSYSERR": _LATER,
    "ESME_RX_T_APPN": _LATER,
    "ESME_RSUBMITFAIL": _LATER,  # the specification does not say for how long; a text is tried a few times at most
    "ESME_RUNKNOWNERR": _LATER,
    "ESME_RINVBNDSTS": _LATER,  # the line is not bound any more: another one takes it
    "ESME_RINVDSTADR": Verdict(Kind.FINAL, FailureReason.UNALLOCATED),
    "ESME_RINVDSTTON": _FINAL,
    "ESME_RINVDSTNPI": _FINAL,
    "ESME_RINVSYSID": _ACCOUNT,
    "ESME_RINVPASWD": _ACCOUNT,
    "ESME_RINVSYSTYP": _ACCOUNT,
    "ESME_RBINDFAIL": _ACCOUNT,
    "ESME_RINVSERTYP": _ACCOUNT,
}
"""Everything that is not named here is final: a status of the specification blames the PDU, and it will not change."""

BIND_REFUSALS = frozenset({"ESME_RINVSYSID", "ESME_RINVPASWD", "ESME_RINVSYSTYP", "ESME_RINVADR", "ESME_RINVSERTYP"})
"""A bind that is answered by one of these needs a person; any other may work later (ESME_RALYBND: the old line).

ESME_RBINDFAIL says neither: some carriers mean a wrong password by it, others that they are busy.
"""


def verdict(status: int) -> Verdict:
    """What a submit_sm_resp or generic_nack that is no yes says of its text.

    A carrier's own codes (0x400-0x4FF) are nobody's to read without its manual: tried again, and never lost.
    """
    name = STATUS_NAMES.get(status)
    return _LATER if name is None else _VERDICTS.get(name, _FINAL)


def outcome_of(status: int, retry_after_s: float) -> Outcome:
    """The outcome of a text that was refused with this status."""
    said = verdict(status)
    name = status_name(status)
    if said.kind is Kind.FINAL:
        return Rejected(said.reason, name, f"The carrier answered {name}.")
    return NotSent(name, retry_after_s)
