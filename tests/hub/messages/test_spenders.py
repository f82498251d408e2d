"""Real processes race for one account's last credits, on both databases: to read first and to write then overdraws."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.accounts.model import Balance

if TYPE_CHECKING:
    from hub.testing.hub import TestHub

SPENDER = Path(__file__).parent / "spender_process.py"
TRIES = 8
PATIENCE_S = 60

pytestmark = pytest.mark.prove


def race(hub: TestHub, processes: int, folder: Path, **figures: int) -> Counter[str]:
    """Let so many processes spend at once, eight texts of two credits each; how the texts ended, counted."""
    environ = dict(os.environ) | {"HUB_GUARD_RECIPIENT_PER_HOUR": "0"}
    environ |= {f"HUB_GUARD_{name.upper()}": str(value) for name, value in figures.items()}
    url = hub.core.store.url.render_as_string(hide_password=False)
    words = [sys.executable, str(SPENDER), str(folder), url, str(hub.account.id), str(TRIES)]
    pipe = subprocess.PIPE
    spenders = [subprocess.Popen(words, env=environ, stdin=pipe, stdout=pipe, text=True) for _ in range(processes)]
    try:
        assert [spender.stdout.readline() for spender in spenders if spender.stdout] == ["ready\n"] * processes
        for spender in spenders:
            if spender.stdin:
                spender.stdin.write("go\n")
                spender.stdin.flush()
        said = [spender.communicate(timeout=PATIENCE_S)[0] for spender in spenders]
    finally:
        for spender in spenders:
            spender.kill()
            spender.wait()
    ended = Counter(line for one in said for line in one.split())
    assert ended.total() == processes * TRIES
    return ended


def test_eight_processes_with_a_hundred_credits_spend_exactly_these(hub: TestHub, tmp_path: Path) -> None:
    """Nobody overdraws, and no credit is left while somebody is refused (B31)."""
    hub.core.accounts.add_credits(hub.account.id, -900)
    ended = race(hub, 8, tmp_path)
    assert ended == {"accepted": 50, "insufficient_credit": 14}
    assert hub.core.accounts.balance(hub.account.id) == Balance(0, 100, 0)


def test_processes_at_once_do_not_slip_under_the_day_s_ceiling(hub: TestHub, tmp_path: Path) -> None:
    """What is below it goes, and all of the rest is held."""
    ended = race(hub, 3, tmp_path, day_credits=21)
    assert ended == {"accepted": 10, "held": 14}
    assert sum(one.credits for one in hub.core.held.all()) == 28


def test_processes_at_once_do_not_slip_under_the_fuse_of_an_hour(hub: TestHub, tmp_path: Path) -> None:
    """On either database: to count first and to hold then lets more through."""
    ended = race(hub, 3, tmp_path, hour_credits=21)
    assert ended == {"accepted": 10, "held": 14}
    assert sum(one.credits for one in hub.core.held.all()) == 28


def test_processes_at_once_do_not_text_one_number_too_often(hub: TestHub, tmp_path: Path) -> None:
    """Five, however many ask."""
    assert race(hub, 3, tmp_path, recipient_per_hour=5) == {"accepted": 5, "too_many_to_recipient": 19}
