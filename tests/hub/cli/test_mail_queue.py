"""`hub mail-queue`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.store.engine import Store, sqlite_url

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


@pytest.fixture
def desk(shop: CommandLine) -> CommandLine:
    """A shop with a mail that waits, and no relay."""
    store = Store(sqlite_url(shop.folder / "data"))
    with store.write("test") as connection:
        mail = OutgoingMail(1, "inbound", "1", "accueil@salon.example", "SMS de Nina", "Oui")
        post(connection, [mail], datetime.now(UTC))
    store.close()
    return shop


def test_it_lists_what_waits_for_a_program(desk: CommandLine) -> None:
    """And says whether there is a relay."""
    found = desk.json("mail-queue")
    assert (found["relay"], [(one["id"], one["state"], one["to"]) for one in found["items"]]) == (
        False,
        [(1, "waiting", "accueil@salon.example")],
    )


def test_it_lists_what_waits_for_a_person(desk: CommandLine) -> None:
    """One line each; why nothing leaves stands below."""
    result = desk("mail-queue")
    assert all(word in result.stdout for word in ("accueil@salon.example", "SMS de Nina", "waiting"))
    assert "No mail server is named" in result.stderr


@pytest.mark.parametrize(("state", "count"), [("waiting", 1), ("failed", 0), ("sent", 0)])
def test_it_lists_one_state_alone(desk: CommandLine, state: str, count: int) -> None:
    """When that is asked for."""
    assert len(desk.json("mail-queue", "--state", state)["items"]) == count


def test_it_lists_one_account_alone(desk: CommandLine) -> None:
    """By its name."""
    desk.json("account", "create", "--name", "Autre")
    assert [len(desk.json("mail-queue", "--account", name)["items"]) for name in ("Salon Exemple", "Autre")] == [1, 0]


def test_a_mail_is_tried_again(desk: CommandLine) -> None:
    """By its number."""
    assert desk.json("mail-queue", "retry", "1")["state"] == "waiting"


def test_a_mail_that_is_not_there_is_not(desk: CommandLine) -> None:
    """And it says so."""
    assert desk.refused("mail-queue", "retry", "7") == ("not_found", "There is no mail 7.")
