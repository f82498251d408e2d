"""What a text from a phone asks for: pure, from a text and a country's policy to a kind.

In the order of the law: an opt-out before anything else, then the words that ask who is behind the number. The words
are data (`words.toml`); what a country adds to them stands in its policy. Sources: compliance by country in
`hub/compliance/countries.toml`, FCC 24-18 ("any reasonable manner"), the af2m charter (STOP and CONTACT).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hub.inbound.model import InboundKind
from hub.inbound.words import load_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hub.compliance.model import CountryPolicy
    from hub.inbound.words import Words

LONGEST_READ = 2000
"""How many characters of a text are read for this: longer ones are no answer to a text."""
_LEET = str.maketrans("01345", "oieas")
_SIGNS = re.compile("[\u26d4\U0001f6d1\U0001f6ab\ufe0f\\s]{1,20}")
_LOOKALIKES = str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0442\u0455\u03bf\u03c1\u03c4", "aeopctsopt")
"""Cyrillic and Greek letters, as they stand after folding, of which STOP can be made."""
_HELD_DOWN = re.compile(r"(.)\1+")
_WITH_ITS_CODE = re.compile(r"(stop+|stopsms|stoppub)(\d{4,6})")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text asks for, the rule that says so, and the words that it rests on (folded; empty for a plain text)."""

    kind: InboundKind
    rule: str
    matched: str = ""


def read_text(text: str, policy: CountryPolicy | None = None) -> Verdict:
    """What a text asks for, under the policy of its sender's country (None: unknown)."""
    words = load_words()
    said = tokens_of(text)
    return (
        _opt_out(said, words, policy)
        or _single_word(said, words, policy)
        or _to_review(said, words)
        or Verdict(InboundKind.TEXT, "text")
    )


def tokens_of(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: NFKC, no capitals, no accents, nothing but letters and digits.

    Letters of other alphabets count for those that they look like; a text of stop signs alone is a stop.
    """
    if _SIGNS.fullmatch(text.strip()):
        return ("stop",)
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text[:LONGEST_READ]).casefold())
    folded = folded.translate(_LOOKALIKES)
    bare = (one for one in folded if unicodedata.category(one) not in {"Mn", "Me"})
    parts = "".join(one if one.isalnum() else " " for one in bare).split()
    return tuple(token for part in parts for token in _without_its_code(part))


def _without_its_code(token: str) -> tuple[str, ...]:
    """STOP36180 is STOP 36180, and ST0P is STOP."""
    if found := _WITH_ITS_CODE.fullmatch(token):
        return found[1], found[2]
    mixed = token[0].isalpha() or not token.isdecimal()
    return (token.translate(_LEET) if mixed and not token.isalpha() else token,)


def _opt_out(said: tuple[str, ...], words: Words, policy: CountryPolicy | None) -> Verdict | None:
    for rule, found in _reasons(said, words, policy):
        if found:
            return Verdict(InboundKind.OPT_OUT, rule, found)
    return None


def _reasons(said: tuple[str, ...], words: Words, policy: CountryPolicy | None) -> Iterable[tuple[str, str]]:
    core = words.without_courtesies(said)
    yield "keyword", _whole(said, _keywords(policy))
    yield "word", _whole(said, words.words) or _whole(core, words.words)
    if policy is not None and policy.optout.any_stop:
        yield "any_stop", next((one for one in said if one == "stop"), "")
    yield "first_word", core[0] if core and core[0] in words.first_words and len(core) <= words.short else ""
    yield "phrase", words.phrase_in(said)
    yield "sentence", words.sentence_in(said, core)


def _whole(said: tuple[str, ...], among: Collection[str]) -> str:
    """The word that the whole message is, however it is spaced; a letter that was held down counts once."""
    joined = "".join(said)
    if joined in among:
        return joined
    squeezed = _squeezed(joined)
    return next((one for one in sorted(among) if len(one) > _SHORTEST and _squeezed(one) == squeezed), "")


_SHORTEST = 3


@cache
def _squeezed(word: str) -> str:
    return _HELD_DOWN.sub(r"\1", word)


def _keywords(policy: CountryPolicy | None) -> frozenset[str]:
    listed = policy.optout.keywords if policy else ()
    return frozenset("".join(tokens_of(word)) for word in listed)


def _single_word(said: tuple[str, ...], words: Words, policy: CountryPolicy | None) -> Verdict | None:
    joined = "".join(said)
    back = policy.optout.resubscribe if policy else ()
    if joined in {"".join(tokens_of(word)) for word in back}:
        return Verdict(InboundKind.RESUBSCRIBE, "resubscribe", joined)
    if joined in words.contact:
        return Verdict(InboundKind.CONTACT, "contact", joined)
    if joined in words.help:
        return Verdict(InboundKind.HELP, "help", joined)
    return None


def _to_review(said: tuple[str, ...], words: Words) -> Verdict | None:
    found = words.review_in(said)
    return Verdict(InboundKind.REVIEW, "review", found) if found else None
