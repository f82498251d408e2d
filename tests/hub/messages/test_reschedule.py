"""Another time where the lawful hour depends on the number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.compliance.model import Purpose
from hub.messages.reschedule import Rescheduler

if TYPE_CHECKING:
    from hub.testing.hub import TestHub

A_SUNDAY = datetime(2026, 11, 29, 14, 0, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def test_the_hours_of_each_number_are_worked_out_anew(hub: TestHub) -> None:
    """As those of the whole country are: marketing for Sunday leaves on Monday."""
    intake = hub.core.intake
    france = intake.policies.get("FR")
    assert france is not None
    by_number = {**intake.policies.countries, "FR": replace(france, timezones=())}
    elsewhere = replace(intake, policies=replace(intake.policies, countries=by_number))
    sent = hub.send("+33612345678", "+33612345679", purpose=Purpose.MARKETING).campaign_id
    moved = Rescheduler(elsewhere, lambda _: None).reschedule(hub.account.id, sent, A_SUNDAY, lambda _: None)
    due = {message.due_at for message in hub.core.messages(hub.account.id, sent)}
    assert (moved.deferred, len(due)) == (2, 1)
    assert min(one for one in due if one) >= MONDAY_MORNING
