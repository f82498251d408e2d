"""How faults speak: values shown safely, and the nearest word where one was mistyped."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "********"
_LONGEST = 60


def shown(value: object) -> str:
    """A value inside a sentence: quoted, of one line, cut where it is long, without any URL's password."""
    if value == "":
        return "an empty value"
    return f"'{plain(without_password(str(value)))}'"


def plain(text: str) -> str:
    """A text of one line that no terminal trips over, cut where it is long."""
    safe = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: _LONGEST + 1])
    return f"{safe[:_LONGEST]}..." if len(text) > _LONGEST else safe


def without_password(text: str) -> str:
    """Mask what a URL holds between its user's name and `@`, and its `password=`."""
    text = re.sub(r"(?<=://)([^:/?#]*):.*@", rf"\1:{MASK}@", text, flags=re.DOTALL)
    return re.sub(r"(?<=[?&])(\w*password)=[^&]*", rf"\1={MASK}", text)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean port?`, or nothing where no choice is near."""
    near = get_close_matches(word[:_LONGEST], sorted(choices), n=1)
    return f"; did you mean {near[0]}?" if near else ""
