"""Say what pydantic found wrong with a request in the hub's own words: field, code, sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hub.config.words import did_you_mean, plain, shown
from hub.errors import Fault, RequestRefused
from hub.web.schemas import field_names, input_called

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST_FAULTS = 100
"""Faults named at once; who sends more of them mends the first ones and sees the rest."""

_SAID = {
    "missing": ("missing", "This field is needed."),
    "extra_forbidden": ("unknown_field", "There is no field {name}{hint}"),
    "string_type": ("type", "Write text, in quotes."),
    "list_type": ("type", "Write a list, in square brackets."),
    "dict_type": ("type", "Write an object, in braces."),
    "model_type": ("type", "Write an object, in braces."),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), ("type", "Write a whole number.")),
    **dict.fromkeys(("bool_parsing", "bool_type"), ("type", "Write true or false, without quotes.")),
    **dict.fromkeys(
        (
            "datetime_type",
            "datetime_parsing",
            "datetime_from_date_parsing",
            "datetime_object_invalid",
            "timezone_aware",
        ),
        ("type", "Write a time as ISO 8601 with an offset, as in 2027-01-04T09:30:00+01:00."),
    ),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), ("type", "Write a day: 2027-01-04.")),
    "int_parsing_size": ("out_of_range", "This number is too long."),
    "enum": ("not_a_choice", "{input} is not known here; write {expected}."),
    "too_long": ("too_long", "Write at most {max_length} of them."),
    "string_too_long": ("too_long", "Write at most {max_length} characters."),
    "too_short": ("too_short", "Write at least {min_length} of them."),
    "string_too_short": ("too_short", "Write at least {min_length} characters."),
    "literal_error": ("not_a_choice", "{input} is not known here; write {expected}."),
    "greater_than": ("out_of_range", "Write more than {gt}."),
    "less_than": ("out_of_range", "Write less than {lt}."),
    "greater_than_equal": ("out_of_range", "Write {ge} or more."),
    "less_than_equal": ("out_of_range", "Write {le} or less."),
    "string_pattern_mismatch": ("form", "This is not of the form that this field takes; the reference shows one."),
    "value_error": ("unusable", "{error}"),
}
"""What pydantic calls a fault, what the hub calls it, and the sentence for it."""


def refuse(error: ValidationError) -> NoReturn:
    """Raise the RequestRefused that a failed validation calls for."""
    faults = faults_of(error)
    first = faults[0]
    lead = f"{first.field}: {first.message}" if len(faults) == 1 else f"The request has {len(faults)} faults."
    raise RequestRefused(lead, faults=faults)


def faults_of(error: ValidationError) -> list[Fault]:
    """The first hundred faults of a failed validation."""
    model = input_called(error.title)
    known = field_names(model) if model else set()
    details = error.errors(include_url=False)[:MOST_FAULTS]
    return [_fault(one, known) for one in details]


def _fault(one: ErrorDetails, known: set[str]) -> Fault:
    code, sentence = _SAID.get(one["type"], ("unusable", "{said}."))
    name = str(one["loc"][-1]) if one["loc"] else ""
    given = one["input"]
    values: dict[str, Any] = {
        "name": shown(name),
        "hint": did_you_mean(name, known) or "; leave it out.",
        "input": shown(given) if isinstance(given, str) else "This",
        "said": one["msg"],
        **one.get("ctx", {}),
    }
    return Fault(path_of(one["loc"]), code, sentence.format(**values))


def path_of(location: Sequence[int | str]) -> str:
    """Where a fault is: `recipients[0].to`; `body` for the whole."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{plain(step)}"
    return path.removeprefix(".") or "body"
