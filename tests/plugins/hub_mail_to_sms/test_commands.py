from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from click.testing import CliRunner

from hub.cli import hub
from hub.cli.shared import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Call]:
    """Call `hub` with a hub.ini of the test's own, and two accounts in it."""
    ini = tmp_path / "hub.ini"
    ini.write_text("[hub]\ndata_dir = data\nredis_url = none\n[mail_to_sms]\ndomain = sms.example.org\n")
    handlers, level, config = logging.getLogger().handlers[:], logging.getLogger().level, structlog.get_config()

    def run(*words: str) -> Result:
        return CliRunner().invoke(hub, ["--config", str(ini), *words], obj=Session(ini))

    assert run("account", "create", "--name", "Salon Exemple", "--country", "FR").exit_code == 0
    yield run
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    structlog.configure(**config)


def answer(result: Result) -> dict[str, Any]:
    """What a command answered in JSON."""
    answered: dict[str, Any] = json.loads(result.stdout)
    return answered


def test_the_address_is_shown(call: Call) -> None:
    """Alone on its line, to be copied."""
    result = call("mail", "address")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert result.stdout.strip().endswith("@sms.example.org")


def test_the_address_is_the_one_that_the_account_was_created_with(call: Call) -> None:
    """`hub account create` has shown it already."""
    created = answer(call("account", "create", "--name", "Another", "--country", "FR", "--json"))
    shown = answer(call("mail", "address", "--account", "Another", "--json"))
    assert shown == {"account": int(created["id"]), "mail_address": created["mail_address"]}


def test_the_address_is_renewed(call: Call) -> None:
    """And shown from then on."""
    old = call("mail", "address").stdout
    new = call("mail", "address", "--renew").stdout
    assert old != new
    assert call("mail", "address").stdout == new


def test_with_two_accounts_the_command_asks_which(call: Call) -> None:
    """It does not choose one."""
    call("account", "create", "--name", "Another", "--country", "FR")
    result = call("mail", "address")
    assert result.exit_code == 1
    assert "--account" in result.stderr


def test_an_unknown_account_is_named(call: Call) -> None:
    """With what would help."""
    result = call("mail", "address", "--account", "Nobody", "--json")
    assert result.exit_code == 1
    assert "Nobody" in answer(result)["error"]["message"]


def test_senders_are_trusted_and_listed(call: Call) -> None:
    """Every call shows all of them."""
    call("mail", "allow", "boss@salon.example")
    result = call("mail", "allow", "Accueil@Salon.Example", "--json")
    assert answer(result)["senders"] == ["accueil@salon.example", "boss@salon.example"]


def test_a_sender_is_removed(call: Call) -> None:
    """And the list is empty."""
    call("mail", "allow", "boss@salon.example")
    result = call("mail", "allow", "boss@salon.example", "--remove")
    assert (result.exit_code, result.stdout) == (0, "No sender is trusted.\n")


def test_removing_a_stranger_says_so(call: Call) -> None:
    """A typing error does not pass for done."""
    result = call("mail", "allow", "bos@salon.example", "--remove")
    assert result.exit_code == 1
    assert "bos@salon.example was not trusted" in result.stderr


def test_what_is_no_address_is_refused(call: Call) -> None:
    """With its reason."""
    result = call("mail", "allow", "boss")
    assert (result.exit_code, result.stderr) == (1, "SENDER: 'boss' is not an e-mail address.\n")


def test_senders_that_nobody_asks_for_are_noted(call: Call) -> None:
    """The list counts with accept = verified only."""
    result = call("mail", "allow", "boss@salon.example")
    assert "accept is not verified" in result.stderr
