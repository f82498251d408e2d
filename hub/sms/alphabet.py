"""The two alphabets a text can travel in: GSM 7-bit (3GPP TS 23.038, section 6.2.1) and UTF-16."""

from __future__ import annotations

import re

from hub.sms.model import Alphabet

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
"""One septet each, in code order. ESC (0x1B) is left out: it announces the other table and is no character."""

GSM_EXTENSION = "\f^{}\\[~]|€"
"""Two septets each: ESC, then a code of the extension table."""

GSM_CHARACTERS = frozenset(GSM_BASIC + GSM_EXTENSION)

_FOREIGN = re.compile(f"[^{re.escape(GSM_BASIC + GSM_EXTENSION)}]")


def alphabet_of(text: str) -> Alphabet:
    """The cheapest alphabet that carries every character: one foreign character makes the whole text UCS-2."""
    return Alphabet.UCS2 if _FOREIGN.search(text) else Alphabet.GSM


def offending(text: str) -> tuple[str, ...]:
    """The characters that force UCS-2, in order of appearance, each once."""
    return tuple(dict.fromkeys(_FOREIGN.findall(text)))
