"""What the hub makes of a text or a number, in plain values: for `hub explain`, and for whoever doubts a bill."""

from __future__ import annotations

from dataclasses import asdict

from hub.sms.encoding import offending, segment, transliterate
from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number


def explain_text(text: str, *, smart: bool = False) -> dict[str, object]:
    """How a text is counted, exactly as it stands: nothing is normalised, as sending would do first.

    `encoding`, `units` (septets or 16-bit units), `segments`, `part_units`, `parts`, and `offending`: the
    characters that force UCS-2. With `smart`, typographic marks are rewritten first: `smart_text` is the text
    that all of this then speaks of, and `changes` what was rewritten.
    """
    counted, changes = transliterate(text, strip=False) if smart else (text, ())
    cut = segment(counted)
    return {
        "encoding": cut.alphabet.value,
        "units": cut.units,
        "segments": cut.segments,
        "part_units": list(cut.part_units),
        "parts": list(cut.parts),
        "offending": list(offending(counted)),
        "changes": [asdict(change) for change in changes],
        **({"smart_text": counted} if smart else {}),
    }


def explain_number(text: str, region: str | None) -> dict[str, object]:
    """How a number is read: `ok`; `e164`, `region` and `type` where one was recognised; else `reason`, `message`."""
    outcome = parse_number(text, region)
    if isinstance(outcome, PhoneNumber):
        return {"ok": True, **_recognised(outcome)}
    recognised = _recognised(outcome.number) if outcome.number else {}
    return {"ok": False, "reason": outcome.reason, "message": outcome.message, **recognised}


def _recognised(number: PhoneNumber) -> dict[str, object]:
    return {"e164": number.e164, "region": number.region, "type": number.kind.value}
