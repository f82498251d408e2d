"""The web process: granian accepts connections, and its one worker holds the hub.

The worker is forked: whoever calls `serve` must have no database open, for SQLite answers one that is
carried into another process with corruption.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import structlog

from hub.bootstrap import build
from hub.errors import ConfigError, Fault, HubError
from hub.observe import configure_logging
from hub.processes.heartbeat import Heart
from hub.processes.lifeline import follow
from hub.web.bodies import WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from hub.bootstrap import Core
    from hub.config.settings import Settings
    from hub.web.bridge import Bridge

STOP_WITHIN_S = 20
"""How long requests in hand may take once the process is told to stop."""
MOST_HEADER_BYTES = 64 * 1024
MOST_CONNECTIONS = 4096
LOOK_EVERY_S = 0.02
COLLECT_EVERY_S = 1.0
"""How long a click may wait before it is in the database."""

log = structlog.get_logger(__name__)

_GRANIAN_LOGS_AS_WE_DO: Mapping[str, Any] = {
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def serve(settings: Settings, *, within_s: float = WITHIN_S) -> None:
    """Serve HTTP as `[web]` says, until SIGTERM or SIGINT: then finish the requests in hand, and return.

    `within_s` is how long a client may take over its headers, and over its body, and let a connection lie idle.

    The caller has no database open. Raises ConfigError when the address cannot be had. Leaves by SystemExit(1)
    when the worker ended by itself.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    web = settings.web
    _require_free(settings)
    multiprocessing.set_start_method("fork", force=True)
    server = Granian(
        target="hub",
        address=web.host,
        port=web.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(within_s * 1000), max_buffer_size=MOST_HEADER_BYTES),
        backpressure=connections_within(*resource.getrlimit(resource.RLIMIT_NOFILE)),
        websockets=False,
        workers=1,
        workers_kill_timeout=STOP_WITHIN_S,
        log_level=LogLevels.warning,
        log_dictconfig=dict(_GRANIAN_LOGS_AS_WE_DO),
    )
    server.serve(target_loader=partial(application, settings.path, os.getpid(), within_s), wrap_loader=False)  # type: ignore[arg-type]  # its hints know no RSGI object, its manual does


def connections_within(soft: int, hard: int) -> int:
    """How many connections may be open under these limits on open files; the soft one is raised as far as is of use.

    More of them wait to be accepted: a process without files to open spins, and can neither log nor store.
    """
    wanted = 2 * MOST_CONNECTIONS
    files = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, files // 2)


def application(config: Path | None, parent: int, within_s: float = WITHIN_S) -> Bridge:
    """The application as the server calls it, made inside the worker; it shows signs of life once its door is open.

    The worker ends when `parent` does, and lets go of everything when its main thread ends.
    """
    from hub.web.app import create_app
    from hub.web.bridge import Bridge

    follow(parent)
    core = build(config)
    configure_logging(core.settings.hub.log_level, core.settings.hub.log_format)
    app = create_app(core)
    threading.Thread(target=_keep, args=(core, threading.main_thread()), name="keeper").start()
    return Bridge(app, core.settings.web.threads, within_s=within_s)


def _keep(core: Core, main: threading.Thread) -> None:
    heart = Heart(core.data_dir, "web", core.clock)
    host, port = core.settings.web.host, core.settings.web.port
    while main.is_alive() and not _is_open(host, port):
        main.join(LOOK_EVERY_S)
    if main.is_alive():
        heart.start()
    while main.is_alive():
        main.join(COLLECT_EVERY_S)
        _collect(core)
    core.close()
    heart.stop()


def _collect(core: Core) -> None:
    """Keep the clicks that were noted; while the database is away they wait in their files."""
    try:
        core.click_work.collect()
    except HubError as error:
        log.warning("clicks_wait", error=str(error))
    except Exception:
        log.exception("clicks_not_kept")


def _is_open(host: str, port: int) -> bool:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens everywhere is reached at home
    try:
        socket.create_connection((everywhere.get(host, host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _require_free(settings: Settings) -> None:
    """Refuse an address that somebody listens on: granian would share it, and each would get some requests."""
    web = settings.web
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        message = f"{web.host}:{web.port} cannot be listened on ({error.strerror}); choose another."
        raise ConfigError([Fault(settings.where("web", "port"), "port_not_free", message)]) from error
