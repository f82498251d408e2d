"""The tables of transliteration: which character is written how, where the GSM alphabet lacks it.

`MARKS` is the first level: typography, whose loss no reader notices. `SIGNS` belongs to the second: letters and
signs that Unicode does not take apart by itself. No key of either is a GSM character.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LINE_ENDS = "\n\v\f\r"


def _characters(*ranges: tuple[int, int]) -> str:
    return "".join(chr(code) for first, last in ranges for code in range(first, last + 1))


def _small_capitals() -> dict[str, str]:
    return {unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {char}"): char for char in "ABCDEFGHIJKLMNOPQRSTUVWYZ"}


def _compatible(characters: Iterable[str]) -> dict[str, str]:
    """Each character with what Unicode calls its plain form (fullwidth A: A; one half: 1/2)."""
    return {char: unicodedata.normalize("NFKC", char).replace("\N{FRACTION SLASH}", "/") for char in characters}


CONTROLS: Mapping[str, str] = MappingProxyType(
    {char: "" for char in _characters((0, 0x1F), (0x7F, 0x9F)) if char not in _LINE_ENDS} | {"\t": " "}
)
"""What no text message carries: C0 and C1 controls go, ESC among them; a tab is a space."""

_MARK_ROWS = {
    # double quotes: guillemets, curly, low, primes, ornaments
    '"': "\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u2036\u02ba\u02dd\u02ee\u275d\u275e\u301d\u301e\u301f",
    # single quotes: curly, apostrophes, primes, free-standing accents, backtick
    "'": "\u2018\u2019\u201b\u2032\u2035\u00b4\u0060\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u275b\u275c",
    # low quote and ideographic commas
    ",": "\u201a\u3001\ufe10\ufe11\ufe51\uff64",
    # hyphens, dashes, minus, bullets
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2022\u2023\u25aa\u25cf\u25e6\u2500\u23bc\u23bd",
    # middle dots and ideographic full stops
    ".": "\u00b7\u2027\u2219\u22c5\u3002\uff61",
    "..": "\u2025",
    "...": "\u2026\u22ef",
    "!!": "\u203c",
    "??": "\u2047",
    "?!": "\u2048",
    "!?": "\u2049",
    "<": "\u2039",
    ">": "\u203a",
    "(": "\u2768\u276a\u27ee\u2985",
    ")": "\u2769\u276b\u27ef\u2986",
    "{": "\u2774",
    "}": "\u2775",
    # division sign, fraction slash and their like
    "/": "\u00f7\u2044\u2215\u29f8",
    "\\": "\u29f5\u29f9",
    "|": "\u00a6\u2223\u2502\u23b8\u239c\u239f\u23b9\u23d0",
    "_": "\u2017",
    "*": "\u204e\u2217\u229b\u29c6"
    + _characters((0x2722, 0x2725), (0x2731, 0x2733), (0x273A, 0x273D), (0x2749, 0x274B)),
    "+": "\u02d6",
    ":": "\u02d0\u02f8\u2236\u2982\ua789",
    ";": "\u204f",
    "=": "\ua78a",
    "^": "\u02c6",
    "~": "\u02dc\u02f7\u223c",
    # every breadth of space (French typography sets U+00A0 and U+202F), line and paragraph separators
    " ": "\u00a0\u1680\u202f\u205f\u3000\u2028\u2029" + _characters((0x2000, 0x200A)),
    # what has no breadth at all: zero-width, soft hyphen, writing direction
    "": "\u00ad\u061c\u180e\u200b\u200c\u2060\ufeff"
    + _characters((0x200E, 0x200F), (0x202A, 0x202E), (0x2061, 0x2064), (0x2066, 0x206F)),
}

MARKS: Mapping[str, str] = MappingProxyType(
    {
        **CONTROLS,
        # small forms, fullwidth forms, fractions
        **_compatible(
            _characters(
                (0xFE13, 0xFE16),
                (0xFE50, 0xFE50),
                (0xFE52, 0xFE52),
                (0xFE54, 0xFE57),
                (0xFE59, 0xFE5C),
                (0xFE5F, 0xFE66),
            )
        ),
        **_compatible(_characters((0xFE68, 0xFE6B), (0xFF01, 0xFF3F), (0xFF41, 0xFF5E))),
        **_compatible(_characters((0xBC, 0xBE), (0x2150, 0x215E))),
        "\uff40": "'",
        **_small_capitals(),
        **{char: written for written, characters in _MARK_ROWS.items() for char in characters},
    }
)
"""First level: quotes, dashes, spaces, ellipsis, bullets, fractions, shapes of letters, invisible characters."""

_SIGN_ROWS = {
    "oe": "\u0153",
    "OE": "\u0152",
    "o": "\u00b0",
    "u": "\u00b5\u03bc",
    "i": "\u0131",
    "l": "\u0142",
    "L": "\u0141",
    "d": "\u0111\u00f0",
    "D": "\u0110\u00d0",
    "h": "\u0127",
    "H": "\u0126",
    "t": "\u0167",
    "T": "\u0166",
    "th": "\u00fe",
    "Th": "\u00de",
    "ng": "\u014b",
    "Ng": "\u014a",
    "f": "\u0192",
    "SS": "\u1e9e",
    "c": "\u00a2",
    "(c)": "\u00a9",
    "(r)": "\u00ae",
    "x": "\u00d7\u2715\u2716",
    "+": "\u2795",
    "-": "\u2796",
    "+/-": "\u00b1",
    "<=": "\u2264",
    ">=": "\u2265",
    "!=": "\u2260",
    "~": "\u2248",
    "->": "\u2192\u27a1\u279c\u2794",
    "<-": "\u2190\u2b05",
    "=>": "\u21d2",
    "0/00": "\u2030",
}

SIGNS: Mapping[str, str] = MappingProxyType(
    {char: written for written, characters in _SIGN_ROWS.items() for char in characters}
)
"""Second level: ligatures, barred letters and signs for which readers know a plain writing."""
