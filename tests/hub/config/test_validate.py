"""Sections that plugins bring: whatever pydantic finds is told in the hub's sentences."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

import pytest
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from hub.config.gather import WrittenSection
from hub.config.ini import Entry
from hub.config.schema import Section, is_secret, none_if_empty
from hub.config.validate import validate


def must_be_even(value: int) -> int:
    """Refuse odd numbers."""
    if value % 2:
        raise ValueError("is odd; write its double")
    return value


class Strange(Section):
    """What a plugin may think of."""

    odds: Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(none_if_empty)] = Field(
        default=None, description="Odds."
    )
    wait: timedelta = Field(default=timedelta(1), ge=timedelta(seconds=1), description="How long to wait, as in PT5M.")
    even: Annotated[int, AfterValidator(must_be_even)] = Field(default=2, description="An even number.")
    code: str = Field(default="ab", pattern="^[a-z]+$", max_length=3, description="Small letters, as in abc.")
    either: int | bool = Field(default=1, description="A number, or yes or no.")
    bare: float = 1.0
    secret: SecretStr = Field(default=SecretStr(""), max_length=3, description="Secret.")
    secrets: tuple[Annotated[SecretStr, Field(min_length=2)] | None, ...] = Field(default=(), description="Secrets.")
    said: str = Field(default="x", alias="from", max_length=2, description="A word of Python's.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.even > 100 and self.bare > 100:
            raise ValueError("has an even and a bare that are both large; lower one")
        return self


def messages(**values: str) -> list[str]:
    """What is wrong with a section of these values."""
    entries = {key: Entry("strange", key, value, key) for key, value in values.items()}
    _, faults = validate(Strange, WrittenSection("strange", "hub.ini:1", entries), Path())
    return [f"{fault.field}: {fault.message}" for fault in faults]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("odds", "0", "odds: '0' is out of range; write one above 0"),
        ("wait", "PT0.5S", "wait: 'PT0.5S' is out of range; write one from 0:00:01 up"),
        ("wait", "soon", "wait: 'soon' does not fit; mend it: How long to wait, as in PT5M."),
        ("even", "3", "even: '3' is odd; write its double"),
        ("code", "1", "code: '1' does not fit; mend it: Small letters, as in abc."),
        ("code", "abcd", "code: 'abcd' is too long; write 3 letters or fewer"),
        ("either", "x", "either: 'x' is not a whole number; write one"),
        ("bare", "x", "bare: 'x' is not a number; write one"),
        ("secret", "hidden", "secret: the value is too long; write 3 letters or fewer"),
        ("from", "abc", "from: 'abc' is too long; write 2 letters or fewer"),
        ("said", "ab", "said: there is no such key; its keys are"),
    ],
)
def test_a_fault_is_told_in_one_sentence(key: str, value: str, message: str) -> None:
    """A union complains once; a type that the hub knows nothing of falls back on the key's description."""
    (told,) = messages(**{key: value})
    assert told.startswith(f"{key}: [strange] {message}")


def test_keys_that_disagree_are_a_fault_of_the_section() -> None:
    """It is told at the header."""
    assert messages(even="102", bare="102") == [
        "hub.ini:1: [strange]: the section has an even and a bare that are both large; lower one"
    ]


@pytest.mark.parametrize(("key", "secret"), [("secret", True), ("secrets", True), ("code", False)])
def test_a_secret_is_known_however_deep_it_stands(key: str, secret: bool) -> None:  # noqa: FBT001 - a table's column
    """In a list, and beside None."""
    assert is_secret(Strange.model_fields[key]) == secret
