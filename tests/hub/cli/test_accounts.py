"""`hub account` and `hub suppression`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NOBODY = "There is no account 'nobody'; `hub account list` shows those there are."


def test_a_new_account_is_answered_with_what_a_program_needs(cli: CommandLine) -> None:
    """Its id, its credits, and its token, which is shown this once."""
    made = cli.json("account", "create", "--name", "Salon Exemple", "--country", "be", "--credits", "50")
    assert made.keys() == {"id", "name", "country", "credits", "token"}
    assert (made["name"], made["country"], made["credits"]) == ("Salon Exemple", "BE", 50)
    assert made["token"].startswith("hub_live_")


def test_plugins_add_what_they_know_of_a_new_account(cli: CommandLine) -> None:
    """Such as its mail address."""
    assert "@" in cli.json("account", "create", "--name", "A", HUB_PLUGINS_DISABLED="")["mail_address"]


def test_a_person_reads_the_token_and_that_it_is_to_be_kept(cli: CommandLine) -> None:
    """A few lines, no JSON."""
    said = cli("account", "create", "--name", "Salon Exemple").stdout
    assert said.startswith("Account 1: Salon Exemple (FR), 0 credits\n  API token:    hub_live_")
    assert said.endswith("Keep the token: it is not shown again.\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--name", "Salon Exemple"), "name_taken"),
        (("--name", "B", "--country", "ZZ"), "unknown_country"),
        (("--name", "B", "--credits", "-1"), "out_of_range"),
        (("--name", " "), "account_name"),
        (("--name", "12"), "only_digits"),
    ],
)
def test_an_account_that_cannot_be_made_is_refused_with_its_reason(
    shop: CommandLine, words: tuple[str, ...], code: str
) -> None:
    """And none is made."""
    assert shop.refused("account", "create", *words)[0] == code
    assert len(shop.json("account", "list")) == 1


def test_accounts_are_listed_with_their_balances(shop: CommandLine) -> None:
    """For a program and for a person."""
    assert shop.json("account", "list") == [
        {
            "id": 1,
            "name": "Salon Exemple",
            "country": "FR",
            "locked": False,
            "available": 100,
            "reserved": 0,
            "spent": 0,
            "settings": dict.fromkeys(("language", "reply_email", "notice_email", "identity", "auto_reply"))
            | {"require_consent": False},
        }
    ]
    assert "Salon Exemple" in shop("account", "list").stdout


def test_credits_are_given_and_taken_back(shop: CommandLine) -> None:
    """By name or by id; more than there is cannot be taken."""
    assert shop.json("account", "credit", "Salon Exemple", "50")["available"] == 150
    assert shop("account", "credit", "1", "--", "-30").stdout == "Salon Exemple has 120 credits to use.\n"
    assert shop.refused("account", "credit", "1", "--", "-500")[0] == "too_many"
    assert shop.refused("account", "credit", "1", "0")[0] == "zero"


def test_a_token_is_made_and_revoked(shop: CommandLine) -> None:
    """By its last four characters."""
    secret = shop("account", "token", "Salon Exemple", "--name", "till").stdout.strip()
    assert secret.startswith("hub_live_")
    assert shop.json("account", "token", "1", "--revoke", secret[-4:]) == {"id": 1, "revoked": 1}
    assert shop("account", "token", "1", "--revoke", secret[-4:]).stdout == "0 token(s) of Salon Exemple revoked.\n"
    assert shop.json("account", "token", "1").keys() == {"id", "token"}


def test_a_token_is_for_what_it_is_said_to_be_for(shop: CommandLine) -> None:
    """In the words of the API, for so many days, and from there only."""
    words = ("--scope", "send", "--days", "30", "--network", "192.0.2.0/24")
    assert shop.json("account", "token", "1", *words).keys() == {"id", "token"}


def test_an_account_is_locked_and_let_in_again(shop: CommandLine) -> None:
    """A locked one is listed as such."""
    assert shop("account", "lock", "1").stdout == "Salon Exemple is locked.\n"
    assert shop.json("account", "list")[0]["locked"] is True
    assert shop.json("account", "lock", "1", "--unlock") == {"id": 1, "locked": False}


def test_the_books_agree(shop: CommandLine) -> None:
    """Until somebody changes a balance behind the ledger's back."""
    assert shop("account", "audit").stdout == "Every balance is the sum of its entries.\n"
    assert shop.json("account", "audit") == {"differences": []}


@pytest.mark.parametrize(
    "words",
    [
        ("account", "credit", "nobody", "1"),
        ("account", "token", "nobody"),
        ("account", "lock", "nobody"),
        ("account", "user", "nobody", "a@b.c", "--password", "four words do well"),
        ("suppression", "add", "0612345678", "--account", "nobody"),
        ("suppression", "list", "--account", "nobody"),
        ("send", "--to", "0612345678", "--text", "x", "--account", "nobody"),
        ("messages", "--account", "nobody"),
        ("cancel", "x", "--account", "nobody"),
    ],
)
def test_an_unknown_account_is_named(shop: CommandLine, words: tuple[str, ...]) -> None:
    """In a sentence on standard error, in JSON on standard output; the exit code is 1."""
    assert shop.refused(*words) == ("not_found", NOBODY)
    result = shop(*words)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{NOBODY}\n")


NEED_AN_ACCOUNT = [
    ("suppression", "add", "0612345678"),
    ("suppression", "list"),
    ("send", "--to", "0612345678", "--text", "x"),
    ("messages",),
    ("cancel", "x"),
]


@pytest.mark.parametrize("words", NEED_AN_ACCOUNT)
def test_without_any_account_it_is_said_how_to_make_one(cli: CommandLine, words: tuple[str, ...]) -> None:
    """Rather than failing oddly."""
    assert cli.refused(*words) == ("none", "There is no account yet; `hub account create` makes one.")


@pytest.mark.parametrize("words", NEED_AN_ACCOUNT)
def test_of_several_accounts_one_must_be_named(shop: CommandLine, words: tuple[str, ...]) -> None:
    """Nobody's credits are spent by guessing."""
    shop.json("account", "create", "--name", "Another")
    assert shop.refused(*words) == ("which", "There are several accounts; say which one with --account NAME.")


def test_a_number_is_suppressed_once(shop: CommandLine) -> None:
    """However it is written."""
    said = [
        shop("suppression", "add", number, "--note", "by phone").stdout for number in ("0612345678", "+33612345678")
    ]
    assert said == [
        "+33612345678 will not be texted for Salon Exemple.\n",
        "+33612345678 was suppressed already.\n",
    ]
    (listed,) = shop.json("suppression", "list")
    assert listed.keys() == {"number", "kind", "at", "source", "note", "text", "campaign_id"}
    assert (listed["number"], listed["kind"], listed["source"], listed["note"]) == (
        "+33612345678",
        "opt_out",
        "hand",
        "by phone",
    )
    assert "+33612345678" in shop("suppression", "list").stdout


@pytest.mark.parametrize(("number", "code"), [("abc", "unparsable"), ("0123", "length"), ("", "empty")])
def test_what_is_no_number_cannot_be_suppressed(shop: CommandLine, number: str, code: str) -> None:
    """The reason is that of the parser."""
    assert shop.refused("suppression", "add", number)[0] == code
