"""Dockerfile and compose.yaml, read beside the project: what they name must be there.

No container is started: a machine that runs the tests need not have Docker.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hub.cli import hub
from hub.cli.shared import Session
from hub.config.load import load, read_sources
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hub.config.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
SECRET = "postgresql+psycopg://hub:password@postgres/hub"


@dataclass(frozen=True)
class Instruction:
    """One line of the Dockerfile, those continued with a backslash joined."""

    word: str
    rest: str


@cache
def instructions() -> tuple[Instruction, ...]:
    """The Dockerfile, comments left out."""
    lines = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    split = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return tuple(Instruction(word, rest.strip()) for word, _, rest in split)


def of(word: str) -> list[str]:
    """What stands behind every instruction of that kind."""
    return [one.rest for one in instructions() if one.word == word]


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    return dict(pair.split("=", 1) for line in of("ENV") for pair in line.split())


@cache
def compose() -> dict[str, Any]:
    """compose.yaml, its anchors resolved."""
    content: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return content


def services(*, ours: bool) -> dict[str, dict[str, Any]]:
    """The services that run the hub's image, or the others."""
    return {name: one for name, one in compose()["services"].items() if (one["image"] == "textohub") is ours}


@cache
def plugins() -> Plugins:
    """The installed plugins."""
    return Plugins.load(quiet=True)


def settings_of(environ: Mapping[str, str]) -> Settings:
    """What the hub makes of these variables; ConfigError names those it does not know."""
    hub_variables = {name: value for name, value in environ.items() if name.startswith("HUB_")}
    connectors = {name: kind.settings for name, kind in plugins().registry.connectors.items()}
    return load(read_sources(None, hub_variables), plugin_sections=plugins().sections(), connector_types=connectors)


def parse(words: Sequence[str]) -> click.Context:
    """Parse a command line as `hub` does, and run nothing; click.UsageError when there is no such command."""
    context = click.Context(hub, obj=Session())
    command, rest = hub.get_command(context, words[0]), list(words[1:])
    while isinstance(command, click.Group):
        _, command, rest = command.resolve_command(click.Context(command, parent=context), rest)
    if command is None:
        raise click.UsageError(f"no command {words[0]!r}")
    return command.make_context(words[0], rest, parent=context)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every call of `hub` in both files, with where it stands."""
    for word in ("CMD", "HEALTHCHECK"):
        for line in of(word):
            called = json.loads(line[line.index("[") :])
            yield f"Dockerfile {word}", called[1:] if called[0] == "hub" else called
    for name, service in services(ours=True).items():
        yield f"compose {name}", service["command"]
    text = (DOCKER / "compose.yaml").read_text()
    for found in re.findall(r"^#.* run --rm migrate (.*)$", text, re.MULTILINE):
        yield "compose.yaml's comment", found.split()


def test_both_stages_are_one_python_that_the_project_runs_on() -> None:
    """An environment moved to another Python would not start."""
    images = {line.partition(" AS ")[0] for line in of("FROM")}
    assert len(images) == 1
    (version,) = re.findall(r"^python:([\d.]+)-slim$", images.pop())
    assert version in SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])


def test_what_is_copied_is_there_and_let_through() -> None:
    """Every source of a COPY exists in the project and is named by the ignore file's exceptions."""
    copied = [word for line in of("COPY") if not line.startswith("--from") for word in line.split()[:-1]]
    rules = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    let_through = {line.removeprefix("!") for line in rules if line.startswith("!")}
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert set(copied) == let_through


