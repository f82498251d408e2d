"""`hub pause`, `hub resume` and `hub drain`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from hub.bootstrap import build
from hub.errors import Conflict
from hub.messages.tables import messages
from hub.store.tables import restored_campaigns

if TYPE_CHECKING:
    from hub.bootstrap import Core
    from tests.hub.cli.conftest import CommandLine

TEXT = ("--alert", "--to", "06 12 34 56 78", "--text", "Bonjour")


def open_core(cli: CommandLine) -> Core:
    """The hub that the commands work on."""
    return build(None, environ=cli.environ)


def test_pausing_says_what_is_paused_and_how_it_ends(shop: CommandLine) -> None:
    """Both ways, each with its command."""
    lines = shop("pause", "all", "--note", "new disk").stdout.splitlines()
    assert [line.partition(" since")[0] for line in lines] == ["Nothing is taken in", "Nothing is sent"]
    assert all(": new disk. `hub resume " in line for line in lines)


def test_resuming_says_what_is_still_paused(shop: CommandLine) -> None:
    """One way at a time."""
    shop("pause", "all")
    assert [one["way"] for one in shop.json("resume", "in")["paused"]] == ["out"]
    assert shop("resume", "out").stdout == "Nothing is paused.\n"


def test_a_text_is_refused_while_intake_is_paused(shop: CommandLine) -> None:
    """With the sentence that everybody gets."""
    shop("pause", "in")
    result = shop("send", *TEXT)
    assert (result.exit_code, result.stderr.startswith("The hub takes nothing in")) == (1, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("pause", "in", "--route", "sandbox"), "route_for_out"),
        (("pause", "out", "--route", "no-such"), "unknown_route"),
        (("resume", "out", "--resend-restored", "--drop-restored"), "which"),
        (("resume", "in", "--drop-restored"), "way"),
    ],
)
def test_what_makes_no_sense_is_refused(shop: CommandLine, words: tuple[str, ...], code: str) -> None:
    """And nothing is paused by it."""
    assert shop.refused(*words)[0] == code
    assert shop("resume", "in").stdout == "Nothing is paused.\n"


def test_an_idle_hub_is_drained_at_once_and_takes_nothing_in(shop: CommandLine) -> None:
    """The exit code is 0, and it says how to go on."""
    result = shop("drain")
    assert (result.exit_code, result.stdout) == (
        0,
        "Nothing is left in hand.\nNothing is taken in until `hub resume in`.\n",
    )
    assert shop("send", *TEXT).exit_code == 1


def test_draining_gives_up_after_its_time(shop: CommandLine) -> None:
    """Nobody sends here: what is left is counted, on the way and at the end."""
    shop.json("send", *TEXT)
    result = shop("drain", "--timeout", "0.2")
    left = "1 due, 0 claimed, 0 being sent, 0 list(s) to expand"
    assert (result.exit_code, result.stderr) == (1, f"Waiting: {left}.\n")
    assert result.stdout == f"Not done: {left}.\nNothing is taken in until `hub resume in`.\n"


def test_draining_waits_for_what_is_due_now_alone(shop: CommandLine) -> None:
    """What has its time tomorrow stays, and is told."""
    core = open_core(shop)
    tomorrow = core.clock.now().date().replace(year=core.clock.now().year + 1)
    core.close()
    shop.json("send", *TEXT, "--at", f"{tomorrow}T09:30")
    answer = shop.json("drain")
    assert (answer["drained"], answer["left"]["later"]) == (True, 1)


def test_draining_waits_for_what_a_carrier_has_put_off(shop: CommandLine) -> None:
    """It cannot be reached, and is tried again every few seconds: what waits for it has not left."""
    shop.json("send", "--alert", "--to", "0612345678", "--text", "x")
    core = open_core(shop)
    with core.store.write("test") as connection:
        connection.execute(update(messages).values(due_at=core.clock.now() + timedelta(seconds=5)))
    core.close()
    assert shop("drain", "--timeout", "0").exit_code == 1


def test_draining_says_at_once_when_sending_is_paused(shop: CommandLine) -> None:
    """It would wait in vain."""
    shop.json("send", *TEXT)
    shop("pause", "out")
    answer = shop.json("drain", exit_code=1)
    assert answer["why_not"].startswith("Nothing is sent since")


def test_sending_does_not_go_on_before_somebody_decides_about_a_backup(shop: CommandLine) -> None:
    """The refusal names both ways to decide."""
    core = open_core(shop)
    with core.store.write("test") as connection:
        connection.execute(restored_campaigns.insert(), [{"campaign_id": "X"}])
    with pytest.raises(Conflict):
        core.switches.resume(["out"])  # type: ignore[list-item]  # a StrEnum is its word
    core.close()
    code, message = shop.refused("resume", "out")
    assert (code, "--drop-restored" in message, "--resend-restored" in message) == ("restored_undecided", True, True)


def test_health_shows_what_is_paused(shop: CommandLine) -> None:
    """Beside the processes."""
    shop("pause", "out")
    assert "Nothing is sent since" in shop("health").stdout
    assert [one["way"] for one in shop.json("health", exit_code=1)["paused"]] == ["out"]


def test_check_shows_what_is_paused(shop: CommandLine) -> None:
    """As a warning: somebody wanted it so."""
    shop("pause", "out")
    findings = shop.json("check")["findings"]
    assert [one["fatal"] for one in findings if one["where"] == "hub pause"] == [False]
