"""Lines that a mail program broke, made whole again: format=flowed, and plain hard wrapping. Pure."""

from __future__ import annotations

import re
from itertools import chain, pairwise

_SIGNATURE_MARK = "-- "
_WRAPPED_LENGTHS = range(60, 81)
_SHORTEST_WRAP_COLUMN = 72
_SENTENCE_GOES_ON = re.compile(r"[a-zà-öø-ÿœ(«€&]|\d(?!\d?[.)] )")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", ">")


def join_flowed(text: str, *, delsp: bool) -> str:
    """Undo format=flowed (RFC 3676): a line that ends in a space goes on in the next one of the same quote depth.

    Quoted lines come out behind one `> ` per depth. With `delsp` the space at the break is not part of the text.
    """
    paragraphs: list[tuple[int, list[str]]] = []
    goes_on = False
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if goes_on and content and content != _SIGNATURE_MARK and paragraphs[-1][0] == depth:
            paragraphs[-1][1].append(content)
        else:
            paragraphs.append((depth, [content]))
        goes_on = content.endswith(" ") and content != _SIGNATURE_MARK
        if goes_on and delsp:
            paragraphs[-1][1][-1] = content[:-1]
    return "\n".join("> " * depth + "".join(pieces) for depth, pieces in paragraphs)


def join_wrapped(text: str) -> str:
    """Undo the wrapping that Gmail and others do to plain text, where it is certain.

    A break is theirs when the next word would not have fitted, the sentence is not over, and the next line
    goes on in lower case.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    breaks = (" " if _is_wrapped(*pair) else "\n" for pair in pairwise(lines))
    return lines[0] + "".join(chain.from_iterable(zip(breaks, lines[1:], strict=True)))


def _is_wrapped(line: str, following: str) -> bool:
    first_word = following.partition(" ")[0]
    return (
        len(line) in _WRAPPED_LENGTHS
        and len(line) + 1 + len(first_word) > _SHORTEST_WRAP_COLUMN
        and _SENTENCE_GOES_ON.match(following) is not None
        and not line.startswith(">")
        and not line.endswith(_SENTENCE_ENDS)
    )
