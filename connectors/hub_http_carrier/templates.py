"""Requests as templates: tables and lists of words in which `{field}` stands for what a message has.

A word that is one field and nothing else becomes what the field is (a number stays a number); where a field has nothing
to say, the key it stands at is left out. `{user|account}` is the first of both that has something to say. Values are
put into a structure, never into a document: whoever writes it out (JSON, a form, a URL) encodes each of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Fields: TypeAlias = "Mapping[str, Any]"

EACH = "each"
"""The one key of a table that stands for a list: its template once for each message of the request."""

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*(?:\|[a-z][a-z0-9_]*)*)\}")


class _Absent:
    """What is left out."""


ABSENT = _Absent()


def render(template: Any, fields: Fields, each: Sequence[Fields] = ()) -> Any:
    """The template with its fields filled; ABSENT where it is nothing but fields that are empty."""
    if isinstance(template, str):
        return _text(template, fields)
    if isinstance(template, dict):
        if template.keys() == {EACH}:
            return _present(render(template[EACH], one) for one in each)
        made = {key: render(value, fields, each) for key, value in template.items()}
        return {key: value for key, value in made.items() if value is not ABSENT}
    if isinstance(template, list):
        return _present(render(item, fields, each) for item in template)
    return template


def words(template: Mapping[str, Any], fields: Fields) -> dict[str, str]:
    """A table of words, as headers, forms and queries have it."""
    made = {key: render(value, fields) for key, value in template.items()}
    return {key: _as_text(value) for key, value in made.items() if value is not ABSENT}


def fill(template: str, fields: Fields, encode: Mapping[str, str] | None = None) -> str:
    """A template as one text; a field with nothing to say is empty in it, and `encode` has the others in safe form."""
    return _FIELD.sub(lambda found: (encode or {}).get(found[0], _as_text(_value(found[1], fields))), template)


def fields_in(template: Any) -> Iterator[str]:
    """The names of all fields in a template."""
    if isinstance(template, str):
        for found in _FIELD.findall(template):
            yield from found.split("|")
    elif isinstance(template, dict):
        for value in template.values():
            yield from fields_in(value)
    elif isinstance(template, list):
        for item in template:
            yield from fields_in(item)


def placeholders(template: str) -> dict[str, str]:
    """Each `{...}` of a template as it is written, and what it names."""
    return {found[0]: found[1] for found in _FIELD.finditer(template)}


def value_of(names: str, fields: Fields) -> Any:
    """The first of several fields (`user|account`) that has something to say; None where none has."""
    return _value(names, fields)


def _text(template: str, fields: Fields) -> Any:
    whole = _FIELD.fullmatch(template)
    if whole:
        value = _value(whole[1], fields)
        return ABSENT if value is None else value
    values = [_value(names, fields) for names in _FIELD.findall(template)]
    if values and any(value is None for value in values):
        return ABSENT
    return fill(template, fields)


def _value(names: str, fields: Fields) -> Any:
    return next((fields[name] for name in names.split("|") if fields.get(name) not in (None, "")), None)


def _present(items: Iterator[Any]) -> list[Any]:
    return [item for item in items if item is not ABSENT]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
