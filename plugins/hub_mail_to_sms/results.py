"""Reads an Authentication-Results field (RFC 8601, section 2.2). Pure.

Whoever writes a mail chooses much of what its front server quotes there, in comments and in quoted strings: these
lose their meaning first, and only then is anything looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIR = re.compile(r"([^\s=]+)\s*=\s*(\S*)")
_HARMFUL = frozenset('";= \t\r\n')


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found: `dmarc`, `pass`, and properties such as `header.from`; names in small letters.

    The verdict is empty where stray words stand among the properties: nobody can tell what they belong to.
    """

    method: str
    verdict: str
    properties: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """Every value of a property."""
        return [value for key, value in self.properties if key == name]


@dataclass(frozen=True, slots=True)
class Results:
    """A field taken apart: which server says so, and what it found."""

    server: str
    found: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        """What was found by one method."""
        return [result for result in self.found if result.method == method]


def read_results(field: str) -> Results | None:
    """The field taken apart; None when a comment or a quoted string in it does not end."""
    bare = _without_comments_and_quotes(field)
    if bare is None:
        return None
    server, *pieces = bare.split(";")
    results = (_read_result(piece.strip()) for piece in pieces)
    return Results(next(iter(server.split()), "").lower(), tuple(result for result in results if result))


def _read_result(piece: str) -> Result | None:
    first = _PAIR.match(piece)
    if first is None:
        return None
    properties = tuple((key.lower(), value) for key, value in _PAIR.findall(piece, first.end()))
    is_clear = not _PAIR.sub("", piece).strip()
    return Result(first[1].partition("/")[0].lower(), first[2].lower() if is_clear else "", properties)


def _without_comments_and_quotes(field: str) -> str | None:
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in field:
        if escaped or (quoted and character not in '"\\'):
            escaped = False
            kept.append("" if depth else _made_harmless(character))
        elif character == "\\" and (depth or quoted):
            escaped = True
        elif depth or (character == "(" and not quoted):
            depth += {"(": 1, ")": -1}.get(character, 0)
            kept.append("" if depth else " ")
        elif character == '"':
            quoted = not quoted
        else:
            kept.append(character)
    return None if depth or quoted else "".join(kept)


def _made_harmless(character: str) -> str:
    return "?" if character in _HARMFUL else character
