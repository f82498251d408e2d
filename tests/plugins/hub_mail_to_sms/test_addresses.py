from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import hub_mail_to_sms
from hub import Conflict, NotFound, RequestRefused
from hub.testing.databases import KINDS
from hub.testing.hub import TestHub, make_hub
from hub_mail_to_sms.addresses import Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.databases import Databases


@pytest.fixture(params=KINDS)
def hub(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[TestHub]:
    """A hub with the plugin's tables, on both databases."""
    made = make_hub(tmp_path, databases.fresh(request.param), bring={"mail_to_sms": hub_mail_to_sms})
    made.core.upgrade()
    yield made
    made.core.close()


@pytest.fixture
def addresses(hub: TestHub) -> Addresses:
    """The addresses of that hub."""
    return Addresses(hub.core)


def test_an_account_has_one_address_for_good(hub: TestHub, addresses: Addresses) -> None:
    """It is made when it is first asked for: twenty letters that nobody guesses or misreads."""
    address = addresses.address_of(hub.account.id)
    assert re.fullmatch(r"[a-km-np-z2-9]{20}@sms\.localhost", address)
    assert addresses.address_of(hub.account.id) == address


def test_an_address_leads_to_its_account(hub: TestHub, addresses: Addresses) -> None:
    """Whatever the case it is written in."""
    local_part = addresses.address_of(hub.account.id).partition("@")[0]
    assert addresses.account_of(local_part.upper()) == hub.account.id


def test_another_local_part_leads_nowhere(addresses: Addresses) -> None:
    """However long it is."""
    assert addresses.account_of("x" * 200) is None


@pytest.mark.parametrize("had_one", [True, False])
def test_a_renewed_address_replaces_the_old_one(hub: TestHub, addresses: Addresses, *, had_one: bool) -> None:
    """Which leads nowhere from then on; an account that had none gets its first."""
    old = addresses.address_of(hub.account.id) if had_one else "none@sms.localhost"
    new = addresses.renew(hub.account.id)
    assert (addresses.address_of(hub.account.id), addresses.account_of(old.partition("@")[0])) == (new, None)


def test_the_account_details_tell_the_address(hub: TestHub, addresses: Addresses) -> None:
    """`hub account create` shows it."""
    details = hub.core.plugins.account_details(hub.core, hub.account)
    assert details == {"mail_address": addresses.address_of(hub.account.id)}


def test_a_trusted_sender_leads_to_its_account(hub: TestHub, addresses: Addresses) -> None:
    """Case and outer spaces do not matter; trusting twice is once."""
    for written in (" Boss@Salon.Example ", "boss@salon.example"):
        addresses.allow(hub.account.id, written)
    assert addresses.sender_account("BOSS@salon.example") == hub.account.id
    assert addresses.allowed(hub.account.id) == ("boss@salon.example",)


def test_a_sender_speaks_for_one_account_only(hub: TestHub, addresses: Addresses) -> None:
    """Else nobody could tell who pays."""
    other, _ = hub.core.accounts.create("Another", "FR")
    addresses.allow(hub.account.id, "boss@salon.example")
    with pytest.raises(Conflict):
        addresses.allow(other.id, "boss@salon.example")


@pytest.mark.parametrize(
    "wrong",
    ["", "boss", "@salon.example", "boss@", "a@b@c", "two words@x.example", "a@x.example, b@x.example", "x" * 260],
)
def test_what_is_no_address_is_not_trusted(hub: TestHub, addresses: Addresses, wrong: str) -> None:
    """Nor is a list of them, or one that is too long to be any."""
    with pytest.raises(RequestRefused, match="is not an e-mail address"):
        addresses.allow(hub.account.id, wrong)


def test_a_sender_is_trusted_no_longer(hub: TestHub, addresses: Addresses) -> None:
    """And may be trusted by another account then."""
    other, _ = hub.core.accounts.create("Another", "FR")
    addresses.allow(hub.account.id, "boss@salon.example")
    addresses.disallow(hub.account.id, "BOSS@salon.example")
    addresses.allow(other.id, "boss@salon.example")
    assert addresses.sender_account("boss@salon.example") == other.id


def test_only_its_own_account_can_stop_trusting_a_sender(hub: TestHub, addresses: Addresses) -> None:
    """And only one that is trusted."""
    other, _ = hub.core.accounts.create("Another", "FR")
    addresses.allow(hub.account.id, "boss@salon.example")
    with pytest.raises(NotFound):
        addresses.disallow(other.id, "boss@salon.example")
    assert addresses.sender_account("boss@salon.example") == hub.account.id
