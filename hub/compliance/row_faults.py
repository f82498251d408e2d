"""What is wrong with a row, in the words of whoever wrote it: where it was written, which rule, and the mend."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import BaseModel

from hub.config.words import did_you_mean
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from hub.compliance.layers import Layer, Path

MENDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bool_parsing": ("not_yes_or_no", "write yes or no"),
        "bool_type": ("not_yes_or_no", "write yes or no"),
        "int_parsing": ("not_a_number", "write a whole number"),
        "int_type": ("not_a_number", "write a whole number"),
        "model_type": ("not_a_table", "write a table: { key = value, ... }"),
        "enum": ("unknown_choice", "write one of {expected}"),
        "literal_error": ("unknown_choice", "write one of {expected}"),
    }
)
"""Pydantic's errors by name: our code, and the mend. Those that are not here speak for themselves."""

WRITTEN_AS: Mapping[str, tuple[Path, ...]] = MappingProxyType(
    {
        "start_before_end": (("marketing", "end"), ("marketing", "start")),
        "unknown_subdivision": (("holidays", "subdiv"), ("holidays", "country")),
    }
)
"""Rules that two keys can break: the fault belongs to whichever was written last."""


def faults_of(error: ValidationError, form: type[BaseModel], layers: tuple[Layer, ...], *, home: str) -> list[Fault]:
    """Every fault that `form` found, each at the layer that said it; `home` is where a missing key belongs."""
    found = error.errors(include_url=False)
    return [Fault(_place(details, layers, home), *_rule_and_mend(details, form)) for details in found]


def _rule_and_mend(details: ErrorDetails, form: type[BaseModel]) -> tuple[str, str]:
    kind = details["type"]
    if kind == "extra_forbidden":
        return "unknown_key", f"there is no such key{_near(_path(details), form)}; remove it or rename it"
    if kind == "missing":
        return "missing", "is missing: write it, or extend a row that has it"
    code, mend = MENDS.get(kind, (kind, details["msg"]))
    expected = str(details.get("ctx", {}).get("expected", ""))
    return code, f"{mend.replace('{expected}', expected)} (it says {details['input']!r})"


def _place(details: ErrorDetails, layers: tuple[Layer, ...], home: str) -> str:
    paths = WRITTEN_AS.get(details["type"], (_path(details),))
    for layer in reversed(layers):
        for path in paths:
            if layer.says(path):
                return layer.field_of(path)
    return ".".join((home, *paths[0]))


def _path(details: ErrorDetails) -> Path:
    return tuple(str(step) for step in details["loc"][:2])


def _near(path: Path, form: type[BaseModel]) -> str:
    if len(path) == 1:
        return did_you_mean(path[0], form.model_fields)
    inner = form.model_fields[path[0]].annotation
    fields = inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    return did_you_mean(path[1], fields)