def test_all_that_the_wheel_is_built_of_is_copied() -> None:
    """Every package of pyproject.toml, and the files its metadata reads."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = [*packages, "pyproject.toml", settings["project"]["readme"], "LICENSE"]
    copied = [word for line in of("COPY") if not line.startswith("--from") for word in line.split()[:-1]]
    assert [path for path in needed if not any(fnmatch(path, f"{one}*") for one in copied)] == []


def test_the_lock_file_is_obeyed_and_holds_what_the_extras_need() -> None:
    """Hashes are checked, and the extras of the image install without an index."""
    run = " ".join(of("RUN"))
    assert "--require-hashes --requirement requirements/run.lock" in run
    (extras,) = re.findall(r"--no-index .*\"textohub\[([\w,]+)\]\"", run)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needed = {Requirement(line).name for extra in extras.split(",") for line in declared[extra]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "run.lock").read_text(), re.MULTILINE))
    assert needed - locked == set()


def test_the_image_does_not_run_as_root() -> None:
    """The last USER is one that the image makes, with a folder of its own."""
    user = of("USER")[-1]
    run = " ".join(of("RUN"))
    assert re.search(rf"useradd .*--uid [1-9]\d+ .*{user}\b", run)
    assert f"--owner={user}" in run


def test_the_command_picks_the_process() -> None:
    """`hub` in exec form, so that signals reach it and arguments are commands."""
    assert [json.loads(line) for line in of("ENTRYPOINT")] == [["hub"]]
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["hub"] == "hub.cli:main"


@pytest.mark.parametrize(("where", "words"), list(commands()), ids=[where for where, _ in commands()])
def test_every_command_exists(where: str, words: list[str]) -> None:
    """With its options and their values; a service is one that a plugin brings."""
    context = parse(words)
    assert context.command.name, where
    if words[0] == "service":
        assert words[1] in plugins().registry.services


def test_the_variables_of_the_image_are_settings() -> None:
    """Each is a key of hub.ini; its ports and folder are those that the image opens and owns."""
    settings = settings_of(image_environment())
    mail = settings.plugin_sections["mail_to_sms"]
    assert of("EXPOSE") == [f"{settings.web.port} {dict(mail)['port']}"]
    assert of("VOLUME") == of("WORKDIR")[-1:] == [str(settings.hub.data_dir)]


@pytest.mark.parametrize("name", services(ours=True))
def test_the_variables_of_a_service_are_settings(name: str, tmp_path: Path) -> None:
    """With the files of its secrets read, they make a hub on a database and a Redis that are services too."""
    service = compose()["services"][name]
    environ = image_environment() | service["environment"]
    for variable, path in service["environment"].items():
        if variable.endswith("_FILE"):
            assert path.removeprefix("/run/secrets/") in service["secrets"]
            secret = tmp_path / variable
            secret.write_text(SECRET + "\n")
            environ[variable] = str(secret)
    settings = settings_of(environ)
    hosts = {urlsplit(url).hostname for url in (settings.hub.database_url, settings.hub.redis_url)}
    assert hosts <= services(ours=False).keys()


def test_every_process_has_the_same_settings() -> None:
    """A route that one process does not know would leave its messages waiting."""
    environments = [service["environment"] for service in services(ours=True).values()]
    assert all(one == environments[0] for one in environments)


def test_published_ports_are_those_that_the_hub_listens_on() -> None:
    """And only this machine can reach them, until somebody decides otherwise."""
    published = {name: one["ports"] for name, one in compose()["services"].items() if "ports" in one}
    settings = settings_of(image_environment())
    ports = {"web": settings.web.port, "mail": dict(settings.plugin_sections["mail_to_sms"])["port"]}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in ports.items()}


def test_the_processes_of_a_hub_are_all_there() -> None:
    """One service for each process of `hub serve`, and one that upgrades the database first."""
    started = {" ".join(service["command"]) for service in services(ours=True).values()}
    assert started == {
        "web",
        *(f"service {name}" for name in plugins().registry.services),
        "worker --queue dispatch",
        "worker --queue background",
        "scheduler",
        "db upgrade",
    }


def test_nothing_starts_before_what_it_needs() -> None:
    """The tables are there, the database and Redis answer; whoever is waited for has a way to say so."""
    others = services(ours=False)
    assert all("healthcheck" in service for service in others.values())
    for name, service in services(ours=True).items():
        waits = {needed: how["condition"] for needed, how in service["depends_on"].items()}
        if name == "migrate":
            assert waits == {"postgres": "service_healthy"}
        else:
            assert waits.pop("migrate") == "service_completed_successfully"
            assert waits == dict.fromkeys(others, "service_healthy")


def test_a_process_may_finish_what_it_has_in_hand() -> None:
    """Longer than the longest wait of a stop, and with an init that passes signals on."""
    for name, service in services(ours=True).items():
        assert (service["stop_grace_period"], service["init"]) == ("60s", True), name


def test_volumes_and_secrets_are_declared_and_used() -> None:
    """None is missing, none is left over; the files of secrets are kept out of the repository."""
    mounted = {volume.partition(":")[0] for one in compose()["services"].values() for volume in one.get("volumes", ())}
    held = {secret for one in compose()["services"].values() for secret in one.get("secrets", ())}
    assert mounted == compose()["volumes"].keys()
    assert held == compose()["secrets"].keys()
    folders = {Path(secret["file"]).parent.as_posix() for secret in compose()["secrets"].values()}
    assert folders == {"secrets"}
    assert (DOCKER / ".gitignore").read_text().split() == ["/secrets/"]


def test_the_build_of_the_image_starts_where_its_paths_do() -> None:
    """The context is the root of the project, the Dockerfile this one."""
    build = compose()["services"]["web"]["build"]
    context = (DOCKER / build["context"]).resolve()
    assert context == ROOT.resolve()
    assert (context / build["dockerfile"]).resolve() == (DOCKER / "Dockerfile").resolve()
