"""What plugins import: light, complete, and nothing that is not promised."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

import pytest

import hub
from hub import plugin_kit
from hub.bootstrap import Core

HEAVY = ("sqlalchemy", "flask", "phonenumbers", "pydantic", "redis", "rq", "alembic", "requests", "holidays")
"""Libraries that whoever needs them imports."""

_NAME_THE_HEAVY = f"import sys; print(sorted(sys.modules.keys() & set({HEAVY!r})))"
_HELP = """
from contextlib import suppress
from hub.cli import main
sys.argv = ["hub", {words}]
with suppress(SystemExit):
    main()
"""


def heavy_after(code: str) -> str:
    """What a fresh interpreter has loaded once it has run some code, as the last line that it prints."""
    script = f"import sys\n{code}\n{_NAME_THE_HEAVY}"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PATH": ""})
    return ran.stdout.splitlines()[-1]


def test_importing_hub_loads_no_heavy_library() -> None:
    """A plugin that only wants the values does not pay for the database."""
    assert heavy_after("import hub") == "[]"


def test_importing_the_plugin_kit_loads_no_heavy_library() -> None:
    """Its names are fetched when they are asked for."""
    assert heavy_after("import hub.plugin_kit") == "[]"


@pytest.mark.parametrize("words", ["'--help'", "'--version'", "'explain', '--help'"])
def test_the_help_loads_no_heavy_library(words: str) -> None:
    """It lists the plugins' commands, too, and is quick all the same."""
    assert heavy_after(_HELP.format(words=words)) == "[]"


@pytest.mark.parametrize("name", hub.__all__)
def test_a_promised_name_is_there(name: str) -> None:
    """What `hub` lists can be imported from it."""
    assert hasattr(hub, name)


@pytest.mark.parametrize("name", plugin_kit.__all__)
def test_a_name_of_the_plugin_kit_is_there(name: str) -> None:
    """Each is fetched from its room."""
    assert getattr(plugin_kit, name).__name__ == name if name != "TextList" else plugin_kit.TextList


def test_the_plugin_kit_has_no_other_names() -> None:
    """A name it does not promise is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="Store"):
        _ = plugin_kit.Store


def test_no_name_is_promised_twice() -> None:
    """Two people who add a name see each other's."""
    assert sorted(set(hub.__all__)) == sorted(hub.__all__)
    assert sorted(set(plugin_kit.__all__)) == sorted(plugin_kit.__all__)


def test_the_running_hub_has_all_that_plugins_are_promised() -> None:
    """Every member of `Hub` is one of what is running."""
    promised = {name for name in (*dir(hub.Hub), *hub.Hub.__annotations__) if not name.startswith("_")}
    has = {*dir(Core), *(one.name for one in fields(Core))}
    assert promised - has == set()
    assert "accept" in promised
