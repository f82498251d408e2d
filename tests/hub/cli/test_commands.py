"""The command line as a whole: its commands, those of plugins, and what it says when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import click
import pytest

from hub import hookimpl
from hub.cli import COMMANDS, hub
from hub.errors import HubError

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Registry
    from tests.hub.cli.conftest import CommandLine


class Greeter:
    """A plugin with commands, one of which has a name that is taken."""

    hub_api = 1

    @hookimpl
    def hub_register_commands(self, registry: Registry) -> None:
        """Bring them."""
        registry.add_command(click.Command("greet", callback=lambda: click.echo("Bonjour"), help="Say hello."))
        registry.add_command(click.Command("serve", callback=lambda: click.echo("I serve now")))
        registry.add_command(click.Command("stumble", callback=stumble))


def stumble() -> None:
    """Fail, as a command may."""
    raise HubError("It is raining.")


@pytest.fixture
def with_plugin(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line with that plugin installed."""
    monkeypatch.setattr(sys.modules[__name__], "plugin", Greeter(), raising=False)
    monkeypatch.setitem(sys.modules, "a_greeter", sys.modules[__name__])
    entry = EntryPoint("greeter", "a_greeter:plugin", "hub.plugins")
    monkeypatch.setattr("hub.plugin_manager.entry_points", lambda *, group: [entry] if group == "hub.plugins" else [])
    return cli


def run(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Call `hub` in a process of its own."""
    environ = {"HUB_HUB_DATA_DIR": str(folder), "HUB_HUB_REDIS_URL": "none", "PATH": ""}
    command = [sys.executable, "-m", "hub", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environ, timeout=30, check=False)


def test_every_command_is_listed_and_has_its_own_help(cli: CommandLine) -> None:
    """With the sentence it begins with."""
    listed = cli("--help").stdout
    for name, (_, sentence) in COMMANDS.items():
        assert f"  {name} " in listed
        assert sentence in listed
        assert cli(name, "--help").stdout.startswith(f"Usage: hub {name}")


def test_the_commands_of_plugins_are_listed_and_called(with_plugin: CommandLine) -> None:
    """Beside the hub's own."""
    assert "Say hello." in with_plugin("--help").stdout
    assert with_plugin("greet").stdout == "Bonjour\n"


def test_a_plugin_cannot_replace_a_command_of_the_hub(with_plugin: CommandLine) -> None:
    """Its command of that name is not to be had."""
    assert with_plugin("--help").stdout.count("  serve ") == 1
    assert "Run everything on this machine" in with_plugin("serve", "--help").stdout


def test_a_plugins_refusal_is_a_sentence(with_plugin: CommandLine) -> None:
    """As the hub's own are."""
    result = with_plugin("stumble")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "It is raining.\n")


def test_an_unknown_command_is_a_mistake_in_the_call(cli: CommandLine) -> None:
    """Exit code 2."""
    result = cli("sned")
    assert (result.exit_code, "No such command 'sned'" in result.stderr) == (2, True)


def test_every_command_can_be_imported() -> None:
    """The table names what there is."""
    context = click.Context(hub)
    assert [name for name in COMMANDS if not isinstance(hub.get_command(context, name), click.Command)] == []


def test_a_broken_plugin_is_named_and_not_in_the_answer(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is for answers: a program that reads JSON goes on reading JSON."""
    broken = EntryPoint("broken", "no_such_module_of_a_plugin", "hub.plugins")
    sandbox = EntryPoint("sandbox", "hub_sandbox", "hub.connectors")
    monkeypatch.setattr(
        "hub.plugin_manager.entry_points", lambda *, group: [one for one in (broken, sandbox) if one.group == group]
    )
    result = cli("account", "list", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "no_such_module_of_a_plugin" in result.stderr
    findings = {one["where"]: one for one in cli.json("check")["findings"]}
    assert findings["plugin broken"]["fatal"] is False
    assert "broken" in cli("plugins").stdout


@pytest.mark.slow
def test_the_installed_command_answers_and_refuses_with_its_exit_code(tmp_path: Path) -> None:
    """0 for yes, 1 for no, 2 for a mistake in the call: what scripts look at."""
    made = run(tmp_path, "account", "create", "--name", "A", "--json")
    refused = run(tmp_path, "account", "create", "--name", "A")
    mistaken = run(tmp_path, "account", "create")
    assert (made.returncode, json.loads(made.stdout)["name"]) == (0, "A")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "There is already an account called 'A'; choose another name.\n"
    assert (mistaken.returncode, mistaken.stderr.startswith("Usage: ")) == (2, True)


@pytest.mark.slow
def test_the_installed_command_explains_a_pipe(tmp_path: Path) -> None:
    """Line for line."""
    result = run(tmp_path, "explain", "number", "--json", stdin="0612345678\nnothing\n")
    assert [json.loads(line)["ok"] for line in result.stdout.splitlines()] == [True, False]


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    """`hub explain ... | head -1` ends quietly."""
    command = [sys.executable, "-m", "hub", "explain", "number", "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("0612345678\n" * 5)
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        _, said = process.communicate("0612345678\n" * 50_000, timeout=30)
    assert "Traceback" not in said
