"""A stranger's plugin, installed beside the hub as anyone would: with pip, and nothing of it in the hub's tree."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.testing.databases import URL_VARIABLE
from hub.testing.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases

SOURCE = Path(__file__).parent / "sample_plugin"
WITHIN_S = 30.0
_ITS_OWN = ("-c", str(SOURCE / "pyproject.toml"), f"--rootdir={SOURCE}", str(SOURCE / "tests"))


@dataclass(frozen=True)
class Installed:
    """The plugin in a folder of its own, and a hub that finds it there."""

    target: Path
    home: Path
    environ: dict[str, str]

    def run(self, *words: str, code: int = 0, **variables: str) -> Any:
        """Run `hub WORDS --json` and give its answer; it must end with that exit code."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "hub", *words, "--json"],
            cwd=self.home,
            env=self.environ | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the plugin: without the network, and outside the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("site")
    quiet = ("--quiet", "--disable-pip-version-check")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "install", *quiet, *offline, str(SOURCE)], check=True, timeout=60)
    return folder


@pytest.fixture
def installed(target: Path, tmp_path: Path) -> Installed:
    """A hub with the plugin and an empty data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return Installed(
        target,
        tmp_path,
        kept
        | {
            "PYTHONPATH": str(target),
            "HUB_HUB_DATA_DIR": str(tmp_path / "data"),
            "HUB_HUB_REDIS_URL": "none",
            "HUB_WEB_PORT": str(free_port()),
            "HUB_MAIL_TO_SMS_PORT": str(free_port()),
        },
    )


@pytest.fixture
def serving(installed: Installed) -> Iterator[Installed]:
    """The same, with `hub serve` running."""
    with (installed.home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hub", "serve"],
            cwd=installed.home,
            env=installed.environ,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), (installed.home / "serve.log").read_text()
        yield installed
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_it_imports_nothing_of_the_hub_but_what_is_promised_to_plugins() -> None:
    """`hub`, `hub.plugin_kit`, `hub.testing`: the rest of the hub may change from one day to the next."""
    promised = ("hub", "hub.plugin_kit", "hub.testing")
    imported = {name for path in SOURCE.rglob("*.py") for name in _imports(path) if name.partition(".")[0] == "hub"}
    assert imported
    assert {name for name in imported if name not in promised and not name.startswith("hub.testing.")} == set()


def test_its_own_tests_pass_where_it_is_installed(installed: Installed, databases: Databases) -> None:
    """On both databases, with what `hub.testing` gives to plugin authors."""
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *_ITS_OWN,
            f"--basetemp={installed.home}/own",
        ],
        cwd=installed.home,
        env=installed.environ | {URL_VARIABLE: databases.fresh("postgresql")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout


def test_the_hub_lists_it_among_its_plugins(installed: Installed) -> None:
    """Active, in its own version, with the hooks it implements."""
    (status,) = (one for one in installed.run("plugins") if one["name"] == "discreet")
    assert (status["state"], status["version"]) == ("active", "1.0.0")
    assert set(status["hooks"]) == _hooks_in(SOURCE / "hub_discreet" / "__init__.py")


def test_its_tables_come_with_the_hub_s_own(installed: Installed) -> None:
    """`hub db upgrade` applies both branches; `hub db status` has nothing left to ask for."""
    assert "discreet_0001" in installed.run("db", "status", code=1)["missing"]
    current = installed.run("db", "upgrade")["current"]
    assert {one.rpartition("_")[0] for one in current} >= {"core", "discreet"}
    assert installed.run("db", "status")["missing"] == []


def test_hub_check_reads_its_section(installed: Installed) -> None:
    """A value out of bounds is named as one of the core's would be; a right one is none of its business."""
    installed.run("db", "upgrade")
    assert installed.run("check", HUB_DISCREET_KEEP_DAYS="30")["ok"] is True
    found = installed.run("check", code=2, HUB_DISCREET_KEEP_DAYS="0")["findings"]
    assert [one["where"] for one in found if one["fatal"]] == ["HUB_DISCREET_KEEP_DAYS"]


def test_it_blocks_a_text_that_says_too_much(installed: Installed) -> None:
    """The sender is told which word it was, and nothing is stored or paid."""
    made = installed.run("account", "create", "--name", "Cabinet", "--country", "FR", "--credits", "5")
    refused = installed.run("send", "--alert", "--to", "0612345678", "--text", "Votre biopsie est prête", code=1)
    assert (made["kept_back"], refused["error"]["code"]) == ("0", "telling_word")
    assert "biopsie" in refused["error"]["message"]
    assert installed.run("account", "list")[0]["available"] == 5


@pytest.mark.slow
def test_it_counts_in_a_hub_that_runs_and_shows_it_in_three_ways(serving: Installed) -> None:
    """A text goes its way to `delivered`; the notices count, the periodic job runs, command and web tell."""
    token = serving.run("account", "create", "--name", "Cabinet", "--country", "FR", "--credits", "5")["token"]
    serving.run("send", "--alert", "--to", "0612345678", "--text", "Votre rendez-vous est demain")
    shown = serving.run("discreet", "counts")
    give_up_at = time.monotonic() + WITHIN_S
    while (shown["cleared_out_at"] is None or "delivered" not in shown["counts"]) and time.monotonic() < give_up_at:
        shown = serving.run("discreet", "counts")
    assert shown["cleared_out_at"] is not None
    assert shown["counts"] == {"delivered": 1, "submitted": 1}
    address = f"http://127.0.0.1:{serving.environ['HUB_WEB_PORT']}/discreet/counts"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own hub
        assert json.load(answer) == shown["counts"]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _hooks_in(path: Path) -> set[str]:
    functions = (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))
    return {function.name for function in functions if function.name.startswith("hub_")}
