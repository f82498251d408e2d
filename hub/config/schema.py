"""What a section of hub.ini is made of: a frozen pydantic model whose fields are the keys.

Every field has a default where one is sane, and a description: the sentence that hub.ini shows. A secret
is a `pydantic.SecretStr`, and is masked wherever settings are shown; a URL that may hold a password is a
`str` with `repr=False`, and only the password is masked. A validator raises a ValueError that
goes on from the value: "is not a web address; write https://...".

Durations are plain numbers whose names end in their unit: `lease_s`, `no_receipt_hours`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class Section(BaseModel):
    """The base of every section of hub.ini: unknown keys are errors, values do not change.

    `country_keys` names the field that gathers keys which are country codes (`FR = ...`), where a section
    takes such keys beside its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)
    country_keys: ClassVar[str] = ""


def keys_of(model: type[Section]) -> dict[str, FieldInfo]:
    """The keys that a section takes in hub.ini, and the field behind each."""
    return {field.alias or name: field for name, field in model.model_fields.items() if name != model.country_keys}


def is_list(field: FieldInfo) -> bool:
    """Whether a key takes several words, which may go on over indented lines."""
    return get_origin(field.annotation) in (tuple, list, set, frozenset)


def is_secret(field: FieldInfo) -> bool:
    """Whether a key's value must not be shown: a SecretStr, or a field with `repr=False` (a URL with a password)."""
    return not field.repr or _mentions_secret(field.annotation)


def _mentions_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_mentions_secret(part) for part in get_args(annotation))


def unquote(value: str) -> str:
    """Take the double quotes away that keep a value's outer spaces."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value


def split_list(value: object) -> object:
    """Split `"FR, BE"` into its items; anything that is not a string is left as it is."""
    if isinstance(value, str):
        items = (item.strip().strip('"').strip() for item in value.replace("\n", ",").split(","))
        return tuple(item for item in items if item)
    return value


def lowered(value: object) -> object:
    """Read `INFO` as `info`; anything that is not a string is left as it is."""
    return value.strip().lower() if isinstance(value, str) else value


def none_if_empty(value: object) -> object:
    """Read a key with nothing behind it as none."""
    return None if isinstance(value, str) and not value.strip() else value


def not_empty(value: object) -> object:
    """Refuse a key with nothing behind it."""
    if value == "":
        raise ValueError("is no path; write one, or leave the key out")
    return value


def country(value: str) -> str:
    """Check a two-letter country code (ISO 3166, as libphonenumber knows them) and write it in capitals."""
    from phonenumbers import SUPPORTED_REGIONS

    code = value.upper()
    if code not in SUPPORTED_REGIONS:
        meant = "; did you mean GB?" if code == "UK" else "; write two letters, as in FR or BE"
        raise ValueError(f"is not a country code{meant}")
    return code


def from_folder(path: Path, info: ValidationInfo) -> Path:
    """Start a relative path at the folder that the validation's context names (`folder`), if it does."""
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("starts at a home folder that is not known; write the whole path") from None
    return folder_of(info) / path


def folder_of(info: ValidationInfo) -> Path:
    """The folder that relative paths start at; empty outside of `load`."""
    return Path(info.context["folder"]) if info.context else Path()


TextList = Annotated[tuple[str, ...], BeforeValidator(split_list)]
"""A comma-separated list of words."""

AnyCase = BeforeValidator(lowered)
"""Beside a Literal or an enum of small letters: capitals are read too."""

Country = Annotated[str, AfterValidator(country)]
"""A two-letter country code, in capitals."""

Countries = Annotated[tuple[Country, ...], BeforeValidator(split_list)]
"""A comma-separated list of country codes."""

LocalPath = Annotated[Path, Field(validate_default=True), BeforeValidator(not_empty), AfterValidator(from_folder)]
"""A path on this machine; a relative one starts at the folder of hub.ini, `~` is the home folder."""

SpacedText = Annotated[str, StringConstraints(strip_whitespace=False)]
"""A text whose outer spaces count; hub.ini keeps them inside double quotes."""

OptionalNumber = Annotated[float | None, BeforeValidator(none_if_empty)]
"""A number, or nothing."""
