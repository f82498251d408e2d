"""Links as a text message shows them: the words, then the address where the words are not the address. Pure."""

from __future__ import annotations

import re

_TARGET = re.compile(r"[ \t]?<(?:(https?://[^\s<>]{1,2000})|mailto:([^\s<>]{1,300}))>", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"\[(?:cid:[^\[\]\s]{1,300}|image ?: [^\[\]\n]{0,300})\]", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?://|mailto:)?(?:www\.)?", re.IGNORECASE)
_LONGEST_WORDS = 300


def tidy_links(text: str) -> str:
    """Rewrite the links of a plain text as Outlook writes them, `words<https://...>`, and drop `[cid:...]` images."""
    return _TARGET.sub(_rewrite, _INLINE_IMAGE.sub("", text))


def addition_to(words: str, target: str) -> str:
    """Return what must follow the words of a link so that nobody misses its target: the address, or nothing.

    Nothing follows words that are an address themselves, nor where there are no words (a picture, a tracker).
    """
    target = "".join(target.split())
    shown = words.strip()
    if not shown or not target.isprintable() or _is_address(shown) or _bare(shown) == _bare(target):
        return ""
    if target.lower().startswith(("http://", "https://")):
        return target
    scheme, _, rest = target.partition("?")[0].partition(":")
    hidden = not re.search(r"[@\d]", shown)
    return rest if hidden and scheme.lower() in ("mailto", "tel", "sms") else ""


def _rewrite(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - _LONGEST_WORDS) : match.start()].rpartition("\n")[2]
    words = before.split()[-1] if before.strip() else ""
    target = match[1] or f"mailto:{match[2]}"
    addition = addition_to(words, target) if words else match[1] or match[2]
    return f" {addition}" if addition and words else addition


def _is_address(words: str) -> bool:
    return " " not in words and words.lower().startswith(("http://", "https://", "www."))


def _bare(address: str) -> str:
    """Return the address as people compare it: no scheme, no `www.`, no slash at the end."""
    return _SCHEME.sub("", address, count=1).rstrip("/").lower()
