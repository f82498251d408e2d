"""Read a JSON object (RFC 8259) strictly: what is wrong is named, nothing is guessed, nothing silently dropped."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from hub.config.words import plain
from hub.errors import RequestRefused

MAX_DEPTH = 100
"""Levels of nesting: far more than any request has, far fewer than Python's parser can bear."""
LONGEST_INTEGER = 20
"""Digits, the sign counted: all that 64 bits can hold."""

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_object(data: bytes) -> dict[str, Any]:
    """The object that a request's body is.

    Raises RequestRefused: `invalid_json` (where), `invalid_utf8`, `object_expected`, `json_too_deep`,
    `number_not_finite`, `duplicate_key`, `out_of_range`; and, with the path of the field, `unpaired_surrogate`
    and `control_character` for text that no phone can show and not every database can keep.
    """
    value = _parse(_decode(data))
    if not isinstance(value, dict):
        raise _refused("object_expected", "The body is to be one JSON object, in braces.")
    _inspect(value, "", 1)
    return value


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _refused("invalid_utf8", f"The body is not UTF-8: byte {error.start + 1} fits nowhere.") from None


def _parse(text: str) -> Any:
    if not text.strip():
        raise _refused("invalid_json", "The body is empty; send a JSON object.")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _refused("invalid_json", f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise _too_deep() from None


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise _refused("out_of_range", f"A number of {len(digits)} digits is longer than any field takes.")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _not_finite(digits)
    return number


def _not_finite(written: str) -> RequestRefused:
    return _refused("number_not_finite", f"{plain(written)} is not a finite number; JSON has no other.")


def _constant(name: str) -> float:
    raise _not_finite(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = plain(_first_repeated(pairs))
        raise RequestRefused.because(twice, "duplicate_key", f"{twice!r} stands twice in one object; keep one of them.")
    return made


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _inspect(value: object, path: str, depth: int) -> None:
    """Look at every text of a parsed body, and at how deep it lies."""
    if isinstance(value, str):
        _inspect_text(value, path)
    elif isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, dict):
            for name, item in value.items():
                _inspect_text(name, path)
                _inspect(item, f"{path}.{name}" if path else name, depth + 1)
        else:
            for position, item in enumerate(value):
                _inspect(item, f"{path}[{position}]", depth + 1)


def _inspect_text(text: str, path: str) -> None:
    if _SURROGATE.search(text):
        message = "The text holds half of a character (an unpaired surrogate); write it again."
        raise RequestRefused.because(plain(path) or "body", "unpaired_surrogate", message)
    if found := _UNFIT.search(text):
        message = f"The text holds the control character U+{ord(found[0]):04X}; leave it out."
        raise RequestRefused.because(plain(path) or "body", "control_character", message)


def _too_deep() -> RequestRefused:
    return _refused("json_too_deep", f"The body nests more than {MAX_DEPTH} levels.")


def _refused(code: str, message: str) -> RequestRefused:
    return RequestRefused.because("body", code, message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
