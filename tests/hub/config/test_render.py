"""hub.ini as it is shipped, and what is in force."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from hub.cli import hub
from hub.compliance.overrides import KEYS
from hub.config.ini import parse_ini
from hub.config.render import render_effective, render_example, text_of
from hub.config.schema import Section, unquote
from hub.config.sections import CORE_SECTIONS, RouteSection

if TYPE_CHECKING:
    from hub.config.settings import Settings

    from .conftest import Read

SHIPPED = Path(__file__).parents[3] / "hub.ini"


def told(settings: Settings) -> list[object]:
    """Everything that settings say, whoever said it."""
    return [
        *(getattr(settings, name) for name in CORE_SECTIONS),
        settings.plugin_sections,
        settings.connectors,
        settings.routes,
        settings.overrides,
    ]


def test_the_shipped_hub_ini_is_what_the_command_prints() -> None:
    """Renewed by `hub config --example > hub.ini`, never by hand."""
    printed = CliRunner().invoke(hub, ["config", "--example"]).output
    assert SHIPPED.read_text(encoding="utf-8") == printed


def test_the_example_changes_nothing(read: Read, plugin_models: dict[str, type[Section]]) -> None:
    """As it stands."""
    assert told(read(render_example({**CORE_SECTIONS, **plugin_models}))) == told(read(""))


def test_without_its_semicolons_the_example_changes_nothing_either(
    read: Read, plugin_models: dict[str, type[Section]]
) -> None:
    """So each key stands at its default, written as the key takes it."""
    text = render_example({**CORE_SECTIONS, **plugin_models})
    assert told(read(re.sub("^;", "", text, flags=re.MULTILINE))) == told(read(""))


def test_the_worked_examples_can_be_copied(read: Read) -> None:
    """Two carriers and two routes, and a country's rule."""
    text = render_example(CORE_SECTIONS).replace("type = console", "type = sandbox")
    settings = read("\n".join(re.findall(r"^#   (\S.*)$", text, flags=re.MULTILINE)))
    assert ([*settings.routes], [*settings.overrides], settings.warnings) == (["alerts", "rest"], ["FR"], ())


@pytest.mark.parametrize("name", [*CORE_SECTIONS])
def test_every_section_and_key_is_in_the_example(name: str) -> None:
    """Once, below its section."""
    section = render_example(CORE_SECTIONS).partition(f"\n[{name}]\n")[2].partition("\n\n")[0]
    keys = [key for key in CORE_SECTIONS[name].model_fields if key != CORE_SECTIONS[name].country_keys]
    assert re.findall(r"^;(\w+) =", section, flags=re.MULTILINE) == keys


def test_every_key_of_a_country_is_in_the_example() -> None:
    """The rules that `[compliance.XX]` changes are listed elsewhere."""
    assert [key for key in KEYS if not re.search(rf"\b{key}\b", render_example(CORE_SECTIONS))] == []


def test_every_key_of_a_route_is_in_the_example() -> None:
    """Below the route that holds when none is named."""
    route = render_example(CORE_SECTIONS).partition(";[route.default]\n")[2]
    assert re.findall(r"^;(\w+) =", route, flags=re.MULTILINE) == [*RouteSection.model_fields]


def test_no_line_of_the_example_is_too_long() -> None:
    """A terminal of 120 columns shows it."""
    assert [line for line in render_example(CORE_SECTIONS).splitlines() if len(line) > 120] == []


class Colour(StrEnum):
    """A closed set."""

    RED = "red"
    BLUE = "blue"


class EveryKind(Section):
    """One key of each kind."""

    colour: Colour = Field(default=Colour.RED, description="An enum.")
    word: Literal["a", "b", "c"] = Field(default="a", description="A literal.")
    low: int = Field(default=1, ge=1, description="A number with a floor.")
    high: float = Field(default=0.5, lt=2, description="A number with a ceiling")
    wait: timedelta = Field(default=timedelta(minutes=1), description="A duration.")
    needed: str = Field(description="A key without a default.")
    said: str = Field(default="x", alias="from", description="A key that is a word of Python's.")


def test_a_plugins_section_is_explained_like_the_cores() -> None:
    """With what each key takes."""
    assert render_example({"kinds": EveryKind}).partition("[kinds]\n")[2].partition("\n\n")[0].splitlines() == [
        "# An enum (red or blue).",
        ";colour = red",
        "# A literal (a, b or c).",
        ";word = a",
        "# A number with a floor (from 1 up).",
        ";low = 1",
        "# A number with a ceiling (below 2).",
        ";high = 0.5",
        "# A duration.",
        ";wait = PT1M",
        "# A key without a default.",
        ";needed =",
        "# A key that is a word of Python's.",
        ";from = x",
    ]


def test_the_keys_of_a_type_of_connector_are_explained_too() -> None:
    """Below a connector of that type, behind what holds when none is named."""
    text = render_example({}, {"kinds": EveryKind})
    kinds = text.partition(";[route.default]\n")[2].partition(";[connector.kinds]\n")[2]
    assert kinds.startswith(";type = kinds\n# An enum (red or blue).\n;colour = red\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (60.0, "60"),
        (0.1, "0.1"),
        (("FR", "BE"), "FR, BE"),
        (Path("/a"), "/a"),
        (SecretStr("x"), "********"),
        (SecretStr(""), ""),
        (" a", '" a"'),
        ('"a"', '""a""'),
    ],
)
def test_a_value_is_written_as_hub_ini_has_it(value: object, text: str) -> None:
    """Or masked."""
    assert text_of(value) == text


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_a_written_text_is_read_again_as_it_was(text: str) -> None:
    """Spaces and quotes included."""
    (entry,) = parse_ini(f"[a]\nkey = {text_of(text)}", "hub.ini").entries
    assert entry.value == text == unquote(text_of(text))


WRITTEN = """\
[hub]
redis_url = redis://:hidden@h
[compliance]
FR = FR-af2m-2026
[compliance.BE]
end = 19:00
[senders]
BE = 8850
[mail_to_sms]
token = hidden
domains = a.fr, b.fr
[connector.c]
type = carrier
host = h
password = hidden
[connector.s]
type = sandbox
[route.r]
connector = c
rate = 2.5
"""


def test_what_is_in_force_is_a_hub_ini_that_says_the_same(read: Read) -> None:
    """But for its secrets."""
    settings = read(WRITTEN.replace("hidden", "********"))
    assert told(read(render_effective(settings))) == told(settings)


def test_what_is_in_force_hides_secrets(read: Read) -> None:
    """All three of them, and says that they are there."""
    text = render_effective(read(WRITTEN))
    assert ("hidden" in text, text.count("********")) == (False, 3)


def test_settings_shown_by_python_hide_secrets(read: Read) -> None:
    """Tracebacks and debuggers show them so."""
    assert "hidden" not in repr(read(WRITTEN))


def test_what_is_in_force_says_where_it_comes_from(read: Read, tmp_path: Path) -> None:
    """Above each value that someone wrote."""
    text = render_effective(read("[web]\nport = 81", {"HUB_WEB_HOST": "::1"}))
    assert f"# HUB_WEB_HOST\nhost = ::1\n# {tmp_path / 'hub.ini'}:2\nport = 81\nthreads = 12\n" in text
