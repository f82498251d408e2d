"""`hub serve` as a whole: it starts, keeps itself alive, stops in order, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from hub.embedded import socket_path
from hub.testing.ports import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.hub.processes.conftest import Site

pytestmark = pytest.mark.slow

PROCESSES = ("web", "worker-dispatch", "worker-background", "scheduler")


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site with a private Redis, and a port of its own."""
    return make_site(HUB_HUB_REDIS_URL="", HUB_WEB_PORT=str(free_port()), HUB_MAIL_TO_SMS_PORT=str(free_port()))


def serve(site: Site, **environ: str) -> subprocess.Popen[bytes]:
    """Start `hub serve`, and wait until it says that it is ready."""
    before = site.log.count("The hub is ready") if (site.folder / "log").exists() else 0
    process = site.start("serve", **environ)
    assert site.until(lambda: process.poll() is not None or site.log.count("The hub is ready") > before), site.log
    assert process.poll() is None, site.log
    return process


def family(pid: int) -> set[int]:
    """A process and all that it started, and they started."""
    children = {int(one) for task in Path(f"/proc/{pid}/task").glob("*/children") for one in task.read_text().split()}
    return {pid}.union(*(family(child) for child in children))


def gone(pids: set[int]) -> bool:
    """Whether none of these processes runs any more; one that is only not yet buried does not."""
    return not any(Path(f"/proc/{pid}/exe").exists() and not _is_zombie(pid) for pid in pids)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def one(site: Site, name: str) -> int:
    """The process of that name."""
    (pid,) = site.alive(name)
    return pid


def health(site: Site) -> str:
    """What the web process says of itself."""
    with urllib.request.urlopen(f"http://127.0.0.1:{site.environ['HUB_WEB_PORT']}/health/live", timeout=5) as answer:
        status: str = json.load(answer)["status"]
    return status


def test_it_starts_everything_sends_and_stops(site: Site) -> None:
    """In a few seconds, with exit code 0, and not one process or file is left behind."""
    process = serve(site)
    pids = family(process.pid)
    assert [len(site.alive(name)) for name in PROCESSES] == [1, 1, 1, 1]
    assert health(site) == "alive"
    site.core.doorbell.close()
    site.send(20)
    assert site.until(lambda: site.have_left(20)), site.log
    assert site.stop(process, within_s=20) == 0
    assert gone(pids)
    assert [path.name for path in (site.core.data_dir / "run").iterdir()] == ["serve.lock"]
    assert not socket_path(site.core.data_dir).exists()
    assert site.log.endswith("The hub has stopped.\n")


def test_signs_of_life_from_before_do_not_make_it_ready(site: Site) -> None:
    """Such as those of processes on another machine, which may have ended since."""
    run = site.core.data_dir / "run"
    run.mkdir()
    for name in PROCESSES:
        beat = {"name": name, "pid": 7, "host": "another", "at": time.time() - 3}
        (run / f"{name}.7.json").write_text(json.dumps(beat))
    serve(site)
    assert [len(site.alive(name)) for name in PROCESSES] == [2, 2, 2, 2]
    assert health(site) == "alive"


def test_a_second_one_on_the_same_folder_is_refused(site: Site) -> None:
    """The first one goes on."""
    first = serve(site)
    second = site.start("serve", HUB_WEB_PORT=str(free_port()))
    assert second.wait(timeout=20) == 1
    assert "Another `hub serve` runs on" in site.log
    assert (first.poll(), health(site)) == (None, "alive")


def test_what_is_killed_is_started_again(site: Site) -> None:
    """A worker, the scheduler, and Redis; then messages leave as before."""
    process = serve(site)
    killed = {name: one(site, name) for name in ("worker-dispatch", "scheduler")}
    (redis,) = {pid for pid in family(process.pid) if b"valkey" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    for pid in (*killed.values(), redis):
        os.kill(pid, signal.SIGKILL)
    assert site.until(lambda: all(site.alive(name) - {pid} for name, pid in killed.items())), site.log
    assert site.until(
        lambda: any(b"valkey" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in family(process.pid) - {redis})
    ), site.log
    site.send(20)
    assert site.until(lambda: site.have_left(20)), site.log
    assert sorted(site.times_taken().values()) == [1] * 20
    assert all(len(site.alive(name)) == 1 for name in PROCESSES)


def test_everything_ends_when_the_supervisor_is_killed(site: Site) -> None:
    """Within seconds; and the next `hub serve` can be started at once."""
    process = serve(site)
    pids = family(process.pid)
    site.kill(process)
    again = serve(site)
    assert gone(pids), site.log
    site.send(20)
    assert site.until(lambda: site.have_left(20)), site.log
    assert site.stop(again, within_s=20) == 0


def test_a_redis_that_hangs_does_not_keep_it_from_stopping(site: Site) -> None:
    """It stops in bounded time, and ends Redis by force."""
    process = serve(site)
    pids = family(process.pid)
    (redis,) = {pid for pid in pids if b"valkey" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    os.kill(redis, signal.SIGSTOP)
    began = time.monotonic()
    assert site.stop(process, within_s=25) == 0
    assert time.monotonic() - began < 15
    assert gone(pids)


def test_a_port_in_use_keeps_it_from_starting(site: Site) -> None:
    """It says which, and what was started already is stopped."""
    with socket.create_server(("127.0.0.1", int(site.environ["HUB_WEB_PORT"]))):
        process = site.start("serve")
        assert process.wait(timeout=20) == 1
    assert f"127.0.0.1:{site.environ['HUB_WEB_PORT']} cannot be listened on" in site.log
    assert site.log.endswith("web did not start; the lines above say why. `hub check` may help.\n")


def test_a_plugins_service_that_cannot_start_does_not_keep_the_others_from_it(site: Site) -> None:
    """It is said so, and tried again until it can."""
    with socket.create_server(("127.0.0.1", int(site.environ["HUB_MAIL_TO_SMS_PORT"]))):
        process = serve(site, HUB_PLUGINS_DISABLED="")
        assert "mail_to_sms DID NOT START" in site.log
        assert health(site) == "alive"
    assert site.until(lambda: site.alive("service-mail_to_sms")), site.log
    assert site.stop(process, within_s=20) == 0


def test_a_newer_database_keeps_it_from_starting(site: Site) -> None:
    """Nothing is started that could write to it."""
    with site.core.write() as connection:
        connection.execute(text("UPDATE schema_versions SET version_num = 'core_9999' WHERE version_num LIKE 'core%'"))
    process = site.start("serve")
    assert process.wait(timeout=20) == 1
    assert "core_9999, which this hub does not know" in site.log
    assert not (site.core.data_dir / "valkey").exists()
