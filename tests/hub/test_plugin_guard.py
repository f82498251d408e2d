"""What a plugin does instead of coming back stays its own affair (F31)."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import structlog

from hub.failpoints import FailpointReached
from hub.plugin_guard import (
    FAILURES,
    Guard,
    PluginFault,
    PluginHangs,
    Rest,
    Streak,
    SwitchedOff,
    call_within,
    prints_aside,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOOK = "hub_health"


@dataclass
class Bench:
    """A guard with a clock under control, and what it told."""

    now: float = 1000.0
    told: list[Rest] = field(default_factory=list)
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.guard = Guard(limits_s={HOOK: 0.1}, monotonic=lambda: self.now, tell=self.told.append)

    def call(self, act: Callable[[], object], times: int = 1) -> list[type[BaseException] | None]:
        """Call a plugin so often; what each call raised."""
        return [self._once(act) for _ in range(times)]

    def _once(self, act: Callable[[], object]) -> type[BaseException] | None:
        try:
            self.guard.call("shop", HOOK, act)
        except Exception as error:  # noqa: BLE001 - it is the answer
            return type(error)
        return None


@pytest.fixture
def bench() -> Bench:
    """A guard of one plugin."""
    return Bench()


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a plugin waits for in vain, as long as its test lasts."""
    event = threading.Event()
    yield event
    event.set()


def fails() -> None:
    """A plugin that raises."""
    raise ValueError("no")


def test_what_a_plugin_gives_is_given_on() -> None:
    """And what it raises is raised."""
    assert call_within(5, "shop", lambda: 3) == 3
    with pytest.raises(ValueError, match="no"):
        call_within(5, "shop", fails)


@pytest.mark.parametrize("end", [SystemExit("bye"), KeyboardInterrupt(), GeneratorExit()])
def test_who_wants_to_end_the_process_only_ends_its_call(end: BaseException) -> None:
    """It is a fault like any other."""

    def leave() -> None:
        raise end

    with pytest.raises(PluginFault, match=type(end).__name__):
        call_within(5, "shop", leave)


def test_a_crash_on_purpose_gets_past() -> None:
    """Failpoints must be able to stop whatever runs."""

    def crash() -> None:
        raise FailpointReached("here")

    with pytest.raises(FailpointReached):
        call_within(5, "shop", crash)


def test_who_hangs_is_left_behind(never: threading.Event) -> None:
    """Its thread waits on; nobody else does."""
    with pytest.raises(PluginHangs, match=r"shop did not come back within 0\.1 s"):
        call_within(0.1, "shop", never.wait)


def test_who_hangs_costs_one_thread(bench: Bench, never: threading.Event) -> None:
    """While it hangs, it is not called again, and once it is back, it is."""
    before = threading.active_count()
    assert bench.call(never.wait, times=3) == [PluginHangs] * 3
    assert threading.active_count() <= before + 1
    never.set()
    for thread in threading.enumerate():
        if thread.name.startswith("plugin shop"):
            thread.join(20)
    assert bench.call(never.wait) == [None]


def test_a_copy_of_the_process_ends_where_the_plugin_comes_back() -> None:
    """The hub goes on once, however often a plugin forks."""
    pid = call_within(20, "shop", os.fork)
    assert pid > 0
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_a_copy_that_raises_ends_too() -> None:
    """Not even an error comes out of it."""
    children: list[int] = []

    def split() -> None:
        if (pid := os.fork()) == 0:
            raise ValueError
        children.append(pid)

    call_within(20, "shop", split)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 1


def test_what_is_printed_is_not_in_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is back afterwards, after a hang too."""
    call_within(5, "shop", lambda: sys.stdout.write("hello\n"))
    sys.stdout.write("answer\n")
    assert capsys.readouterr() == ("answer\n", "hello\n")


def test_standard_output_is_put_back_by_the_last_one_out() -> None:
    """Whoever of several comes out first."""
    before = sys.stdout
    one, other = prints_aside(), prints_aside()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    during = sys.stdout
    other.__exit__(None, None, None)
    assert (during is sys.stderr, sys.stdout is before) == (True, True)


def test_a_plugin_logs_as_who_called_it() -> None:
    """What is bound to a request's log is there."""
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        assert call_within(5, "shop", structlog.contextvars.get_contextvars)["request_id"] == "r-1"


def test_who_fails_several_times_in_a_row_is_not_called_for_a_while(bench: Bench) -> None:
    """It is told once that it rests, and why."""
    assert bench.call(fails, times=FAILURES + 2) == [ValueError] * FAILURES + [SwitchedOff] * 2
    assert bench.told == [Rest("shop", HOOK, 60.0, "ValueError: no")]
    assert [one.plugin for one in bench.guard.rests()] == ["shop"]


def test_failures_that_are_not_in_a_row_do_not_count(bench: Bench) -> None:
    """One success begins anew."""
    for _ in range(3):
        bench.call(fails, times=FAILURES - 1)
        bench.call(lambda: None)
    assert bench.told == []


def test_after_a_while_one_call_is_tried(bench: Bench) -> None:
    """It fails: the rest begins anew. It goes well: all is well again, and is told."""
    bench.call(fails, times=FAILURES)
    bench.now += 61
    assert bench.call(fails, times=2) == [ValueError, SwitchedOff]
    bench.now += 61
    assert bench.call(lambda: None, times=2) == [None, None]
    assert (bench.told[-1].for_s, bench.guard.rests()) == (0.0, ())


def test_a_batch_may_count_as_several_failures(bench: Bench) -> None:
    """Who fails over a whole batch need not be asked about five."""

    def batch() -> None:
        raise Streak(FAILURES, ValueError("no"))

    assert bench.call(batch, times=2) == [Streak, SwitchedOff]


def test_hooks_rest_one_by_one(bench: Bench) -> None:
    """A plugin whose health check fails is still asked about messages."""
    bench.call(fails, times=FAILURES)
    assert bench.guard.call("shop", "hub_check_message", lambda: "well") == "well"
