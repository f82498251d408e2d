"""`hub person`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hub import InboundText
from hub.bootstrap import build

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NINA = "+33612345678"


@pytest.fixture
def written(shop: CommandLine) -> CommandLine:
    """A shop to which Nina has written."""
    core = build(environ=shop.environ)
    core.inbox.take("console", [InboundText(NINA, "36180", "Oui", raw="Oui")])
    core.desk.work_off(core)
    core.close()
    return shop


def test_what_is_held_is_written_as_json(written: CommandLine) -> None:
    """To standard output."""
    result = written("person", "export", "06 12 34 56 78")
    assert result.exit_code == 0
    assert [one["text"] for one in json.loads(result.stdout)["answers"]] == ["Oui"]


def test_an_erasure_says_what_it_erased(written: CommandLine) -> None:
    """In a sentence for people."""
    result = written("person", "erase", NINA, "--account", "Salon Exemple")
    assert (result.exit_code, "Salon Exemple: 1 answers erased." in result.stdout) == (0, True)


def test_a_person_is_erased_from_the_whole_hub(written: CommandLine) -> None:
    """Account by account, and where nobody knows whose a text is."""
    items = written.json("person", "erase", NINA, "--all-accounts")["items"]
    assert [(one["account"], one["erasure"]["state"]) for one in items] == [("Salon Exemple", "done")]


def test_one_account_or_all_is_said_not_both(written: CommandLine) -> None:
    """It would be unclear what is meant."""
    result = written("person", "erase", NINA, "--all-accounts", "--account", "Salon Exemple")
    assert result.exit_code == 1
