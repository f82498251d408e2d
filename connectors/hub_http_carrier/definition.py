"""How a carrier's HTTP API is spoken, as a data file says it: a preset of ours, or a file of the operator's own.

docs/http-carriers.md explains each table; `presets/` has four of them.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hub import FailureReason, ReceiptState
from hub_http_carrier.fields import NAMES
from hub_http_carrier.templates import fields_in
from hub_http_carrier.tree import is_path

PRESETS = Path(__file__).parent / "presets"
_MOST_BYTES = 256 * 1024


class Verdict(StrEnum):
    """What a carrier's code or status means for a message: taken, not now, never, or nobody knows."""

    TAKEN = "taken"
    TEMPORARY = "temporary"
    THROTTLED = "throttled"
    ACCOUNT = "account"
    UNKNOWN = "unknown"
    UNALLOCATED = "unallocated"
    NETWORK = "network"
    BARRED = "barred"
    OTHER = "other"


def _path(text: str) -> str:
    if text and not is_path(text):
        raise ValueError(f"{text!r} is no path; write one as in messages[0].status")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


At = Annotated[str, AfterValidator(_path)]
"""Where something stands, see `tree.py`."""
Pattern = Annotated[str, AfterValidator(_pattern)]


class Table(BaseModel):
    """The base of every table of a definition: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldRule(Table):
    """A field made of another one: `values` by the other's value (templates too), else `other`."""

    source: str = Field(alias="from")
    values: dict[str, Any]
    other: Any = None


class Auth(Table):
    """How a request shows who sends it; the texts are templates."""

    kind: Literal["none", "basic", "bearer", "header", "ovh", "hmac"] = "none"
    user: str = "{user|account}"
    password: str = "{password}"  # noqa: S105 - a template
    token: str = "{token|password}"  # noqa: S105 - a template
    header: str = "Authorization"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    secret: str = "{signing_secret|password}"  # noqa: S105 - a template
    timestamp_header: str = ""


