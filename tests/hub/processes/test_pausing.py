"""Pausing, draining, backing up and restoring a hub whose processes run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from hub.errors import HubError
from hub.switches import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hub.processes.conftest import Site

pytestmark = pytest.mark.slow


def call(site: Site, *words: str, exit_code: int = 0) -> Any:
    """Call `hub` in a process of its own; its answer."""
    command = [sys.executable, "-m", "hub", *words, "--json"]
    environ = {"PATH": "/usr/bin:/bin", **site.environ}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_hub_that_runs_is_drained(site: Site) -> None:
    """Every message left once, and nothing new comes in."""
    site.worker()
    site.send(200)
    drained = call(site, "drain", "--timeout", "50")
    assert (drained["drained"], site.have_left(200)) == (True, True)
    assert set(site.times_taken().values()) == {1}
    with pytest.raises(HubError, match="takes nothing in"):
        site.send(1)


@pytest.mark.prove
def test_no_process_claims_while_sending_is_paused(site: Site) -> None:
    """Two workers run, which look for work every second; when it goes on, every message leaves once."""
    site.worker()
    site.worker()
    call(site, "pause", "out")
    site.send(40)
    time.sleep(2.5)  # both have looked by then; on a slow machine they may not, and the test proves less
    assert set(site.states()) == {"pending"}
    call(site, "resume", "out")
    assert site.until(lambda: site.have_left(40))
    assert set(site.times_taken().values()) == {1}


@pytest.mark.prove
def test_a_backup_of_a_hub_that_runs_sends_nothing_twice(make_site: Callable[..., Site]) -> None:
    """Made in the middle of sending, restored onto the same carrier, dropped: every number was texted once (F33)."""
    site = make_site(HUB_CONNECTOR_SANDBOX_LATENCY_MS="300")
    first = site.worker()
    site.send(300)
    assert site.until(lambda: len(site.times_taken()) >= 20)
    folder = str(site.folder / "backup")
    call(site, "backup", folder)
    assert site.until(lambda: site.have_left(300), within_s=60)
    assert site.stop(first) == 0
    before = site.times_taken()
    site.core.store.close()
    restored = call(site, "restore", folder, "--overwrite")["restored"]
    assert (restored["review"]["waiting"] > 0, restored["audit"]) == (True, [])
    second = site.worker()
    assert call(site, "resume", "out", exit_code=1)["error"]["code"] == "restored_undecided"
    call(site, "resume", "out", "--drop-restored")
    site.core.switches.pause([Way.IN])
    assert call(site, "drain", "--timeout", "30")["drained"]
    assert site.stop(second) == 0
    assert site.times_taken() == before
    assert (set(before.values()), len(before)) == ({1}, 300)
    shutil.rmtree(folder)
