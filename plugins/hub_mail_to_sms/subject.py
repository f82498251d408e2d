"""The subject of a mail: the numbers to text, and options in brackets. Pure.

`Re: [marketing; sender=ACME] 06 12 34 56 78, +32 470 12 34 56` asks for advertising, signed ACME, to two numbers.
Telling the numbers apart is not this module's task.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Purpose = Literal["marketing", "alert"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the brackets asked for. `at` is naive where the sender gave no offset; `at_text` is as it was written."""

    purpose: Purpose | None = None
    sender: str | None = None
    at: datetime | None = None
    at_text: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the brackets that cannot be carried out: a code, and a sentence that says how to mend it."""

    code: str
    message: str
    option: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart. With `problems` the mail must be refused: what it asks for is not understood."""

    numbers_text: str
    options: Options = Options()
    problems: tuple[Problem, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The options that were not understood, as they were written."""
        return tuple(problem.option for problem in self.problems)


_PREFIX = re.compile(
    r"\A(?:(?:re|ré|ref|réf|rép|tr|fwd?|aw|wg|sv|vs|rv|i|r|enc)\s?(?:\[\d{1,3}\]|\^\d{1,3})?\s?:\s*)+", re.IGNORECASE
)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_AT = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)|(?P<day2>\d\d?)/(?P<month2>\d\d?)/(?P<year2>\d{4}))"
    r"(?: ?T ?| )(?:à )?(?P<hour>\d\d?) ?[:h] ?(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r" ?(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)
_NAMES: dict[str, Literal["marketing", "alert", "sender", "at"]] = {
    "marketing": "marketing",
    "alert": "alert",
    "alerte": "alert",
    "sender": "sender",
    "expediteur": "sender",
    "de": "sender",
    "at": "at",
    "a": "at",
}
_SPELLING = {
    "marketing": "[marketing]",
    "alert": "[alert]",
    "sender": "[sender=ACME]",
    "at": "[at=2027-01-04 09:30]",
}
_CLOSE = 0.75
_MOST_PROBLEMS = 10
_LONGEST_SHOWN = 40


def read_subject(subject: str) -> Subject:
    """Take a decoded subject apart: what is left without reply prefixes and options is the numbers' text.

    Options stand in brackets anywhere, several in one separated by `,` or `;`: `[marketing]`, `[alert]`
    (`alerte`), `[sender=ACME]` (`expediteur`, `de`), `[at=2027-01-04 09:30]` (`à`; also `04/01/2027 09h30`,
    `T` between, an offset behind). Letter case and accents do not matter. What is not understood becomes a
    problem, never silence.
    """
    rest = _without_prefixes(subject)
    parts = [part.strip() for inside in _BRACKETS.findall(rest) for part in re.split(r"[,;]", inside)]
    numbers_text = _without_prefixes(_BRACKETS.sub(" ", rest))
    options, problems = _read_options([part for part in parts if part])
    if stray := re.search(r"[\[\]]", numbers_text):
        problems.append(Problem("unclosed_bracket", "A bracket in the subject has no partner.", stray[0]))
    return Subject(numbers_text, options, tuple(problems))


def _without_prefixes(subject: str) -> str:
    return _PREFIX.sub("", " ".join(subject.split()), count=1).strip()


def _read_options(parts: list[str]) -> tuple[Options, list[Problem]]:
    options = Options()
    problems: list[Problem] = []
    for part in parts:
        read = _read_option(part, options)
        if isinstance(read, Options):
            options = read
        elif len(problems) < _MOST_PROBLEMS:
            problems.append(read)
    return options, problems


def _read_option(part: str, known: Options) -> Options | Problem:
    """Return the known options and this one, or what is wrong with it."""
    word, *values = (piece.strip() for piece in re.split(r"[=:]", part, maxsplit=1))
    value = values[0] if values else None
    match _NAMES.get(_fold(word)):
        case "marketing" | "alert" as purpose if value is None:
            return _agree(part, known, replace(known, purpose=purpose))
        case "sender" if value:
            return _agree(part, known, replace(known, sender=value))
        case "at" if value:
            at = _read_at(value)
            return _agree(part, known, replace(known, at=at, at_text=value)) if at else _bad_time(part)
        case None:
            return _unknown(part, word)
        case name:
            return Problem("malformed_option", f'"[{_show(part)}]" is written {_SPELLING[name]}.', part)


def _agree(part: str, before: Options, after: Options) -> Options | Problem:
    """Return the options unless the new one contradicts an earlier one."""
    pairs = ((before.purpose, after.purpose), (before.sender, after.sender), (before.at_text, after.at_text))
    if any(old not in (None, new) for old, new in pairs):
        return Problem("contradictory_option", f'"[{_show(part)}]" contradicts an option before it.', part)
    return after


def _read_at(value: str) -> datetime | None:
    found = _AT.fullmatch(value)
    if found is None:
        return None
    year, month, day = (found[name] or found[f"{name}2"] for name in ("year", "month", "day"))
    time = f"{found['hour']:0>2}:{found['minute']}:{found['second'] or '00'}{(found['offset'] or '').upper()}"
    try:
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{time}")
    except ValueError:
        return None


def _bad_time(part: str) -> Problem:
    return Problem(
        "bad_time", f'"[{_show(part)}]" holds no date and time: write {_SPELLING["at"]} or [at=04/01/2027 09:30].', part
    )


def _unknown(part: str, word: str) -> Problem:
    close = difflib.get_close_matches(_fold(word[:_LONGEST_SHOWN]), _NAMES, n=1, cutoff=_CLOSE)
    remedy = (
        f"did you mean {_SPELLING[_NAMES[close[0]]]}?" if close else f"the options are {', '.join(_SPELLING.values())}."
    )
    return Problem("unknown_option", f'"[{_show(part)}]" is no option; {remedy}', part)


def _fold(word: str) -> str:
    """Return the word in lower case without accents."""
    return unicodedata.normalize("NFKD", word[:_LONGEST_SHOWN]).encode("ascii", "ignore").decode().lower()


def _show(part: str) -> str:
    return part if len(part) <= _LONGEST_SHOWN else part[:_LONGEST_SHOWN] + "..."
