"""Failpoints: where a test makes a process die, and nothing otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from hub.failpoints import VARIABLE, FailpointReached, arm, arm_from, armed, failpoint


def test_an_unarmed_point_does_nothing() -> None:
    """Without the variable no point acts."""
    arm_from({})
    failpoint("accept.before_commit")


def test_a_point_acts_the_nth_time_only() -> None:
    """The first and third time nothing happens, the second time it does."""
    with armed("accept.before_commit:2=raise"):
        failpoint("accept.before_commit")
        with pytest.raises(FailpointReached):
            failpoint("accept.before_commit")
        failpoint("accept.before_commit")


def test_only_the_named_point_acts() -> None:
    """Others are passed."""
    with armed("accept.before_commit=raise"):
        failpoint("accept.after_commit")


def test_points_are_disarmed_after_the_block() -> None:
    """What a test armed does not act in the next one."""
    with armed("accept.before_commit=raise"):
        pass
    failpoint("accept.before_commit")


@pytest.mark.parametrize("spec", ["accept", "accept.before_commit:0", "accept.before_commit=explode", "a b.c"])
def test_a_misspelt_point_is_refused(spec: str) -> None:
    """A test that armed nothing would prove nothing."""
    with pytest.raises(ValueError, match="no failpoint"):
        arm(spec)


@pytest.mark.parametrize(("action", "end"), [("", signal.SIGKILL), ("=kill", signal.SIGKILL)])
def test_a_point_kills_the_process(action: str, end: signal.Signals) -> None:
    """As `kill -9` would: nothing is cleaned up."""
    script = "from hub.failpoints import *; import os; arm_from(os.environ); failpoint('a.b'); print('alive')"
    environ = {**os.environ, VARIABLE: f"a.b{action}"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-end, b"")
