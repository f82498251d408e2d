"""What was counted is what a recount finds, whatever happened and in whatever order."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub.accounts.model import Movement
from hub.accounts.tables import credit_entries
from hub.billing import counting as room
from hub.billing.model import By
from hub.errors import RequestRefused
from hub.messages.model import ReceiptState

if TYPE_CHECKING:
    from hub.billing.model import Consumed
    from hub.testing.hub import TestHub
    from tests.hub.billing.conftest import Busy
    from tests.hub.messages.conftest import Twin

UNDELIVERED = {"undelivered", "expired", "rejected"}


def figures(hub: TestHub, *by: By, last: date = date(2027, 6, 30)) -> tuple[Consumed, ...]:
    """What was used, once all is counted."""
    hub.core.counting.count_entries()
    return hub.core.consumption.of(hub.account.id, date(2026, 11, 1), last, by)


def test_figures_are_what_a_recount_of_the_messages_finds(busy: Busy) -> None:
    """By country and source: texts, segments, credits, and how they ended."""
    busy.live(60)
    recount: dict[tuple[str, str], Counter[str]] = {}
    for row in busy.rows():
        if row.billing == "charged":
            one = recount.setdefault((row.country, row.source), Counter())
            one.update(texts=1, segments=row.segments, credits=row.credits)
            one.update(delivered=row.state == "delivered", undelivered=row.state in UNDELIVERED)
    told = figures(busy.hub, By.COUNTRY, By.SOURCE)
    assert {(one.country, one.source): _counted(one) for one in told} == {
        key: tuple(one[name] for name in ("texts", "segments", "credits", "delivered", "undelivered"))
        for key, one in recount.items()
    }


def test_figures_of_days_are_the_ledgers(busy: Busy) -> None:
    """The credits of each day, in the hub's time zone."""
    busy.live(60)
    zone = busy.hub.core.settings.hub.timezone
    with busy.hub.core.read() as connection:
        charges = connection.execute(select(credit_entries).where(credit_entries.c.movement == Movement.CHARGE)).all()
    by_day: Counter[str] = Counter()
    for row in charges:
        by_day[row.at.astimezone(zone).date().isoformat()] += row.amount
    assert {one.day: one.credits for one in figures(busy.hub, By.DAY) if one.credits} == dict(by_day)


def test_counting_in_small_pieces_counts_the_same(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account is left in the middle, and gone on with."""
    monkeypatch.setattr(room, "ENTRIES", 3)
    busy.live(30)
    charged = [row for row in busy.rows() if row.billing == "charged"]
    (told,) = figures(busy.hub)
    assert (told.texts, told.credits) == (len(charged), sum(row.credits for row in charged))


def test_two_processes_that_count_at_once_count_once(hub: TestHub, twin: Twin) -> None:
    """They take turns at the cursor."""
    for _ in range(20):
        hub.send("+33612345678", "+32470123456")
    hub.drain()
    other = twin(hub)
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(core.counting.count_entries) for core in (hub.core, other) * 2]:
            one.result()
    assert [one.texts for one in figures(hub)] == [40]


def test_a_late_receipt_corrects_the_day_of_its_text(hub: TestHub) -> None:
    """It arrived after all: Monday's failure is Monday's delivery."""
    sent = hub.send()
    hub.drain()
    hub.carrier.report(f"{sent.campaign_id}-0", ReceiptState.UNDELIVERED)
    before = figures(hub, By.DAY)
    hub.clock.advance(days=2)
    hub.carrier.report(f"{sent.campaign_id}-0", ReceiptState.DELIVERED)
    after = figures(hub, By.DAY)
    ended = [[(one.day, one.delivered, one.undelivered) for one in told] for told in (before, after)]
    assert ended == [[("2026-11-24", 0, 1)], [("2026-11-24", 1, 0)]]


def test_a_parent_sees_its_sub_accounts(hub: TestHub) -> None:
    """Told apart, by whoever sent."""
    child = hub.core.children.create(hub.account.id, "Filiale", credits_=50)
    hub.send()
    parent, hub.account = hub.account, child
    hub.send("+33612345678", "+33612345679")
    hub.drain()
    hub.account = parent
    assert [(one.account, one.texts) for one in figures(hub, By.ACCOUNT)] == [(parent.id, 1), (child.id, 2)]


def test_a_sub_account_sees_only_its_own(hub: TestHub) -> None:
    """Not its parent's."""
    hub.send()
    hub.drain()
    hub.account = hub.core.children.create(hub.account.id, "Filiale")
    assert [one.texts for one in figures(hub)] == [0]


@pytest.mark.parametrize("last", [date(2026, 10, 31), date(2028, 1, 1)])
def test_a_span_ends_after_it_begins_and_within_a_year(hub: TestHub, last: date) -> None:
    """Anything else is refused."""
    with pytest.raises(RequestRefused, match="span of a year"):
        figures(hub, last=last)


def _counted(one: Consumed) -> tuple[int, ...]:
    return one.texts, one.segments, one.credits, one.delivered, one.undelivered
