"""One section's values through its model, and a fault for each that does not fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from hub.config.schema import is_list, keys_of
from hub.config.sentences import of_key, of_section
from hub.config.words import did_you_mean, plain
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from hub.config.gather import WrittenSection
    from hub.config.ini import Entry
    from hub.config.schema import Section

S = TypeVar("S", bound="Section")

_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def validate(model: type[S], written: WrittenSection, folder: Path) -> tuple[S | None, list[Fault]]:
    """Read a section with its model: what the model makes of it, or None and everything that is wrong.

    `folder` is where relative paths start.
    """
    keys = keys_of(model)
    unfit = {key: fault for key, entry in written.entries.items() if (fault := _unfit(entry, model, keys))}
    values = {key: entry.value for key, entry in written.entries.items() if key not in unfit}
    try:
        made = model.model_validate(_shaped(values, model, keys), context={"folder": folder})
    except ValidationError as error:
        faults = _translated(error, written, keys)
        return None, [*unfit.values(), *(fault for key, fault in faults if key not in unfit)]
    return (None if unfit else made), list(unfit.values())


def unreadable(entry: Entry, *, lines: bool) -> Fault | None:
    """The fault of a value that is no text, or that goes on over several `lines` where it may not.

    In hub.ini a further line is nearly always the next key, indented by mistake; elsewhere it is meant.
    """
    what = f"[{entry.section}] {plain(entry.key)}"
    if _UNREADABLE.search(entry.value):
        message = f"{what}: the value holds a byte that stands for no letter in UTF-8; write it again"
        return Fault(entry.where, "unreadable_value", message)
    if entry.line is not None and "\n" in entry.value and not lines:
        message = f"{what}: the value goes on over indented lines; begin every key at the left edge"
        return Fault(entry.where, "several_lines", message)
    return None


def _unfit(entry: Entry, model: type[Section], keys: Mapping[str, FieldInfo]) -> Fault | None:
    """What can be said of a value before its type is looked at."""
    by_country = model.country_keys and re.fullmatch(r"[a-z]{2}", entry.key)
    if entry.key not in keys and not by_country:
        hint = did_you_mean(entry.key, keys) or f"; its keys are {', '.join(keys)}"
        message = f"[{entry.section}] {plain(entry.key)}: there is no such key{hint}"
        return Fault(entry.where, "unknown_key", message)
    return unreadable(entry, lines=entry.key in keys and is_list(keys[entry.key]))


def _shaped(
    values: Mapping[str, str], model: type[Section], keys: Mapping[str, FieldInfo]
) -> dict[str, str | dict[str, str]]:
    """The values as the model wants them: keys that are country codes gathered into their field."""
    shaped: dict[str, str | dict[str, str]] = {key: value for key, value in values.items() if key in keys}
    if model.country_keys:
        shaped[model.country_keys] = {key: value for key, value in values.items() if key not in keys}
    return shaped


def _translated(
    error: ValidationError, written: WrittenSection, keys: Mapping[str, FieldInfo]
) -> list[tuple[str, Fault]]:
    """A key and its fault for each value refused; of a union's several complaints, the first."""
    faults: dict[tuple[str, str], Fault] = {}
    for details in error.errors(include_url=False):
        key = _key(details, keys)
        if details["type"] == "too_short" and any(key == known for known, _ in faults):
            continue  # the list is short of the items that are refused already
        sentence = of_key(details, keys.get(key), written.entries.get(key)) if key else of_section(details)
        message = f"{f'[{written.name}] {key}'.rstrip()}: {sentence}"
        fault = Fault(written.where(key), details["type"], message)
        faults.setdefault((key, repr(details["input"])), fault)
    return [(key, fault) for (key, _), fault in faults.items()]


def _key(details: ErrorDetails, keys: Mapping[str, FieldInfo]) -> str:
    """The key that an error speaks of; empty where it is the section as a whole."""
    place = [str(step) for step in details["loc"][:2]]
    return next((step for step in place if step in keys), place[-1] if place else "")
