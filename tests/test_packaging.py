"""What the wheel carries: built as pip builds it, from the tree as it stands."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from email import message_from_string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.version import __version__

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "hub": "hub",
    "hub_mail_to_sms": "plugins",
    "hub_smsfactor_api": "plugins",
    "hub_console": "connectors",
    "hub_http_carrier": "connectors",
    "hub_sandbox": "connectors",
    "hub_smpp": "connectors",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    quiet = ("--quiet", "--disable-pip-version-check")
    how = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *quiet, *how, str(ROOT)], check=True, timeout=90)
    (built,) = folder.glob("textohub-*.whl")
    return zipfile.ZipFile(built)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_in_the_wheel(wheel: zipfile.ZipFile, package: str) -> None:
    """Data files and migrations included: countries.toml, script.py.mako, py.typed."""
    home = ROOT / PACKAGES[package] if PACKAGES[package] != package else ROOT
    wanted = {
        path.relative_to(home).as_posix()
        for path in (home / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert f"{package}/py.typed" in wanted
    assert wanted - set(wheel.namelist()) == set()


def test_what_is_read_at_run_time_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """The law, the first tables, and the template of later ones."""
    wanted = {
        "hub/compliance/countries.toml",
        "hub/store/migrations/script.py.mako",
        "hub/store/migrations/env.py",
        "hub/store/migrations/versions/core_0001.py",
        "hub_mail_to_sms/migrations/versions/mail_to_sms_0001.py",
    }
    assert wanted - set(wheel.namelist()) == set()


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """No tests, no caches, no database: the packages and their metadata."""
    metadata = f"textohub-{__version__}.dist-info"
    strangers = [name for name in wheel.namelist() if name.partition("/")[0] not in {*PACKAGES, metadata}]
    litter = [name for name in wheel.namelist() if name.endswith((".pyc", ".db", ".ini")) or "/test_" in name]
    assert strangers + litter == []


def test_every_bundled_plugin_and_connector_is_packaged_and_registered() -> None:
    """A new folder under plugins/ or connectors/ that pyproject.toml forgets would never be installed."""
    folders = {path.parent for home in ("plugins", "connectors") for path in (ROOT / home).glob("*/__init__.py")}
    settings = _pyproject()
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {path.relative_to(ROOT).as_posix() for path in folders} == set(packages) - {"hub"}
    groups = settings["project"]["entry-points"]
    registered = {name for group in ("hub.plugins", "hub.connectors") for name in groups[group].values()}
    assert registered == {path.name for path in folders}


def test_the_entry_points_of_the_wheel_lead_somewhere(wheel: zipfile.ZipFile) -> None:
    """`hub` is a command, and each plugin a module of the wheel that says which API it is for."""
    found = ConfigParser()
    found.read_string(wheel.read(f"textohub-{__version__}.dist-info/entry_points.txt").decode())
    assert dict(found["console_scripts"]) == {"hub": "hub.cli:main"}
    assert "main" in _names_in(wheel, "hub/cli/__init__.py")
    for group in ("hub.plugins", "hub.connectors"):
        for package in found[group].values():
            assert "hub_api" in _names_in(wheel, f"{package}/__init__.py"), package


def test_the_metadata_is_that_of_the_project(wheel: zipfile.ZipFile) -> None:
    """Version from the code, licence with its text, extras under the names the documentation uses."""
    metadata = _metadata(wheel)
    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == ("textohub", __version__, "MIT")
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) >= {"embedded", "postgres", "dkim"}
    assert f"textohub-{__version__}.dist-info/licenses/LICENSE" in wheel.namelist()
    assert "# textohub" in str(metadata.get_payload())


def test_what_the_code_imports_is_among_the_dependencies(wheel: zipfile.ZipFile) -> None:
    """A library that comes only with another one goes with it, too."""
    declared = {_distribution(line) for line in _metadata(wheel).get_all("Requires-Dist", []) if "test" not in line}
    tree = [name for name in wheel.namelist() if name.endswith(".py") and not name.startswith("hub/testing/")]
    imported = {module for name in tree for module in _third_party(wheel.read(name).decode())}
    assert {module: DISTRIBUTIONS.get(module, module) for module in imported if not _comes_with(module, declared)} == {}


def test_import_directions_are_kept_by_contracts() -> None:
    """`make lint` runs them; here only that they are there, and speak of every package."""
    linter = _pyproject()["tool"]["importlinter"]
    assert set(linter["root_packages"]) == set(PACKAGES)
    assert {contract["type"] for contract in linter["contracts"]} >= {"layers", "forbidden", "independence"}


DISTRIBUTIONS = {
    "annotated_types": "pydantic",
    "argon2": "argon2-cffi",
    "authres": "authheaders",
    "dkim": "authheaders",
    "dns": "authheaders",
    "flask_openapi3": "flask-openapi3",
    "fpdf": "fpdf2",
    "mailparser_reply": "mail-parser-reply",
    "prometheus_client": "prometheus-client",
    "ulid": "python-ulid",
    "pydantic_core": "pydantic",
    "werkzeug": "flask",
    "pytest": "textohub",
}
"""Modules whose distribution has another name, or is promised by one that is declared."""


def _comes_with(module: str, declared: set[str]) -> bool:
    return DISTRIBUTIONS.get(module, module).replace("_", "-") in declared


def _third_party(source: str) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module)
    tops = {module.partition(".")[0] for module in modules}
    return {top for top in tops if top not in sys.stdlib_module_names and top not in PACKAGES}


def _distribution(requirement: str) -> str:
    name = requirement.partition(";")[0]
    for mark in "[(<>=!~ ":
        name = name.partition(mark)[0]
    return name.lower().replace("_", "-")


def _names_in(wheel: zipfile.ZipFile, path: str) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(wheel.read(path).decode()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _metadata(wheel: zipfile.ZipFile) -> Message:
    return message_from_string(wheel.read(f"textohub-{__version__}.dist-info/METADATA").decode())


@cache
def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
