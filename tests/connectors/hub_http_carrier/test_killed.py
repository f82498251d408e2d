"""A web process that is killed in the middle of a carrier's call, and the carrier that calls again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

import hub_http_carrier
from hub.messages.model import MessageState
from hub.testing.hub import make_hub
from hub.testing.ports import free_port
from hub_http_carrier.settings import HttpSettings, callback_urls

from .carriers import KEYS, PATHS, Ovh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOON_S = 60.0


@contextmanager
def web(environ: dict[str, str], port: int, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A web process of its own while the block lasts."""
    said = os.environ | environ | {"HUB_WEB_PORT": str(port), "TEXTOHUB_FAILPOINT": failpoint}
    said |= {"HUB_HUB_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-m", "hub", "web"], env=said)
    try:
        give_up_at = time.monotonic() + SOON_S
        while not _answers(port):
            assert process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(SOON_S)


def _answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5) as answer:
        return int(answer.status) == 200
    return False


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", ["receipts.before_commit", "sink.after_receipts"])
def test_a_call_that_was_cut_short_is_made_good_by_the_next(tmp_path: Path, database_url: str, failpoint: str) -> None:
    """Before the commit or after it: no yes was said, the carrier calls again, and the text is delivered once."""
    port, carrier = free_port(), Ovh(reports=False)
    url = f"http://127.0.0.1:{port}"
    with carrier.serve() as base:
        vars(carrier)["base"] = base
        said = {"type": "http", "preset": "ovh", "url": base + PATHS["ovh"], **KEYS["ovh"]}
        environ = {f"HUB_CONNECTOR_OVH_{key.upper()}": value for key, value in said.items()}
        environ |= {"HUB_HUB_PUBLIC_URL": url, "HUB_ROUTE_MAIN_CONNECTOR": "ovh", "HUB_GUARD_ENABLED": "no"}
        environ |= {
            "HUB_HUB_DATA_DIR": str(tmp_path),
            "HUB_HUB_DATABASE_URL": database_url,
            "HUB_HUB_REDIS_URL": "none",
        }
        hub = make_hub(tmp_path, database_url, settings=environ, bring={"http": hub_http_carrier})
        campaign = hub.send("+33749123101").campaign_id
        hub.drain()
        (taken,) = carrier.book
        receipts = callback_urls(HttpSettings.model_validate(KEYS["ovh"]), "ovh", url)["receipts"]
        with web(environ, port, failpoint) as process:
            with pytest.raises((OSError, HTTPException)):
                carrier.call(receipts, carrier.receipt(taken, "delivered"))
            assert process.wait(SOON_S) != 0  # its worker was killed, and it ends with it
        with web(environ, port):
            statuses = [carrier.call(receipts, carrier.receipt(taken, "delivered")) for _ in range(2)]
        states = hub.states(campaign)
        hub.core.close()
    assert (statuses, states) == ([200, 200], [MessageState.DELIVERED])
