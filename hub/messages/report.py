"""What became of a campaign, in the classes that people know: received, not received and why, still on its way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Integer, case, cast, extract, func, literal_column, select

from hub.messages.freezing import tallies_of
from hub.messages.model import FailureReason, MessageState, Tally
from hub.messages.tables import campaigns, messages
from hub.messages.views import campaign_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_YET = frozenset({MessageState.HELD, MessageState.PENDING, MessageState.CLAIMED, MessageState.SUBMITTING})
_FAILED = frozenset({MessageState.UNDELIVERED, MessageState.REJECTED})
_NAMED = frozenset(FailureReason)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many messages came to which end. `failed` counts those not received by why; `blocked` by reason code.

    `waiting` have not left, `on_the_way` are with a carrier that has not said more; `no_receipt` never heard more,
    of `unknown` nobody can tell whether the carrier took them.
    """

    received: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    on_the_way: int = 0
    no_receipt: int = 0
    unknown: int = 0
    cancelled: int = 0
    blocked: Mapping[str, int] = field(default_factory=dict)

    @property
    def not_received(self) -> int:
        """How many did not reach their phone, for whatever reason."""
        return sum(self.failed.values())


@dataclass(frozen=True, slots=True)
class CountryReport:
    """What became of the messages to a country; `country` is None for what was no number. Credits are those used."""

    country: str | None
    outcomes: Outcomes
    segments: int
    credits: int


@dataclass(frozen=True, slots=True)
class HourReport:
    """How many receipts of arrival came within an hour that begins at `hour` (UTC)."""

    hour: datetime
    received: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a campaign by now; `frozen` is how it was at `frozen_at`, 48 hours after its last submission."""

    campaign_id: str
    outcomes: Outcomes
    segments: int
    credits: int
    countries: tuple[CountryReport, ...]
    hours: tuple[HourReport, ...]
    frozen: Outcomes | None
    frozen_at: datetime | None
    corrected_at: datetime | None


def outcomes_of(tallies: Iterable[Tally]) -> Outcomes:
    """Counts by state and reason, in the classes of a report."""
    plain: Counter[MessageState] = Counter()
    failed: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    for one in tallies:
        if one.state in _FAILED:
            failed[one.reason if one.reason in _NAMED and one.reason else FailureReason.OTHER] += one.count
        elif one.state is MessageState.EXPIRED:
            failed["expired"] += one.count
        elif one.state is MessageState.BLOCKED:
            blocked[one.reason or "other"] += one.count
        else:
            plain[one.state] += one.count
    return Outcomes(
        received=plain[MessageState.DELIVERED],
        failed=dict(failed),
        waiting=sum(plain[state] for state in _NOT_YET),
        on_the_way=plain[MessageState.SUBMITTED],
        no_receipt=plain[MessageState.NO_RECEIPT],
        unknown=plain[MessageState.UNKNOWN],
        cancelled=plain[MessageState.CANCELLED],
        blocked=dict(blocked),
    )


def report_of(connection: Connection, account_id: int, campaign_id: str) -> Report:
    """The report of a campaign; raises NotFound when the account has none of that id."""
    view = campaign_of(connection, account_id, campaign_id)
    counted = _count(connection, campaign_id)
    by_country: dict[str | None, list[_Counted]] = {}
    for one in counted:
        by_country.setdefault(one.country, []).append(one)
    kept = connection.execute(select(campaigns.c.figures).where(campaigns.c.id == campaign_id)).scalar_one()
    tallies = tallies_of(kept)
    return Report(
        campaign_id=campaign_id,
        outcomes=outcomes_of(one.tally for one in counted),
        segments=sum(one.segments for one in counted),
        credits=sum(one.credits for one in counted),
        countries=tuple(_of_country(country, some) for country, some in sorted(by_country.items(), key=_by_size)),
        hours=_hours(connection, campaign_id),
        frozen=None if tallies is None else outcomes_of(tallies),
        frozen_at=view.frozen_at,
        corrected_at=view.corrected_at,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    country: str | None
    tally: Tally
    segments: int
    credits: int


def _count(connection: Connection, campaign_id: str) -> list[_Counted]:
    """One pass over its messages. What was charged was used; what came back was not."""
    used = case((messages.c.billing == "charged", messages.c.credits), else_=0)
    group = (messages.c.country, messages.c.state, messages.c.reason)
    query = select(*group, func.count().label("count"), func.sum(messages.c.segments), func.sum(used))
    rows = connection.execute(query.where(messages.c.campaign_id == campaign_id).group_by(*group))
    return [
        _Counted(country, Tally(MessageState(state), reason, count), int(segments), int(credits_))
        for country, state, reason, count, segments, credits_ in rows
    ]


def _of_country(country: str | None, some: list[_Counted]) -> CountryReport:
    outcomes = outcomes_of(one.tally for one in some)
    return CountryReport(country, outcomes, sum(one.segments for one in some), sum(one.credits for one in some))


def _by_size(item: tuple[str | None, list[_Counted]]) -> tuple[int, str]:
    return -sum(one.tally.count for one in item[1]), item[0] or ""


def _hours(connection: Connection, campaign_id: str) -> tuple[HourReport, ...]:
    hour = _hour(connection).label("hour")
    arrived = (messages.c.campaign_id == campaign_id, messages.c.state == MessageState.DELIVERED)
    query = select(hour, func.count()).where(*arrived, messages.c.settled_at.is_not(None))
    rows = connection.execute(query.group_by(hour).order_by(hour))
    return tuple(HourReport(_EPOCH + timedelta(hours=int(hours)), count) for hours, count in rows)


def _hour(connection: Connection) -> ColumnElement[int]:
    """Hours since 1970; SQLite keeps microseconds since then. Written out: PostgreSQL must see it is one grouping."""
    if connection.dialect.name == "sqlite":
        return cast(messages.c.settled_at, BigInteger) // literal_column("3600000000", Integer)
    return cast(func.floor(extract("epoch", messages.c.settled_at) / literal_column("3600")), BigInteger)
