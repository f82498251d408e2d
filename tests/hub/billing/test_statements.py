"""A month of an account adds up, agrees with the ledger, and stays as it was told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hub.billing.months import next_month
from hub.errors import NotFound, RequestRefused

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from tests.hub.billing.conftest import Busy


def test_months_add_up_to_the_ledger(busy: Busy) -> None:
    """Each begins where the one before ended, and the last ends with what the books hold."""
    busy.live(60)
    busy.hub.clock.advance(days=40)
    core, account = busy.hub.core, busy.hub.account.id
    month, closing = "2026-11", 0
    while month < busy.hub.clock.now().date().isoformat()[:7]:
        told = core.statements.of(account, month)
        moved = told.purchases + told.advances + told.transfers + told.corrections - told.used
        assert (told.opening, told.closing) == (closing, closing + moved)
        assert sum(one.credits for one in told.lines) == told.used
        month, closing = next_month(month), told.closing
    balance = core.accounts.balance(account)
    assert closing == balance.available + balance.reserved


def test_a_statement_never_changes(busy: Busy) -> None:
    """What settles later is of the month that it settles in."""
    busy.live(30)
    busy.hub.clock.set(datetime(2027, 9, 2, 8, 0, tzinfo=UTC))
    busy.live(5)
    told = busy.hub.core.statements.of(busy.hub.account.id, "2027-08")
    busy.live(30)
    assert busy.hub.core.statements.of(busy.hub.account.id, "2027-08") == told


def test_what_comes_late_to_a_closed_month_is_of_the_next(hub: TestHub) -> None:
    """An entry that says a time before midnight, and was committed after the statement was made."""
    account = hub.account.id
    hub.clock.set(datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    told = hub.core.statements.of(account, "2026-11")
    hub.clock.set(datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    hub.core.accounts.add_credits(account, 11)
    hub.clock.set(datetime(2027, 1, 1, 8, 0, tzinfo=UTC))
    assert hub.core.statements.of(account, "2026-11") == told
    assert hub.core.statements.of(account, "2026-12").purchases == 11


def test_texts_are_told_by_country_and_source(hub: TestHub) -> None:
    """With their segments and credits."""
    hub.send("+33612345678", "+33612345679", source="mail")
    hub.send("+32470123456", source="api")
    hub.drain()
    hub.clock.advance(days=10)
    told = hub.core.statements.of(hub.account.id, "2026-11")
    lines = [(one.country, one.source, one.texts, one.segments) for one in told.lines]
    assert lines == [("BE", "api", 1, 1), ("FR", "mail", 2, 2)]


def test_a_month_is_of_the_hubs_time_zone(hub: TestHub) -> None:
    """In Paris it was December already."""
    hub.clock.set(datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    hub.core.accounts.add_credits(hub.account.id, 5)
    hub.clock.set(datetime(2027, 1, 2, tzinfo=UTC))
    assert hub.core.statements.of(hub.account.id, "2026-12").purchases == 5


@pytest.mark.parametrize("month", ["2026-11", "2026-12"])
def test_a_month_that_is_not_over_has_no_statement(hub: TestHub, month: str) -> None:
    """It would change."""
    with pytest.raises(RequestRefused, match="not over"):
        hub.core.statements.of(hub.account.id, month)


def test_before_the_account_there_was_nothing(hub: TestHub) -> None:
    """No month of nobody's."""
    with pytest.raises(NotFound):
        hub.core.statements.of(hub.account.id, "2026-10")


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-1", "0000-01"])
def test_a_month_is_written_with_its_year(hub: TestHub, month: str) -> None:
    """As in 2026-10."""
    with pytest.raises(RequestRefused, match="is no month"):
        hub.core.statements.of(hub.account.id, month)
