"""What a plugin does in the middle of a command (F31)."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

MODULE = "plugin_of_a_command_test"
SOURCE = """
import click, os, sys
from hub import hookimpl
hub_api = 1

@click.command()
def greet():
    {deed}

@hookimpl
def hub_register_commands(registry):
    print("I register")
    registry.add_command(greet)

@hookimpl
def hub_account_details(hub, account):
    print("I am asked")
    {deed}
    return {{"shop": "open"}}
"""


class Installer(Protocol):
    """Installs a plugin called `rude` that does this in its command and in its details."""

    def __call__(self, deed: str) -> None:
        """Install it."""
        ...


@pytest.fixture
def install(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Installer:
    """Install the plugin, beside the hub's connectors."""
    monkeypatch.syspath_prepend(cli.folder)

    def write(deed: str) -> None:
        (cli.folder / f"{MODULE}.py").write_text(SOURCE.format(deed=deed))
        monkeypatch.delitem(sys.modules, MODULE, raising=False)
        rude = EntryPoint("rude", MODULE, "hub.plugins")
        found = {"hub.plugins": [rude], "hub.connectors": entry_points(group="hub.connectors")}
        monkeypatch.setattr("hub.plugin_manager.entry_points", lambda group: found[group])

    return write


def test_a_command_that_raises_names_its_plugin(install: Installer, cli: CommandLine) -> None:
    """In a sentence, with the exit code of a failure."""
    install("raise RuntimeError('no licence')")
    result = cli("greet")
    said = "The command greet of plugin rude failed (RuntimeError: no licence)."
    assert (result.exit_code, said in result.stderr, result.stdout) == (1, True, "")


def test_what_hooks_print_does_not_spoil_an_answer_in_json(install: Installer, cli: CommandLine) -> None:
    """It is on standard error."""
    install("pass")
    answer = cli.json("account", "create", "--name", "Salon Exemple")
    assert (answer["name"], answer["shop"]) == ("Salon Exemple", "open")


@pytest.mark.parametrize("deed", ["raise RuntimeError('no licence')", "sys.exit('bye')", "os.fork() and os.wait()"])
def test_a_command_of_the_hub_goes_on_once_whatever_a_plugin_does(
    install: Installer, cli: CommandLine, deed: str
) -> None:
    """It ends the process, or makes two of it: there is one account, and one answer."""
    install(deed)
    assert cli.json("account", "create", "--name", "Salon Exemple")["name"] == "Salon Exemple"
    assert len(cli.json("account", "list")) == 1
