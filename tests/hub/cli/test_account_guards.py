"""`hub account countries` and `hub account limits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NAME = "Salon Exemple"
FRENCH = ["BL", "FR", "GF", "GP", "MF", "MQ", "RE", "YT"]


def test_a_new_account_may_text_its_own_country(shop: CommandLine) -> None:
    """With those that share its numbers."""
    assert shop.json("account", "countries", NAME) == {"id": 1, "countries": FRENCH}


def test_an_account_can_be_opened_for_others(cli: CommandLine) -> None:
    """Those that are named, in any letters."""
    cli.json("account", "create", "--name", NAME, "--countries", "fr, be")
    assert cli.json("account", "countries", NAME)["countries"] == ["BE", "FR"]


def test_countries_are_added_and_removed(shop: CommandLine) -> None:
    """Both at once, if one likes."""
    shop.json("account", "countries", NAME, "--add", "be,CH")
    said = shop.json("account", "countries", NAME, "--add", "LU", "--remove", "CH,GF")
    assert said["countries"] == sorted({*FRENCH, "BE", "LU"} - {"GF"})


def test_an_account_may_text_all_that_the_hub_does(shop: CommandLine) -> None:
    """And then all but one."""
    assert shop("account", "countries", NAME, "--all").stdout == f"{NAME} may text every country that the hub texts.\n"
    assert "BE" not in shop.json("account", "countries", NAME, "--remove", "BE")["countries"]


@pytest.mark.parametrize(
    "words",
    [
        ("account", "countries", NAME, "--add", "ZZ"),
        ("account", "countries", NAME, "--remove", "France"),
        ("account", "create", "--name", "B", "--countries", "FR,ZZ"),
    ],
)
def test_a_country_that_there_is_not_is_refused(shop: CommandLine, words: tuple[str, ...]) -> None:
    """With those that there are."""
    code, message = shop.refused(*words)
    assert (code, "is not in the table: BE, " in message) == ("unknown_country", True)


def test_limits_are_those_of_the_hub_until_they_are_changed(shop: CommandLine) -> None:
    """What is in use, and what of it is the account's own."""
    before = shop.json("account", "limits", NAME)
    after = shop.json("account", "limits", NAME, "--day-credits", "50000", "--no-patterns")
    assert (before["own"], before["in_use"]["day_credits"], before["in_use"]["patterns"]) == ({}, 10000, True)
    assert after["own"] == {"day_credits": 50000, "patterns": False}
    assert (after["in_use"]["day_credits"], after["in_use"]["recipient_per_hour"]) == (50000, 5)


def test_fuses_are_set_account_by_account(shop: CommandLine) -> None:
    """Per hour and day, in all and for each foreign country."""
    words = ("--hour-credits", "9000", "--abroad-day-credits", "50", "--abroad-hour-credits", "0")
    said = shop.json("account", "limits", NAME, *words)
    assert said["own"] == {"hour_credits": 9000, "abroad_day_credits": 50, "abroad_hour_credits": 0}
    assert said["in_use"].items() >= said["own"].items()


def test_a_limit_that_is_not_named_stays(shop: CommandLine) -> None:
    """One at a time."""
    shop.json("account", "limits", NAME, "--day-credits", "5")
    assert shop.json("account", "limits", NAME, "--message-credits", "0")["own"] == {
        "day_credits": 5,
        "message_credits": 0,
    }


def test_an_account_s_own_limits_can_be_forgotten(shop: CommandLine) -> None:
    """The hub's hold again."""
    shop.json("account", "limits", NAME, "--day-credits", "5")
    assert shop.json("account", "limits", NAME, "--default")["own"] == {}


def test_a_limit_below_nothing_is_refused(shop: CommandLine) -> None:
    """There is no such figure."""
    assert shop.refused("account", "limits", NAME, "--day-credits", "-1")[0] == "out_of_range"


def test_a_person_reads_what_is_in_use(shop: CommandLine) -> None:
    """A line each."""
    said = shop("account", "limits", NAME).stdout
    assert said.splitlines()[:2] == [f"{NAME}:", "  day credits: 10000"]
