"""What the API answers, as values; what a newer hub says beside that is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class To:
    """Who to text, and what the fields of the text are for them."""

    number: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one recipient; `reason` and `detail` say why it was blocked or did not arrive."""

    id: str
    to: str
    state: str
    reason: str | None
    detail: str | None
    text: str
    encoding: str | None
    segments: int
    credits: int
    sender: str | None
    country: str | None
    due_at: datetime | None
    submitted_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of a request to send: counts, and the first thousand messages.

    What the API says of `hold`, `deferrals` and `changes` is handed on as it comes.
    """

    id: str
    state: str
    accepted: int
    blocked: int
    deferred: int
    segments: int
    credits: int
    messages: tuple[Message, ...]
    blocked_by: dict[str, int]
    notes: tuple[str, ...]
    hold: dict[str, Any] | None
    deferrals: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    offending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands; `by_state` counts its messages."""

    id: str
    state: str
    purpose: str
    text: str
    sender: str | None
    accepted: int
    blocked: int
    deferred: int
    segments: int
    credits: int
    by_state: dict[str, int]
    created_at: datetime
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What sending would do; nothing was stored."""

    state: str
    accepted: int
    blocked: int
    deferred: int
    segments: int
    credits: int
    blocked_by: dict[str, int]
    notes: tuple[str, ...]
    available: int
    suffices: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list of contacts, and how many it has."""

    id: int
    name: str
    size: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to bring to a list; what is None stays as it was known."""

    number: str
    info1: str | None = None
    info2: str | None = None
    info3: str | None = None
    info4: str | None = None
    fields: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """What a list knows of one person."""

    number: str
    info1: str | None
    info2: str | None
    info3: str | None
    info4: str | None
    fields: dict[str, str]
    added_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedContact:
    """Somebody who was left out, at their `place` in the request, and why."""

    place: int
    number: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Brought:
    """How many people are new on a list, how many were on it, and who was left out."""

    added: int
    updated: int
    refused: tuple[RefusedContact, ...]


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number that must not be texted."""

    number: str
    kind: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits: free to use, set aside, spent."""

    available: int
    reserved: int
    spent: int


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is."""

    name: str
    country: str
    balance: Balance


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account says of itself."""

    language: str | None
    reply_email: str | None
    notice_email: str | None
    identity: str | None
    auto_reply: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret."""

    id: int
    name: str
    hint: str
    scope: str
    created_at: datetime
    expires_at: datetime | None
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewToken(Token):
    """A token that was just made; its secret is shown this once."""

    secret: str


def read(kind: type[T], content: Any) -> T:
    """A value of that kind from JSON. Raises KeyError, TypeError and ValueError where it is none."""
    value: T = _read(kind, content)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, content: Any) -> Any:
    if isinstance(hint, UnionType):
        return None if content is None else _read(get_args(hint)[0], content)
    if get_origin(hint) is not None:
        return _several(hint, content)
    if is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{one.name: _read(hints[one.name], content[one.name]) for one in fields(hint)})
    if hint is datetime:
        return datetime.fromisoformat(content)
    if hint is not Any and not isinstance(content, hint):
        raise TypeError(f"expected {hint.__name__}, found {type(content).__name__}")
    return content


def _several(hint: Any, content: Any) -> Any:
    """What a tuple or a dict holds."""
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], one) for one in content)
    return {name: _read(get_args(hint)[1], one) for name, one in content.items()}