class Request(Table):
    """One request; `json` and `form` are its body, one of them at most. In `url` every field is encoded."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: str
    headers: dict[str, str] = Field(default_factory=dict)
    query: dict[str, Any] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    form: dict[str, Any] | None = None
    most_validity_s: int | None = None
    idempotent: bool = False

    @model_validator(mode="after")
    def _one_body(self) -> Request:
        if self.json_body is not None and self.form is not None:
            raise ValueError("has json and form; a request has one body")
        if not re.match(r"https?://", self.url):
            raise ValueError("has a url that does not begin with https://")
        return self


class Batch(Table):
    """How many messages one request carries at most, and the fields in which they must agree."""

    size: int = Field(default=1, ge=1, le=10_000)
    same: tuple[str, ...] = ("text", "sender", "purpose", "alphabet", "validity_s")


class Answer(Table):
    """Where an answer has the word on each message, and what its codes mean.

    `with_reference` joins our own id to the carrier's, where that is one for the whole request.
    """

    format: Literal["json", "form", "xml", "text", "none"] = "json"
    pattern: Pattern = ""
    match: Literal["whole", "parts", "position", "number", "reference"] = "whole"
    items: At = ""
    columns: dict[str, At] = Field(default_factory=dict)
    number: At = ""
    reference: At = ""
    id: At = ""
    made_id: str = ""
    with_reference: bool = False
    code: At = ""
    detail: At = ""
    error_code: At = ""
    ok: tuple[str, ...] = ()
    refused: dict[str, Verdict] = Field(default_factory=dict)
    count: At = ""
    counters: dict[str, Verdict] = Field(default_factory=dict)
    codes: dict[str, Verdict] = Field(default_factory=dict)
    statuses: dict[str, Verdict] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Answer:
        if not (self.id or self.made_id):
            raise ValueError("names no id; say where it stands (id) or how it is made (made_id)")
        if self.match in {"number", "reference"} and not getattr(self, self.match):
            raise ValueError(f"matches by {self.match} and does not say where it stands")
        return self


class Signature(Table):
    """How a call of the carrier proves where it comes from; `secret` names the keys of hub.ini that may hold it."""

    kind: Literal["hmac", "header", "twilio", "vonage", "jwt"]
    header: str = ""
    algorithm: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp_header: str = ""
    tolerance_s: float = Field(default=300, gt=0)
    secret: tuple[Literal["signing_secret", "password", "token"], ...] = ("signing_secret",)


def _as_state(text: str) -> str:
    name, _, reason = text.partition(" ")
    ReceiptState(name)
    if reason:
        FailureReason(reason)
    return text


State = Annotated[str, AfterValidator(_as_state)]
"""A state of a receipt, and behind a space the reason for it: `undelivered network`."""


class Call(Table):
    """What the carrier says when it calls: `items` are what it says it of, several per call or the whole of it."""

    format: Literal["auto", "json", "form", "xml"] = "auto"
    items: At = ""
    id: At = ""
    to: At = ""


class Receipts(Call):
    """Where a delivery report has what, and what its words mean."""

    state: At
    code: At = ""
    reference: At = ""
    with_reference: bool = False
    states: dict[str, State]
    reasons: dict[str, FailureReason] = Field(default_factory=dict)


class Inbound(Call):
    """Where a text from a phone has what."""

    number: At
    text: At


class Callbacks(Table):
    """What holds for every call of the carrier: its signature, and the answer it wants to hear."""

    signature: Signature | None = None
    answer_type: str = "text/plain"
    answer: str = ""


class Definition(Table):
    """All that is known of one carrier's API."""

    name: str
    about: str = ""
    needs: tuple[Literal["account", "user", "password", "token", "signing_secret"], ...] = ()
    alphanumeric_sender: bool = True
    fields: dict[str, FieldRule] = Field(default_factory=dict)
    auth: Auth = Auth()
    request: Request
    batch: Batch = Batch()
    answer: Answer
    callbacks: Callbacks = Callbacks()
    receipts: Receipts | None = None
    inbound: Inbound | None = None

    @field_validator("fields")
    @classmethod
    def _new_names(cls, rules: dict[str, FieldRule]) -> dict[str, FieldRule]:
        if taken := rules.keys() & NAMES:
            raise ValueError(f"has a field that there is already: {', '.join(sorted(taken))}")
        return rules

    @model_validator(mode="after")
    def _known_fields(self) -> Definition:
        request = self.request
        used = {*fields_in(request.json_body), *fields_in(request.form), *fields_in(request.query)}
        used |= {*fields_in(request.headers), *fields_in(request.url), *fields_in(self.answer.made_id)}
        used |= {*self.batch.same, *(rule.source for rule in self.fields.values())}
        used |= {name for rule in self.fields.values() for name in fields_in([*rule.values.values(), rule.other])}
        if unknown := used - NAMES - self.fields.keys():
            names = ", ".join(sorted(NAMES | self.fields.keys()))
            raise ValueError(f"speaks of {', '.join(sorted(unknown))}, and there are only the fields {names}")
        return self


def preset_names() -> list[str]:
    """The presets that come with the hub."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def preset_path(name: str) -> Path:
    """The data file of a preset."""
    return PRESETS / f"{name}.toml"


def load(path: Path) -> Definition:
    """Read a definition; raises ValueError with a sentence that says where and what."""
    try:
        content = path.read_bytes()[: _MOST_BYTES + 1]
        return Definition.model_validate(tomllib.loads(content.decode()))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        raise ValueError("; ".join(_sentences(path, error))) from error


def _sentences(path: Path, error: ValidationError) -> list[str]:
    return [
        f"{path.name}, {'.'.join(str(step) for step in one['loc']) or 'as a whole'}: "
        f"{one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False, include_input=False)
    ]
