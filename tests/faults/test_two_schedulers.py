"""Two schedulers: one leads, and when it dies or stands still the other takes over within the term (F28)."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub.store.tables import leases

from .site import KILLED

if TYPE_CHECKING:
    from .site import Site

pytestmark = pytest.mark.prove

TERM_S = 1.0


def leader(site: Site) -> str | None:
    """Who holds the lease."""
    with site.store.read() as connection:
        return connection.execute(select(leases.c.owner).where(leases.c.name == "tick")).scalar()


def runs_of_the_hourly_job(site: Site) -> int:
    """How often it ran."""
    path = site.folder / "data" / "hourly"
    return len(path.read_text().splitlines()) if path.exists() else 0


def takes_over(site: Site, before: str | None) -> bool:
    """Whether somebody else leads after a while."""
    return site.until(lambda: leader(site) not in {None, before})


def test_of_two_schedulers_and_two_workers_each_periodic_job_is_run_once(site: Site) -> None:
    """However many are asked."""
    with ExitStack() as stack:
        for role, words in (("lead", {}), ("lead", {}), ("work", {"queue": "background"})) * 2:
            stack.enter_context(site.during(role, **words))
        assert site.until(lambda: runs_of_the_hourly_job(site) and leader(site)), site.log
        led = leader(site)
        site.until(lambda: leader(site) != led, within_s=1)
        assert (runs_of_the_hourly_job(site), leader(site)) == (1, led)


def test_when_the_leader_is_killed_the_other_mends_what_was_left(site: Site) -> None:
    """After the term, not before somebody could know; what a dead worker held is sent once."""
    site.must_play("accept")
    assert site.play("submit", failpoint="claim.after_commit") == KILLED
    first = site.start("lead", failpoint="tick.leading:5", term_s=TERM_S)
    assert site.wait(first) == KILLED, site.log
    led = leader(site)
    with site.during("lead", term_s=TERM_S, later_s=60), site.during("work", later_s=60):
        assert takes_over(site, led), site.log
        assert site.until(lambda: site.states() == ["delivered"] * 2), site.log
    assert site.faults() == []


def test_a_leader_that_stood_still_and_wakes_up_does_no_harm(site: Site) -> None:
    """It finishes the tick that it began, finds nothing left to do, and does not lead any more."""
    site.must_play("accept")
    assert site.play("submit", failpoint="claim.after_commit") == KILLED
    still = site.start("lead", failpoint="tick.leading=stop", term_s=TERM_S, later_s=60)
    assert site.until(lambda: leader(site)), site.log
    led = leader(site)
    with site.during("lead", term_s=TERM_S, later_s=60), site.during("work", later_s=60):
        assert takes_over(site, led), site.log
        follower = leader(site)
        assert site.until(lambda: site.states() == ["delivered"] * 2), site.log
        site.signal(still, signal.SIGCONT)
        site.until(lambda: leader(site) != follower, within_s=1)
        assert (leader(site), site.stop(still)) == (follower, 0)
    assert site.faults() == []
