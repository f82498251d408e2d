"""The arguments of MAIL and RCPT: an address and its parameters (RFC 5321, section 4.1.2). Pure.

Stricter than the email package's reader, which takes NUL for a letter, and never slow: a few patterns that
do not backtrack, where that reader recurses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NULL_PATH = "<>"
"""Nobody: the sender of bounces."""

IGNORED_PARAMETERS = frozenset({"AUTH", "RET", "ENVID", "NOTIFY", "ORCPT", "BY", "XOORG", "XMESSAGEVALUE"})
"""Offered or not, Exchange, Outlook and vCenter send these; they change nothing here (RFC 3461, RFC 4954)."""

_LONGEST = 320
_IN_BRACKETS = re.compile(r'<((?:"(?:[^"\\]|\\.)*+"|[^"<>\s])*+)>(?:\s++(.*))?', re.DOTALL)
_BARE = re.compile(r'([^"<>\s]++)(?:\s++(.*))?', re.DOTALL)
_SOURCE_ROUTE = re.compile(r"@[^:]*+:")
_PARAMETER = re.compile(r"([A-Z0-9][A-Z0-9-]*)(?:=([\x21-\x7e]+))?")
_NUMBERS = frozenset({"SIZE"})


def read_path(argument: str) -> tuple[str, str] | None:
    """An address and what stands behind it; None when it is malformed.

    Invalid UTF-8, control characters and overlong addresses are malformed; a source route is dropped, as
    RFC 5321 (appendix C) asks for. `NULL_PATH` is the empty one.
    """
    found = _IN_BRACKETS.fullmatch(argument) or _BARE.fullmatch(argument)
    if found is None:
        return None
    address = _SOURCE_ROUTE.sub("", found[1], count=1) if found[1].startswith("@") else found[1]
    if len(address) > _LONGEST or not address.isprintable():  # half a character, from invalid UTF-8, is not printable
        return None
    return address or NULL_PATH, found[2] or ""


def read_parameters(words: Iterable[str]) -> dict[str, str | bool] | None:
    """The parameters that matter, by name; None when one is malformed."""
    found: dict[str, str | bool] = {}
    for word in words:
        parts = _PARAMETER.fullmatch(word)
        if parts is None or (parts[1] in _NUMBERS and not _is_number(parts[2])):
            return None
        if parts[1] not in IGNORED_PARAMETERS:
            found[parts[1]] = parts[2] or True
    return found


def _is_number(value: str | None) -> bool:
    return value is not None and value.isdecimal() and len(value) <= 20  # noqa: PLR2004 - RFC 1870, section 3
