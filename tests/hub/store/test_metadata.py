"""A time that is always aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import StatementError

from hub.store.tables import leases

if TYPE_CHECKING:
    from hub.store.engine import Store

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def round_trip(store: Store, at: datetime) -> datetime:
    """What comes back of a time that was stored."""
    with store.write("test") as connection:
        connection.execute(leases.delete())
        connection.execute(insert(leases).values(name="a", owner="me", until=at))
        found: datetime = connection.execute(select(leases.c.until)).scalar_one()
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1), timezones=ZONES))  # noqa: DTZ001 - bounds are naive
def test_a_time_comes_back_as_it_went_in(store: Store, at: datetime) -> None:
    """To the microsecond, in UTC, from whatever zone."""
    found = round_trip(store, at)
    assert (found, found.tzinfo) == (at, UTC)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """Nobody could say when that is."""
    with pytest.raises(StatementError, match="no time zone"):
        round_trip(store, datetime(2026, 11, 24, 9, 0))  # noqa: DTZ001 - the fault


def test_times_compare_in_the_database(store: Store) -> None:
    """As they do in life, whatever zones they were given in."""
    noon = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    paris = timezone(timedelta(hours=2))
    with store.write("test") as connection:
        for name, at in (("before", noon.replace(hour=11)), ("same", noon.astimezone(paris))):
            connection.execute(insert(leases).values(name=name, owner="me", until=at))
        found = connection.execute(select(leases.c.name).where(leases.c.until < noon)).scalars().all()
        latest = connection.execute(select(func.max(leases.c.until))).scalar_one()
    assert (found, latest) == (["before"], noon)
