"""The words of `words.toml`, read once and made ready to be looked for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GAP = r"(?:\\w+ ){0,4}"


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for in a text; all of it folded, texts as words with one blank between them."""

    words: frozenset[str]
    first_words: frozenset[str]
    short: int
    contact: frozenset[str]
    help: frozenset[str]
    _courtesies: re.Pattern[str]
    _compounds: re.Pattern[str]
    _phrases: re.Pattern[str]
    _review: re.Pattern[str]
    _sentences: tuple[tuple[re.Pattern[str], re.Pattern[str] | None], ...]
    _short_sentences: re.Pattern[str]

    def without_courtesies(self, said: Sequence[str]) -> tuple[str, ...]:
        """The words that are left when please and thank you are taken away."""
        return tuple(self._courtesies.sub(" ", _spaced(said)).split())

    def phrase_in(self, said: Sequence[str]) -> str:
        """The first phrase that is an opt-out wherever it stands."""
        return _found(self._phrases, self._line(said))

    def sentence_in(self, said: Sequence[str], core: Sequence[str]) -> str:
        """The part of a whole sentence that asks for no more texts; `core` is the text without courtesies."""
        for line in dict.fromkeys((self._line(core), self._line(said))):
            for pattern, unless in self._sentences:
                if (found := _found(pattern, line)) and not (unless and unless.search(line)):
                    return found
        whole = self._short_sentences.fullmatch(" ".join(core)) if len(core) <= self.short else None
        return whole[0] if whole else ""

    def review_in(self, said: Sequence[str]) -> str:
        """The first word for which a person should look at a text."""
        return _found(self._review, _spaced(said))

    def _line(self, said: Sequence[str]) -> str:
        """The text in one line, with what only looks like a STOP taken out of it: non-stop is a word of its own."""
        return self._compounds.sub("~", _spaced(said))


@cache
def load_words() -> Words:
    """The words that are shipped."""
    text = resources.files("hub.inbound").joinpath("words.toml").read_text(encoding="utf-8")
    return read_words(tomllib.loads(text))


def read_words(document: dict[str, Any]) -> Words:
    """The same for a table that was read already."""
    nouns: dict[str, str] = document["nouns"]
    languages: list[dict[str, list[str]]] = list(document["language"].values())

    def ready(patterns: Iterable[str]) -> str:
        return "|".join(_ready(one, nouns) for one in patterns)

    return Words(
        words=frozenset((*document["words"], *document["slips"])),
        first_words=frozenset(document["first_words"]),
        short=document["short"],
        contact=frozenset(document["contact"]),
        help=frozenset(document["help"]),
        _courtesies=_whole_words("|".join(sorted(document["courtesies"], key=len, reverse=True))),
        _compounds=_whole_words("|".join(document["compounds"])),
        _phrases=_whole_words("|".join(document["phrases"])),
        _review=_whole_words("|".join(document["review"])),
        _sentences=tuple(
            (_whole_words(ready(one["sentences"])), _whole_words(ready(one["unless"])) if one["unless"] else None)
            for one in languages
        ),
        _short_sentences=re.compile(ready(pattern for one in languages for pattern in one["short_sentences"])),
    )


def _ready(pattern: str, nouns: dict[str, str]) -> str:
    for name, noun in nouns.items():
        pattern = pattern.replace(f"<{name}>", noun)
    return pattern.replace("$", r"(?=\s*$)").replace("~", _GAP.replace("\\\\", "\\"))


def _whole_words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


def _spaced(said: Sequence[str]) -> str:
    return " ".join(said)


def _found(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    return found[0].strip() if found else ""
