"""Accounts that have not sent for a year are told that their credits lie there, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hub.mailing.service import UNSENT

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.messages.conftest import Twin


@pytest.fixture
def idle(hub: TestHub) -> TestHub:
    """A hub whose account last texted more than a year ago."""
    hub.core.accounts.patch_settings(hub.account.id, {"notice_email": "marie@salon.example"})
    hub.send()
    hub.drain()
    hub.core.counting.count_entries()
    hub.clock.advance(days=370)
    return hub


def test_an_account_without_a_text_for_a_year_is_told_once(idle: TestHub) -> None:
    """Also when mail of long ago is forgotten."""
    told = [idle.core.validity.tell_idle()]
    idle.clock.advance(days=60)
    idle.core.mails.expire_old()
    idle.core.mails.forget_ended()
    told.append(idle.core.validity.tell_idle())
    assert told == [1, 0]


def test_nothing_is_taken(idle: TestHub) -> None:
    """The notice says that they are kept."""
    before = idle.core.accounts.balance(idle.account.id)
    idle.core.validity.tell_idle()
    assert idle.core.accounts.balance(idle.account.id) == before
    assert [one.subject for one in idle.core.mails.all(states=UNSENT)] == ["Vos crédits inutilisés : 999"]


def test_two_processes_tell_it_once(idle: TestHub, twin: Twin) -> None:
    """Whoever is quicker."""
    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(core.validity.tell_idle) for core in (idle.core, twin(idle))]
        assert sum(one.result() for one in told) == 1


def test_who_texts_again_and_stops_again_is_told_again(idle: TestHub) -> None:
    """Another year has gone by."""
    idle.core.validity.tell_idle()
    idle.send()
    idle.drain()
    idle.core.counting.count_entries()
    assert idle.core.validity.tell_idle() == 0
    idle.clock.advance(days=370)
    assert idle.core.validity.tell_idle() == 1


def test_who_never_texted_is_told_a_year_after_the_opening(hub: TestHub) -> None:
    """Not before."""
    hub.core.accounts.patch_settings(hub.account.id, {"notice_email": "marie@salon.example"})
    told = [hub.core.validity.tell_idle()]
    hub.clock.advance(days=370)
    assert [*told, hub.core.validity.tell_idle()] == [0, 1]


def test_who_has_no_credits_is_not_told(idle: TestHub) -> None:
    """There is nothing to lose."""
    idle.core.accounts.add_credits(idle.account.id, -999)
    assert idle.core.validity.tell_idle() == 0


def test_who_has_no_address_is_told_once_there_is_one(idle: TestHub) -> None:
    """It is not forgotten meanwhile."""
    idle.core.accounts.patch_settings(idle.account.id, {"notice_email": None})
    told = [idle.core.validity.tell_idle()]
    idle.core.accounts.patch_settings(idle.account.id, {"notice_email": "marie@salon.example"})
    assert [*told, idle.core.validity.tell_idle()] == [0, 1]


def test_the_operator_can_say_otherwise(make: HubMaker) -> None:
    """No notices at all."""
    hub = make(settings={"HUB_BILLING_VALIDITY_MONTHS": "0"})
    hub.clock.advance(days=800)
    assert hub.core.validity.tell_idle() == 0
