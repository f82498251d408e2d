"""A process is killed around a send of the SMSFactor API: a campaign is there with its client's names, or it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.testing.databases import KINDS

from .conftest import open_account
from .scenes import A_LIST
from .site import KILLED

if TYPE_CHECKING:
    from .conftest import SiteMaker
    from .site import Site

pytestmark = pytest.mark.slow

LATER_S = 60.0
NAMES = {("cmd-04567", "33612304567"), ("cmd-04568", "33612304568")}
MANY = tuple(f"{12_000 + 100 * number}" for number in range(5))


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, make_site: SiteMaker) -> Site:
    """A site with an account of 1000 credits."""
    made = make_site(request.param)
    open_account(made)
    return made


def names(site: Site) -> set[tuple[str, str]]:
    """By which names a client is told of which numbers, once everything has come to its end."""
    site.must_play("finish", later_s=LATER_S)
    site.must_play("pull_receipts", later_s=LATER_S)
    return set(site.diary("named"))


def test_a_campaign_whose_process_died_before_the_answer_has_its_names(site: Site) -> None:
    """The client never heard of it; its receipts say what it calls its recipients all the same."""
    assert site.play("send_by_smsfactor", failpoint="accept.after_commit") == KILLED, site.log
    assert site.diary("answered") == []
    assert (names(site), site.faults()) == (NAMES, [])


def test_so_has_a_list_that_is_expanded_later(site: Site) -> None:
    """Whose names are many."""
    words = {**A_LIST, "endings": MANY}
    assert site.play("send_by_smsfactor", failpoint="accept_list.after_commit", **words) == KILLED, site.log
    assert (names(site), site.faults()) == ({(f"cmd-{one}", f"336123{one}") for one in MANY}, [])


@pytest.mark.parametrize("point", ["plugin.before_commit", "plugin.after_commit", "accept.before_commit"])
def test_one_whose_process_died_before_it_was_there_is_not_there(site: Site, point: str) -> None:
    """The client asks again, and each text goes once, by its name."""
    assert site.play("send_by_smsfactor", failpoint=point) == KILLED, site.log
    assert site.rows() == {}
    site.must_play("send_by_smsfactor")
    assert (names(site), site.faults()) == (NAMES, [])
