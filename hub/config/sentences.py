"""What pydantic finds wrong, in the hub's own sentences: each ends with how to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from annotated_types import Ge, Gt, Le, Lt

from hub.config.schema import is_list, is_secret
from hub.config.words import did_you_mean, shown

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from hub.config.ini import Entry

_WHOLE = "{value} is not a whole number; write one{bounds}"
_NUMBER = "{value} is not a number; write one{bounds}"
_RANGE = "{value} is out of range; write one{bounds}"
_CHOICE = "{value} is not a choice; write {expected}{nearest}"

_SENTENCES = {
    "missing": "this key is missing; write it: {description}",
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than": _RANGE,
    "greater_than_equal": _RANGE,
    "less_than": _RANGE,
    "less_than_equal": _RANGE,
    "bool_parsing": "{value} is neither yes nor no; write one of the two",
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "string_too_short": "{value} is too short; write {min_length} or more letters",
    "string_too_long": "{value} is too long; write {max_length} letters or fewer",
    "too_short": "the list is too short; write {min_length} or more",
    "too_long": "the list is too long; write {max_length} or fewer",
    "zoneinfo_str": "{value} is not a time zone; write a place as in Europe/Paris{nearest}",
    "value_error": "{value} {error}",
    "assertion_error": "{value} {error}",
}
"""pydantic's error types, and what we say."""

_ANY_OTHER = "{value} does not fit; mend it: {description}"
_NO_CONTEXT = dict.fromkeys(("min_length", "max_length", "expected", "error"), "")


def of_section(details: ErrorDetails) -> str:
    """What is wrong with a section as a whole."""
    return f"the section {details.get('ctx', {}).get('error', details['msg'])}"


def of_key(details: ErrorDetails, field: FieldInfo | None, entry: Entry | None) -> str:
    """What is wrong with a key; `field` is None for a country's key, `entry` where nothing is written."""
    words: dict[str, Any] = {
        **_NO_CONTEXT,
        **details.get("ctx", {}),
        "value": _value(details, field, entry),
        "bounds": (bounds(field) if field else "") or _bound(details),
        "nearest": _nearest(details),
        "description": (field.description if field else None) or details["msg"],
    }
    kind = details["type"]
    if kind in {"too_short", "too_long"} and field and not is_list(field):
        kind = f"string_{kind}"  # what pydantic calls a secret's length
    return _SENTENCES.get(kind, _ANY_OTHER).format_map(words) + _comment_hint(entry)


def bounds(field: FieldInfo) -> str:
    """The numbers that a field takes, as the end of a sentence: ` between 1 and 65535`, or nothing."""
    low = next((mark for mark in field.metadata if isinstance(mark, Ge | Gt)), None)
    high = next((mark for mark in field.metadata if isinstance(mark, Le | Lt)), None)
    if isinstance(low, Ge) and isinstance(high, Le):
        return f" between {low.ge} and {high.le}"
    least = f"from {low.ge} up" if isinstance(low, Ge) else f"above {low.gt}" if low else ""
    most = f"up to {high.le}" if isinstance(high, Le) else f"below {high.lt}" if high else ""
    words = ", ".join(word for word in (least, most) if word)
    return f" {words}" if words else ""


def _value(details: ErrorDetails, field: FieldInfo | None, entry: Entry | None) -> str:
    """The value as it was written; of a list, the item that is meant."""
    if field and is_secret(field):
        return "the value"
    if field is None or entry is None or is_list(field):
        return shown(details["input"])
    return shown(entry.value)


def _bound(details: ErrorDetails) -> str:
    """The one bound that pydantic tells of, where it stands too deep in a type for `bounds`."""
    words = {"ge": "not below", "gt": "above", "le": "up to", "lt": "below"}
    limits = [(words[name], limit) for name, limit in details.get("ctx", {}).items() if name in words]
    return "".join(f" {word} {f'{limit:g}' if isinstance(limit, float) else limit}" for word, limit in limits)


def _nearest(details: ErrorDetails) -> str:
    word = str(details["input"])
    if details["type"] == "zoneinfo_str":
        zones = sorted(available_timezones())
        city = [zone for zone in zones if word and zone.lower().endswith(f"/{word.lower()}")]
        near = f"did you mean {city[0]}?" if city else did_you_mean(word, zones)
    else:
        expected = str(details.get("ctx", {}).get("expected", ""))
        near = did_you_mean(word.lower(), re.findall(r"'([^']*)'", expected))
    return f" ({near.removeprefix('; ')})" if near else ""


def _comment_hint(entry: Entry | None) -> str:
    """A comment behind a value is read as part of it: the likeliest reason for its not fitting."""
    commented = entry is not None and entry.line is not None and re.search(r"\s[;#]", entry.value)
    return ", and give the comment a line of its own" if commented else ""
