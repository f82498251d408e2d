"""`hub carrier`: the addresses to give to a carrier, and the presets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from hub.cli import hub
from hub_http_carrier.definition import preset_names, preset_path

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SECRET = "0123456789abcdefghij"
INI = f"""\
[hub]
redis_url = none
public_url = https://hub.example
[connector.main]
type = http
preset = ovh
callback_secret = {SECRET}
[route.all]
connector = main
"""


def run(folder: Path, *words: str, ini: str = INI) -> Result:
    """Run `hub` beside a hub.ini with a carrier."""
    path = folder / "hub.ini"
    path.write_text(ini)
    return CliRunner().invoke(hub, ["--config", str(path), *words])


def test_the_addresses_of_a_carrier_are_printed(tmp_path: Path) -> None:
    """With the secret in them: they are for the carrier's dashboard."""
    done = run(tmp_path, "carrier", "urls", "main")
    wanted = [f"{kind}: https://hub.example/carriers/main/{SECRET}/{kind}" for kind in ("receipts", "inbound")]
    assert (done.exit_code, done.stdout.splitlines()) == (0, wanted)


def test_the_addresses_come_as_json_too(tmp_path: Path) -> None:
    """By what the carrier calls about."""
    done = run(tmp_path, "carrier", "urls", "main", "--json")
    assert json.loads(done.stdout).keys() == {"receipts", "inbound"}


@pytest.mark.parametrize(
    ("name", "ini", "sentence"),
    [
        ("other", INI, "No HTTP carrier is named 'other'; there is main."),
        ("main", INI.replace("public_url = https://hub.example\n", ""), "write [hub] public_url"),
    ],
)
def test_addresses_that_cannot_be_known_are_refused(tmp_path: Path, name: str, ini: str, sentence: str) -> None:
    """With a sentence on what is missing."""
    done = run(tmp_path, "carrier", "urls", name, ini=ini)
    assert (done.exit_code, sentence in done.output) == (1, True)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_printed_as_it_is(name: str) -> None:
    """To begin a definition with."""
    done = CliRunner().invoke(hub, ["carrier", "preset", name])
    assert done.stdout == preset_path(name).read_text()


def test_presets_are_listed() -> None:
    """When none is named."""
    assert CliRunner().invoke(hub, ["carrier", "preset"]).stdout.split() == preset_names()


def test_a_preset_that_is_none_is_refused() -> None:
    """With those that there are."""
    done = CliRunner().invoke(hub, ["carrier", "preset", "nobody"])
    assert (done.exit_code, "there are ovh, smsfactor, twilio, vonage" in done.output) == (1, True)
