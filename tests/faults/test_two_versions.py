"""Yesterday's processes and today's work on one database, as they do while a new version is rolled out (F26)."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.testing.databases import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases

    from .conftest import SiteMaker
    from .site import Site

pytestmark = pytest.mark.prove

PREVIOUS = Path(__file__).parent / "previous"
COUNT = 40
ASK_FOR_MORE = """
import json, sys, time
from hub.bootstrap import build
from hub.compliance.model import Purpose
from hub.errors import StoreUnavailable
from hub.messages.model import CampaignRequest, Recipient

core = build(None)
for number in range(int(sys.argv[2])):
    key = f"old-{number}"
    request = CampaignRequest(
        1, "Bonjour", (Recipient(f"+336123{5000 + number:05d}"),), Purpose.ALERT, idempotency_key=key
    )
    while True:
        try:
            answer = core.accept(request)
        except StoreUnavailable:
            time.sleep(0.1)
        else:
            break
    with open(sys.argv[1], "a") as diary:
        diary.write(json.dumps(["asked", key, ""]) + "\\n" + json.dumps(["promised", key, answer.campaign_id]) + "\\n")
    time.sleep(0.02)
"""


class Yesterday:
    """The version that is being replaced, unpacked, and ways to run it on a site."""

    def __init__(self, folder: Path, site: Site) -> None:
        (archive,) = PREVIOUS.glob("*.tar.xz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        self._folder = folder
        self._environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **{name: value for name, value in site.environ.items() if not name.startswith("HUB_GUARD_")},  # unheard of
            "HUB_PLUGINS_DISABLED": "mail_to_sms",
            "PYTHONPATH": f"{folder}:{folder / 'connectors'}",
        }

    def run(self, *words: str) -> str:
        """Run python with these words to its end; what it printed."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=self._folder,
            env=self._environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    @contextmanager
    def during(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Keep python with these words running meanwhile; in the end it must have ended well, or do so when asked."""
        process = subprocess.Popen([sys.executable, *words], cwd=self._folder, env=self._environ)
        try:
            yield process
            process.terminate()
            assert process.wait(timeout=40) == 0
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("kind", KINDS)
def test_both_versions_take_in_and_send_and_nothing_is_doubled(
    kind: str, make_site: SiteMaker, databases: Databases, tmp_path: Path
) -> None:
    """The old ones were started before the upgrade, and go on after it."""
    site = make_site(kind, HUB_HUB_DATABASE_URL=databases.empty(kind), HUB_CONNECTOR_SANDBOX_LATENCY_MS="20")
    old = Yesterday(tmp_path / "yesterday", site)
    found = old.run("-c", "import hub, importlib.util as i; print(hub.__file__, i.find_spec('hub.failpoints'))")
    assert found.split() == [str(tmp_path / "yesterday" / "hub" / "__init__.py"), "None"]
    old.run("-m", "hub", "db", "upgrade")
    old.run("-m", "hub", "account", "create", "--name", "Salon Exemple", "--country", "FR", "--credits", "1000")
    with old.during("-m", "hub", "worker"):
        asking = subprocess.Popen(
            [sys.executable, "-c", ASK_FOR_MORE, str(site.folder / "diary"), str(COUNT)],
            cwd=tmp_path / "yesterday",
            env=old._environ,
        )
        assert site.until(lambda: len(site.diary("promised")) > 2), site.log
        assert site.until(lambda: site.taken().total() > 0), site.log
        site.must_play("upgrade")
        with site.during("work"), site.during("lead"):
            site.must_play("ask_for_more", count=COUNT)
            assert asking.wait(timeout=60) == 0
            assert site.until(lambda: site.states() == ["delivered"] * 2 * COUNT), site.states()
    assert site.faults() == []
