"""docs/hooks.md: every hook is there under its signature, says what it may do, and has an example that runs."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from hub import hookspecs
from hub.plugin_manager import Plugins, PluginState

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.registry import Registry
    from hub.testing.hub import TestHub

ROOT = Path(__file__).parent.parent


def _specs() -> dict[str, Callable[..., object]]:
    """The hooks in the order of the source."""
    return {name: spec for name, spec in vars(hookspecs).items() if name.startswith("hub_")}


def _signature(name: str) -> str:
    signature = inspect.signature(_specs()[name])
    parameters = ", ".join(f"{one.name}: {one.annotation}" for one in signature.parameters.values())
    return f"{name}({parameters}) -> {signature.return_annotation}"


@cache
def _hook_sections() -> dict[str, str]:
    text = (ROOT / "docs" / "hooks.md").read_text()
    pieces = re.split(r"^### (.*)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def _example(heading: str) -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```$", _hook_sections()[heading], re.MULTILINE | re.DOTALL)
    return str(code)


def test_every_hook_has_its_heading() -> None:
    """Equal to its signature, in the order of the source."""
    assert list(_hook_sections()) == [_signature(name) for name in _specs()]


@pytest.mark.parametrize("heading", _hook_sections())
def test_every_hook_says_when_it_is_called_and_what_it_may_do(heading: str) -> None:
    """When, whether it may do I/O, and what happens when it raises."""
    section = " ".join(_hook_sections()[heading].split())
    assert [word for word in ("**Called**", "**I/O**", "**If it raises**") if word not in section] == []


def test_every_hook_is_used_by_a_plugin() -> None:
    """A bundled one, a connector, or the sample of a stranger's."""
    homes = (ROOT / "plugins", ROOT / "connectors", ROOT / "tests" / "sample_plugin")
    doors = [path.read_text() for home in homes for path in home.glob("*/__init__.py")]
    used = {name for text in doors for name in re.findall(r"@hookimpl\ndef (hub_\w+)", text)}
    assert _specs().keys() - used == set()


@pytest.mark.parametrize("name", _specs())
def test_the_example_of_every_hook_is_a_plugin(name: str) -> None:
    """It runs, and the hub takes it in with that hook."""
    module = _as_plugin([_signature(name)])
    status = Plugins().add(module, "example")
    assert (status.state, status.detail, status.hooks) == (PluginState.ACTIVE, "", (name,))


def test_the_examples_together_do_what_they_say(make: Callable[..., TestHub]) -> None:
    """One plugin of all of them in a whole hub: asked, told, and called."""
    everything = _as_plugin(list(_hook_sections()))
    plugins = Plugins()
    plugins.add(everything, "everything")
    hub = make(plugins=plugins, settings={"HUB_PRACTICE_PHONE": "0140000000"})
    registry: Registry = hub.core.plugins.registry
    campaign = hub.send()
    hub.drain()
    hub.carrier.report(hub.carrier.taken[0].id)
    said = vars(everything)
    assert said["seen"] == [("Salon Exemple", 1)]
    assert [name for name, _ in said["taken"]] == [f"{campaign.campaign_id}-0"]
    assert said["hub_check_message"](draft=_Draft("see http://example.org")).code == "plain_link"
    assert said["hub_choose_route"](draft=_Draft("hello"), routes=("day", "night_1")) == "night_1"
    assert [finding.where for finding in hub.core.plugins.health(hub.core)] == ["[practice]"]
    assert hub.core.plugins.account_details(hub.core, hub.account) == {"practice_page": f"/practice/{hub.account.id}"}
    registry.jobs["practice_tidy"].run(hub.core)
    watchman = registry.services["watchman"].build(hub.core)
    watchman.start()
    watchman.stop()
    app = Flask(__name__)
    app.register_blueprint(registry.blueprints[0](hub.core))
    assert app.test_client().get("/practice/time").json == {"now": hub.clock.now().isoformat()}
    assert "practice" in registry.commands
    assert "pigeon" in registry.connectors


@dataclass(frozen=True)
class _Draft:
    text: str
    segments: int = 1


def _as_plugin(headings: list[str]) -> ModuleType:
    module = ModuleType("example")
    module.__dict__["hub_api"] = 1
    for heading in headings:
        exec(compile(_example(heading), heading, "exec"), vars(module))  # noqa: S102 - the documentation's own example
    return module
