"""The sender's own words: what their mail program added below or around them is cut away. Pure.

Only what is certain is cut. A closing formula (`Cordialement, Marie`) is the sender's own and stays; so does a
sentence that merely resembles a mark, such as `Le 4 janvier, Marie a écrit :` with neither year nor address.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from hub_mail_to_sms import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGNATURE_CUT = "signature cut"
QUOTE_CUT = "quoted text cut"
END_CUT = "text after --end cut"

_LONGEST_MARK = 400
_LONGEST_ATTRIBUTION = 4
_LONGEST_HEADER_BLOCK = 15
_MOST_BLANKS = 5
_TYPOGRAPHY = str.maketrans("\u2019\u2010\u2011\u2013\u2014", "'----")


@dataclass(frozen=True, slots=True)
class CutText:
    """The text that is left, and what was done to it in plain words."""

    text: str
    notes: tuple[str, ...]


def cut_text(text: str) -> CutText:
    """Cut signature, quotes and the headers above them from a mail's text, and tidy what is left.

    The text ends at the first `--end`, `-- `, telephone signature (`Envoyé de mon iPhone`), attribution
    (`Le ... a écrit :`), separator or header block of another mail. Lines quoted with `>` are dropped; where
    nothing but those stands under an attribution, what the sender wrote below them is kept. Blanks at the
    ends of lines go, and so do all but one of several blank lines.
    """
    lines = re.sub(r"\r\n?", "\n", text).split("\n")
    kept, notes = _own_lines(lines, [_plain(line) for line in lines])
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in kept))
    return CutText(tidy.strip(), tuple(dict.fromkeys(notes)))


def _own_lines(lines: Sequence[str], plain: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines that stay, and a note for each cut; `plain` are the lines as the table of marks has them."""
    kept: list[str] = []
    notes: list[str] = []
    position = 0
    while position < len(lines):
        if _is_quoted(plain[position]):
            notes.append(QUOTE_CUT)
            position += 1
        elif attribution := _attribution_length(plain, position):
            notes.append(QUOTE_CUT)
            position = _next_written(plain, position + attribution)
            if not _is_quoted("".join(plain[position : position + 1])):
                break
        elif cut := _find_cut(plain, position):
            notes += [cut] if cut != END_CUT or any(plain[position + 1 :]) else []
            break
        else:
            kept.append(lines[position])
            position += 1
    return kept, notes


def _plain(line: str) -> str:
    single = " ".join(line.split())
    return unicodedata.normalize("NFC", single.translate(_TYPOGRAPHY)) if len(single) <= _LONGEST_MARK else single


def _is_quoted(line: str) -> bool:
    """Say whether a line quotes; `>> Soldes <<` is an ornament."""
    return line.startswith(">") and not line.endswith("<")


def _find_cut(lines: Sequence[str], position: int) -> str | None:
    """Return the note for what ends the text at this line, or None when nothing does."""
    line = lines[position]
    if len(line) > _LONGEST_MARK:
        return None
    if _END.fullmatch(line):
        return END_CUT
    if _SEPARATOR.fullmatch(line) or _is_header_block(lines, position):
        return QUOTE_CUT
    if _RULE.fullmatch(line) and _is_header_block(lines, _next_written(lines, position + 1)):
        return QUOTE_CUT
    return SIGNATURE_CUT if _SIGNATURE.fullmatch(_LINK.sub("", line).rstrip(". ")) else None


def _attribution_length(lines: Sequence[str], position: int) -> int:
    """Return how many lines the sentence above a quote takes up here (Gmail wraps it), 0 for none."""
    first = lines[position].lstrip("-* ")
    pattern = _ATTRIBUTIONS.get(first.partition(" ")[0].lower(), _ADDRESS_ATTRIBUTION)
    sentence = first
    for length in range(1, _LONGEST_ATTRIBUTION + 1):
        if len(sentence) > _LONGEST_MARK:
            return 0
        if sentence.endswith((":", "-")) and pattern.fullmatch(sentence) and _EVIDENCE.search(sentence):
            return length
        following = lines[position + length] if position + length < len(lines) else ""
        if not following or pattern is _ADDRESS_ATTRIBUTION:
            return 0
        sentence = f"{sentence} {following}"
    return 0


def _is_header_block(lines: Sequence[str], position: int) -> bool:
    """Say whether the header of another mail stands here: From first, then when it was sent, and its Subject."""
    block = list(takewhile(bool, lines[position : position + _LONGEST_HEADER_BLOCK]))
    if not block or _label(block[0]) != "from":
        return False
    labels = {_label(line) for line in block}
    sent = "surely sent" in labels or ("sent" in labels and any("@" in line for line in block))
    return sent and "subject" in labels


def _label(line: str) -> str | None:
    """Return which field of a mail the line names: `Objet : ...` is its subject."""
    match = _LABEL.match(line)
    return _LABELS.get(match[1].lower()) if match else None


def _next_written(lines: Sequence[str], position: int) -> int:
    """Return the position of the first line from here on that is not blank; few blank ones are passed over."""
    return position + sum(1 for _ in takewhile(lambda line: not line, lines[position : position + _MOST_BLANKS]))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_END = _any_of([marks.END_LINE])
_SIGNATURE = _any_of([marks.SIGNATURE_LINE, marks.UNDERSCORE_LINE, *marks.SENT_FROM])
_SEPARATOR = _any_of(marks.SEPARATORS)
_RULE = _any_of([marks.RULE_LINE])
_ATTRIBUTIONS = {word: _any_of([pattern]) for word, pattern in marks.ATTRIBUTIONS.items()}
_ADDRESS_ATTRIBUTION = _any_of([marks.ADDRESS_ATTRIBUTION])
_EVIDENCE = _any_of([marks.ATTRIBUTION_EVIDENCE])
_LABEL = re.compile(r"\*?([^\W\d_]+(?:[ -][^\W\d_]+)?) ?:")
_LABELS = {name: label for label, names in marks.HEADER_LABELS.items() for name in names}
_LINK = re.compile(r"\s?[<(\[]{0,2}https?://[^\s<>\])]+[>\])]{0,2}\.?")
