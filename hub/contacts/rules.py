"""The rules of segments: a small tree that says who of a list is meant, read from JSON, and said to the database.

Whatever somebody writes in a rule travels as a parameter, never as a part of a statement.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from sqlalchemy import BigInteger, String, and_, cast, column, exists, func, literal_column, not_, or_, select, table
from sqlalchemy.dialects.postgresql import JSON

from hub.contacts.model import INFOS
from hub.contacts.register import IN_FORCE
from hub.contacts.tables import consents, contacts, suppressions
from hub.errors import RequestRefused
from hub.store.metadata import UtcDateTime
from hub.store.storable import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Select

DEEPEST = 8
MOST_RULES = 50
LONGEST_VALUE = 1000
MOST_DAYS = 3650
FIRST_YEAR, LAST_YEAR = 1970, 2999

_DELIVERED = "delivered"

# They belong to rooms above this one, which reads no more of them than this.
_last_texts = table(
    "last_texts", column("recipient", String), column("account_id", BigInteger), column("at", UtcDateTime)
)
_received = table(
    "received_texts", column("recipient", String), column("account_id", BigInteger), column("at", UtcDateTime)
)
_messages = table(
    "messages",
    column("campaign_id", String),
    column("account_id", BigInteger),
    column("recipient", String),
    column("state", String),
)
_inbound = table(
    "inbound_messages", column("number", String), column("account_id", BigInteger), column("received_at", UtcDateTime)
)
_clicks = table(
    "link_clicks",
    column("number", String),
    column("account_id", BigInteger),
    column("at", UtcDateTime),
    column("visitor", String),
)


class Comparison(StrEnum):
    """How the value of a field is compared; letters count as they are written."""

    IS = "is"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field of a contact (`number`, `info1` to `info4`, a named one) compares so; one that is not known is empty."""

    name: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True)
class HasConsent:
    """A consent in force is in the register."""


@dataclass(frozen=True, slots=True)
class IsSuppressed:
    """The account must not text the person."""


@dataclass(frozen=True, slots=True)
class TextedWithin:
    """A carrier had a text of the account for the person in the last days."""

    days: int


@dataclass(frozen=True, slots=True)
class AnsweredWithin:
    """The person wrote to the account in the last days."""

    days: int


@dataclass(frozen=True, slots=True)
class ReceivedWithin:
    """A text of the account arrived at the person's phone in the last days, by its receipt."""

    days: int


@dataclass(frozen=True, slots=True)
class ReceivedSince:
    """A text of the account arrived at the person's phone at that moment (aware) or later, by its receipt."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class ReceivedOf:
    """A text of that campaign of the account arrived at the person's phone, by its receipt."""

    campaign_id: str


@dataclass(frozen=True, slots=True)
class ClickedWithin:
    """The person followed a link in a text of the account in the last days."""

    days: int


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every rule holds."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One rule holds, at least."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class NotSo:
    """The rule does not hold."""

    rule: Rule


Past: TypeAlias = (
    HasConsent | IsSuppressed | TextedWithin | AnsweredWithin | ReceivedWithin | ReceivedSince | ClickedWithin
)
"""What the hub keeps of a person beside the list, each with rows of its own in a table."""
Rule: TypeAlias = FieldIs | Past | ReceivedOf | AllOf | AnyOf | NotSo


def rule_from(given: Mapping[str, Any]) -> Rule:
    """The rule that a JSON object spells; raises RequestRefused where it spells none."""
    if _size(given, 1) > MOST_RULES:
        raise RequestRefused.because("rule", "rule_too_large", f"A segment has at most {MOST_RULES} rules.")
    return _read(given)


def rule_stored(content: str) -> Rule:
    """The rule of a row."""
    return _read(json.loads(content))


def condition(rule: Rule, account_id: int, now: datetime, dialect: str) -> ColumnElement[bool]:
    """Whether a row of `contacts` of an account is meant, as the database is asked; it is never NULL."""

    def of(inner: Rule) -> ColumnElement[bool]:
        return condition(inner, account_id, now, dialect)

    match rule:
        case AllOf(rules):
            meant: ColumnElement[bool] = and_(*map(of, rules))
        case AnyOf(rules):
            meant = or_(*map(of, rules))
        case NotSo(inner):
            meant = not_(of(inner))
        case FieldIs():
            meant = _field_is(rule, dialect)
        case ReceivedOf(campaign_id):
            meant = contacts.c.number.in_(_reached_by(campaign_id, account_id))
        case _:
            meant = exists().where(*_there_is(rule, account_id, now))
    return meant


def _reached_by(campaign_id: str, account_id: int) -> Select[tuple[str]]:
    """The numbers that a campaign reached; gathered once, along the index of its messages, for all contacts."""
    sent = _messages.c
    mine = (sent.campaign_id == campaign_id, sent.account_id == account_id)
    return select(sent.recipient).where(*mine, sent.state == _DELIVERED)


