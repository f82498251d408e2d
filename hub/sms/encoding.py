"""From the text a sender wrote to the text that leaves, with its alphabet and segments.

The front door of three rooms: `alphabet` (what fits GSM), `segments` (where a text is cut), `transliteration`.
"""

from __future__ import annotations

import re
import unicodedata

from hub.errors import RequestRefused
from hub.sms.alphabet import GSM_BASIC, alphabet_of, offending
from hub.sms.model import Alphabet, Change, EncodingMode, PreparedText, Segmentation
from hub.sms.segments import segment
from hub.sms.transliteration import rewrite, transliterate
from hub.sms.typography import CONTROLS

__all__ = ["alphabet_of", "offending", "prepare", "segment", "transliterate"]

_ALREADY_READY = re.compile(f"[{re.escape(GSM_BASIC.replace(chr(13), ''))}]{{0,160}}")
_LINE_END = re.compile("\r\n|[\r\v\f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def prepare(text: str, mode: EncodingMode, *, smart: bool = False) -> PreparedText:
    """The text as it will leave, cut into segments; `changes` lists what a reader could notice.

    In every mode line ends become LF, control characters are taken out (a raw ESC never passes; a tab becomes
    a space) and the text is NFC-normalised. Then `auto` keeps every letter: GSM-7 where it fits, or where
    `smart` is set and rewriting typographic marks makes it fit at no more segments; UCS-2 otherwise. `gsm`
    transliterates fully and writes `?` for what is left. `unicode` is UCS-2 always.
    Raises RequestRefused for a lone surrogate, which no encoding carries; for no other text.
    """
    if mode is not EncodingMode.UNICODE and _ALREADY_READY.fullmatch(text):
        return PreparedText(text, Segmentation(Alphabet.GSM, len(text), (text,), (len(text),)))
    tidy, changes = _tidy(text)
    if mode is EncodingMode.UNICODE:
        return PreparedText(tidy, segment(tidy, Alphabet.UCS2), changes)
    if mode is EncodingMode.GSM:
        return _force_gsm(tidy, changes)
    return _keep_letters(tidy, changes, smart=smart)


def _tidy(text: str) -> tuple[str, tuple[Change, ...]]:
    if _LONE_SURROGATE.search(text):
        raise RequestRefused.because(
            "text", "lone_surrogate", "The text holds half a character (a lone surrogate): write it again."
        )
    without_controls, changes = rewrite(_LINE_END.sub("\n", text), CONTROLS)
    return unicodedata.normalize("NFC", without_controls), changes


def _force_gsm(text: str, changes: tuple[Change, ...]) -> PreparedText:
    plain, rewritten = transliterate(text, strip=True)
    fitting, lost = rewrite(plain, dict.fromkeys(offending(plain), "?"))
    return PreparedText(fitting, segment(fitting, Alphabet.GSM), changes + rewritten + lost)


def _keep_letters(text: str, changes: tuple[Change, ...], *, smart: bool) -> PreparedText:
    as_written = PreparedText(text, segment(text), changes)
    if not smart or as_written.segmentation.alphabet is Alphabet.GSM:
        return as_written
    marked, rewritten = transliterate(text, strip=False)
    cut = segment(marked)
    if cut.alphabet is not Alphabet.GSM or cut.segments > as_written.segmentation.segments:
        return as_written
    return PreparedText(marked, cut, changes + rewritten)
