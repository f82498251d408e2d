"""How links look, which addresses they may lead to, and where they stand in a text. Pure.

A code is drawn by chance. Of 49 letters and digits (no vowels, so that none spells a word; nothing that is taken for
something else) seven give 6.8e11: with ten million links alive, a guess hits one in 68 000 times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from hub.events.rules import is_public
from hub.links.model import OPT_OUT, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hub.sms.model import PreparedText

ALPHABET = "bcdfghjkmnpqrstvwxyzBCDFGHJKLMNPQRSTVWXYZ23456789"
PLACEHOLDER = "<-short->"
MOST_LINKS = 10
"""Links that one text may have; a sample must be found for each."""
LONGEST_URL = 2000
_FILE = re.compile("file:([0-9A-HJKMNP-TV-Z]{26})")
_CODE = re.compile(f"[{ALPHABET}]{{5,7}}")
_KEPT = "%/:=&?~#+!$,;'@()*[]"
"""What of an address stays as it is written (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class LinkShape:
    """What short links look like: `base` is what stands before the slash (empty: there are none), then the code.

    A text is planned with samples, which are as long as the links that take their place and of the same alphabet: it
    is cut into the same segments. Samples are of 0 and 1, which no code has.
    """

    base: str = ""
    length: int = 7

    def url(self, code: str) -> str:
        """A link as it stands in a text."""
        return f"{self.base}/{code}"

    def sample(self, place: int) -> str:
        """What stands in the place of a link until its code is drawn."""
        return self.url(f"{place:0{self.length}b}")

    @property
    def opt_out(self) -> str | None:
        """The sample of the opt-out link; None where there are no links."""
        return self.sample(OPT_OUT) if self.base else None

    def worded(self, text: str) -> str:
        """A text with samples for its placeholders."""
        if not self.base or PLACEHOLDER not in text:
            return text
        head, *rest = text.split(PLACEHOLDER)
        return head + "".join(self.sample(place) + part for place, part in enumerate(rest, start=1))

    def places_in(self, text: str, links: int) -> tuple[int, ...]:
        """The places, of the opt-out link and of so many others, whose samples a text has."""
        if not self.base:
            return ()
        return tuple(place for place in range(links + 1) if self.sample(place) in text)

    def filled(self, prepared: PreparedText, slots: Sequence[Slot]) -> PreparedText:
        """A planned text with its links; cut where it was."""
        text = prepared.text
        for slot in slots:
            text = text.replace(self.sample(slot.place), self.url(slot.code))
        parts, start = [], 0
        for part in prepared.segmentation.parts:
            parts.append(text[start : start + len(part)])
            start += len(part)
        return replace(prepared, text=text, segmentation=replace(prepared.segmentation, parts=tuple(parts)))


def file_of(link: str) -> str | None:
    """The id of the file that an entry among a campaign's links names, as in `file:01JZ...`; None for an address."""
    found = _FILE.fullmatch(link.strip())
    return found[1] if found else None


def is_code(text: str) -> bool:
    """Whether this can be the code of a link at all."""
    return _CODE.fullmatch(text) is not None


def as_target(url: str) -> str | None:
    """The address that a link leads to, as it stands on the wire, or `file:ID`; None for what no link may lead to.

    Only http and https, with a host, without a name or password, and without control characters or blanks.
    """
    url = url.strip()
    if file_of(url):
        return url
    if not url or len(url) > LONGEST_URL or any(ord(one) <= 0x20 or 0x7F <= ord(one) <= 0xA0 for one in url):  # noqa: PLR2004 - C0, DEL, C1 and blanks
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        named = host if ":" in host else host.encode("idna").decode()
        if parts.scheme.lower() not in {"http", "https"} or not named or "@" in parts.netloc or "\\" in url:
            return None
        place = f"[{named}]" if ":" in named else named
        rest = (quote(piece, safe=_KEPT) for piece in (parts.path, parts.query, parts.fragment))
    except (ValueError, UnicodeError):
        return None
    target = urlunsplit((parts.scheme.lower(), f"{place}:{port}" if port else place, *rest))
    return target if len(target) <= LONGEST_URL and re.fullmatch(r"[a-z0-9.:\[\]-]+", place) else None


def is_outside(url: str) -> bool:
    """Whether a target can be one of the open internet, by what is written: no name is looked up."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return False
    last = host.rpartition(".")[2]
    is_address = ":" in host or last.isdecimal() or last.startswith("0x")
    return is_public(host) if is_address else True


def is_denied(url: str, hosts: Collection[str]) -> bool:
    """Whether a target is at one of these hosts, or below one."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    pieces = host.split(".")
    return any(".".join(pieces[start:]) in hosts for start in range(len(pieces)))
