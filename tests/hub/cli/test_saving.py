"""`hub backup` and `hub restore`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.cli.conftest import CommandLine

TEXT = ("--alert", "--to", "06 12 34 56 78", "--text", "Bonjour")


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup, and the campaign in it."""

    folder: Path
    campaign: str


@pytest.fixture
def saved(shop: CommandLine) -> Saved:
    """A backup of a hub in which one text waits, with its key; the hub's data folder is gone since."""
    campaign = shop.json("send", *TEXT)["campaign_id"]
    folder = shop.folder / "backup"
    shop.json("backup", str(folder), "--with-key")
    (shop.folder / "data").rename(shop.folder / "lost")
    return Saved(folder, campaign)


def test_a_backup_says_how_much_is_in_it_and_what_is_not(shop: CommandLine) -> None:
    """The key is to be kept elsewhere."""
    said = shop("backup", str(shop.folder / "backup")).stdout
    assert "0 message(s), checked. The secret key is not in it: keep a copy of it elsewhere." in said


def test_a_backup_says_what_it_left_out_of_hub_ini(shop: CommandLine) -> None:
    """A key that stands there is not in it either."""
    key = shop.folder / "data" / "secret.key"
    ini = shop.ini(f"[hub]\nsecret_key = {key.read_text()}")
    said = shop("--config", str(ini), "backup", str(shop.folder / "backup")).stdout
    assert said.endswith("[hub] secret_key is empty in its hub.ini.\n")


def test_restoring_says_what_waits_and_how_to_decide(shop: CommandLine, saved: Saved) -> None:
    """With the commands, ready to be copied (F33)."""
    lines = shop("restore", str(saved.folder)).stdout.splitlines()
    assert lines[0].endswith("Sending is paused.")
    assert lines[1].startswith("1 message(s) and 0 list(s) waited in it")
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["hub", "resume", "out", "--drop-restored"],
        ["hub", "resume", "out", "--resend-restored"],
    ]


@pytest.mark.parametrize(("choice", "state"), [("--drop-restored", "unknown"), ("--resend-restored", "pending")])
def test_after_a_decision_sending_goes_on(shop: CommandLine, saved: Saved, choice: str, state: str) -> None:
    """Before it, it does not."""
    shop("restore", str(saved.folder))
    assert shop("resume", "out").exit_code == 1
    assert shop("resume", "out", choice).stdout == "Nothing is paused.\n"
    assert [one["state"] for one in shop.json("messages", "--campaign", saved.campaign)["items"]] == [state]


def test_a_restored_hub_that_had_nothing_waiting_goes_on_plainly(shop: CommandLine) -> None:
    """One command, nothing to decide."""
    folder = shop.folder / "backup"
    shop("backup", str(folder), "--with-key")
    (shop.folder / "data").rename(shop.folder / "lost")
    assert "Nothing waited in it: `hub resume out` lets messages leave." in shop("restore", str(folder)).stdout
    assert shop("resume", "out").stdout == "Nothing is paused.\n"


def test_a_program_gets_what_was_restored(shop: CommandLine, saved: Saved) -> None:
    """Counts, and what does not add up."""
    done = shop.json("restore", str(saved.folder))["restored"]
    assert (done["review"], done["audit"]) == ({"waiting": 1, "lists": 0, "in_doubt": 0}, [])


def test_a_folder_that_is_no_backup_is_refused(cli: CommandLine) -> None:
    """In a sentence."""
    result = cli("restore", str(cli.folder))
    assert (result.exit_code, "give the folder that `hub backup` made" in result.stderr) == (1, True)