def _there_is(rule: Past, account_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What a row of another table must be for a contact to be meant."""
    person = contacts.c.number
    match rule:
        case HasConsent():
            return consents.c.account_id == account_id, consents.c.number == person, *IN_FORCE
        case IsSuppressed():
            return suppressions.c.account_id == account_id, suppressions.c.number == person
        case TextedWithin(days):
            told = _last_texts.c
            return told.recipient == person, told.account_id == account_id, told.at >= now - timedelta(days=days)
        case AnsweredWithin(days):
            wrote = _inbound.c
            since = wrote.received_at >= now - timedelta(days=days)
            return wrote.account_id == account_id, wrote.number == person, since
        case ReceivedWithin() | ReceivedSince():
            moment = rule.moment if isinstance(rule, ReceivedSince) else now - timedelta(days=rule.days)
            return _received_from(moment, account_id)
        case ClickedWithin(days):
            came = _clicks.c
            mine = (came.account_id == account_id, came.number == person, came.visitor == literal_column("'person'"))
            return *mine, came.at >= now - timedelta(days=days)
    assert_never(rule)


def _received_from(moment: datetime, account_id: int) -> tuple[ColumnElement[bool], ...]:
    got = _received.c
    return got.recipient == contacts.c.number, got.account_id == account_id, got.at >= moment


def _field_is(rule: FieldIs, dialect: str) -> ColumnElement[bool]:
    value = _value_of(rule.name, dialect)
    match rule.comparison:
        case Comparison.IS:
            return value == rule.value
        case Comparison.STARTS_WITH:
            return func.substr(value, 1, len(rule.value)) == rule.value
        case Comparison.CONTAINS:
            place = func.instr if dialect == "sqlite" else func.strpos
            return place(value, rule.value) > 0
    assert_never(rule.comparison)


def _value_of(name: str, dialect: str) -> ColumnElement[str]:
    """What a contact has in a field; nothing is an empty text."""
    if name == "number" or name in INFOS:
        return func.coalesce(contacts.c[name], "")
    if dialect == "sqlite" and name.isprintable() and not {'"', "\\"} & set(name):
        return func.coalesce(func.json_extract(contacts.c.fields, f'$."{name}"'), "")
    if dialect == "sqlite":  # no path can be written for such a name
        each = func.json_each(func.coalesce(contacts.c.fields, "{}")).table_valued("key", "value")
        return func.coalesce(select(each.c.value).where(each.c.key == name).scalar_subquery(), "")
    return func.coalesce(cast(contacts.c.fields, JSON)[name].astext, "")


_CAMPAIGN = re.compile("[0-9A-HJKMNP-TV-Z]{26}")
_SHAPE = (
    "A rule is one of {all: [rules]}, {any: [rules]}, {not: rule}, {field, op, value}, {consent: true}, "
    "{suppressed: true}, {texted_within_days: days}, {answered_within_days: days}, {received_within_days: days}, "
    "{clicked_within_days: days}, {received_since: time}, {received_campaign: id}."
)


def _size(given: Mapping[str, Any], depth: int) -> int:
    if depth > DEEPEST:
        raise RequestRefused.because("rule", "rule_too_deep", f"Rules stand at most {DEEPEST} deep in each other.")
    inner = [*(given.get("all") or ()), *(given.get("any") or ()), *([given["not"]] if given.get("not") else ())]
    return 1 + sum(_size(one, depth + 1) for one in inner)


def _read(given: Mapping[str, Any]) -> Rule:
    if len(given) == 1:
        (kind, value), *_ = given.items()
        return _read_one(kind, value)
    if set(given) == {"field", "op", "value"}:
        return _field(given["field"], given["op"], given["value"])
    raise RequestRefused.because("rule", "rule_shape", _SHAPE)


def _read_one(kind: str, value: Any) -> Rule:
    """A rule that is one member; what is left out by every case is none."""
    rule: Rule | None = None
    match kind, value:
        case "all", [_, *_]:
            rule = AllOf(tuple(map(_read, value)))
        case "any", [_, *_]:
            rule = AnyOf(tuple(map(_read, value)))
        case "not", dict():
            rule = NotSo(_read(value))
        case _:
            rule = _read_past(kind, value)
    if rule is None:
        raise RequestRefused.because("rule", "rule_shape", _SHAPE)
    return rule


def _read_past(kind: str, value: Any) -> Past | ReceivedOf | None:
    rule: Past | ReceivedOf | None = None
    match kind, value:
        case "consent", True:
            rule = HasConsent()
        case "suppressed", True:
            rule = IsSuppressed()
        case "received_since", str():
            rule = ReceivedSince(_moment(value))
        case "received_campaign", str() if _CAMPAIGN.fullmatch(value):
            rule = ReceivedOf(value)
        case _ if isinstance(value, int):
            rule = _read_days(kind, value)
    return rule


def _read_days(kind: str, days: int) -> Past | None:
    within: Mapping[str, Callable[[int], Past]] = {
        "texted_within_days": TextedWithin,
        "answered_within_days": AnsweredWithin,
        "received_within_days": ReceivedWithin,
        "clicked_within_days": ClickedWithin,
    }
    return within[kind](days) if kind in within and 0 < days <= MOST_DAYS else None


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        message = f"{written!r} is no time of these years with an offset; write one as in 2027-01-04T09:30:00+01:00."
        raise RequestRefused.because("rule", "rule_value", message)
    return moment


def _field(name: str, op: str, value: str) -> FieldIs:
    if not (is_storable(name) and is_storable(value)) or len(value) > LONGEST_VALUE:
        message = f"A field is compared with at most {LONGEST_VALUE} characters that a database can hold."
        raise RequestRefused.because("rule", "rule_value", message)
    return FieldIs(name, Comparison(op), value)
