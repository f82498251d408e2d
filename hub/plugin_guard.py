"""Keep a plugin that misbehaves from hurting anything but itself.

Every call runs in a thread of its own, one per batch and plugin: who hangs is left behind after a while, who raises
or wants to end the process is caught, a copy of the process that a plugin has forked ends where the plugin comes
back, and what it prints goes to standard error. Who fails several times in a row is not called for a while.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

REGISTRATION_S = 30.0
LIMITS_S: Mapping[str, float] = {
    "hub_check_message": 5.0,
    "hub_choose_route": 5.0,
    "hub_campaign_accepted": 10.0,
    "hub_message_submitted": 10.0,
    "hub_message_settled": 10.0,
    "hub_health": 10.0,
    "hub_account_details": 10.0,
    "hub_claim_inbound": 10.0,
    "hub_inbound_received": 10.0,
    "hub_opted_out": 10.0,
}
"""Seconds that one plugin may take over one call; decisions are asked in one call about a whole batch."""
FAILURES = 5
"""So many in a row, and a plugin's hook is not called for a while."""
REST_S = 60.0

_CALLS_FOR_THE_END = (SystemExit, KeyboardInterrupt, GeneratorExit)
_TELLING = 200


class PluginFault(Exception):
    """What a plugin did instead of coming back; its text is for people."""


class PluginHangs(PluginFault):
    """It did not come back in time."""


class SwitchedOff(PluginFault):
    """It failed too often in a row, and is not called now."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A plugin's hook that is not called for `for_s` seconds, and its last fault; 0 seconds: it is called again."""

    plugin: str
    hook: str
    for_s: float
    fault: str


@dataclass
class _Breaker:
    failures: int = 0
    rests_until: float = 0.0
    fault: str = ""
    hanging: threading.Thread | None = None


@dataclass
class Guard:
    """Calls plugins, and remembers who fails. `tell` hears who is switched off, and who is called again."""

    limits_s: Mapping[str, float] = field(default_factory=lambda: dict(LIMITS_S))
    rest_s: float = REST_S
    monotonic: Callable[[], float] = time.monotonic
    tell: Callable[[Rest], None] = lambda _: None
    _breakers: dict[tuple[str, str], _Breaker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, plugin: str, hook: str, act: Callable[[], T]) -> T:
        """What `act` gives. Raises SwitchedOff, PluginHangs, or what it raised; each but the first is counted.

        `act` may raise Streak to say that it saw several failures by itself.
        """
        breaker = self._admit(plugin, hook)
        try:
            given = call_within(self.limits_s.get(hook, REGISTRATION_S), f"{plugin} {hook}", act, breaker)
        except Exception as error:
            self._failed(plugin, hook, error)
            raise
        self._went_well(plugin, hook)
        return given

    def rests(self) -> tuple[Rest, ...]:
        """Who is switched off in this process at the moment."""
        now = self.monotonic()
        with self._lock:
            return tuple(
                Rest(plugin, hook, breaker.rests_until - now, breaker.fault)
                for (plugin, hook), breaker in sorted(self._breakers.items())
                if breaker.rests_until > now
            )

    def _admit(self, plugin: str, hook: str) -> _Breaker:
        now = self.monotonic()
        with self._lock:
            breaker = self._breakers.setdefault((plugin, hook), _Breaker())
            if breaker.rests_until > now:
                raise SwitchedOff(f"{plugin} is switched off for a while: {breaker.fault}")
            if breaker.failures >= FAILURES:
                breaker.rests_until = now + self.rest_s  # one call may try; the others go on resting meanwhile
        return breaker

    def _failed(self, plugin: str, hook: str, error: Exception) -> None:
        times = error.times if isinstance(error, Streak) else 1
        with self._lock:
            breaker = self._breakers[plugin, hook]
            breaker.failures += times
            breaker.fault = told(error)
            rests = breaker.failures >= FAILURES
            if rests:
                breaker.rests_until = self.monotonic() + self.rest_s
        if rests:
            self.tell(Rest(plugin, hook, self.rest_s, told(error)))

    def _went_well(self, plugin: str, hook: str) -> None:
        with self._lock:
            breaker = self._breakers[plugin, hook]
            was_off = breaker.failures >= FAILURES
            breaker.failures, breaker.rests_until, breaker.fault = 0, 0.0, ""
        if was_off:
            self.tell(Rest(plugin, hook, 0.0, ""))


class Streak(PluginFault):
    """Several failures in a row within one batch; `times` says how many."""

    def __init__(self, times: int, error: BaseException) -> None:
        self.times = times
        super().__init__(told(error))


def told(error: BaseException) -> str:
    """A fault in a few words."""
    said = str(error) if isinstance(error, PluginFault) else f"{type(error).__name__}: {error}"
    return said[:_TELLING]


def call_within(limit_s: float, name: str, act: Callable[[], T], breaker: _Breaker | None = None) -> T:
    """What `act` gives, within so many seconds. Raises PluginHangs, PluginFault, or what it raised."""
    breaker = breaker or _Breaker()
    if breaker.hanging is not None and breaker.hanging.is_alive():
        raise PluginHangs(f"an earlier call of {name} still hangs")  # one thread is lost to it, never more
    box: _Box[T] = _Box()
    thread = threading.Thread(target=copy_context().run, args=(_fill, box, act), name=f"plugin {name}", daemon=True)
    with prints_aside():
        thread.start()
        thread.join(limit_s)
    if thread.is_alive():
        breaker.hanging = thread
        raise PluginHangs(f"{name} did not come back within {limit_s:g} s")
    if isinstance(box.error, _CALLS_FOR_THE_END):
        raise PluginFault(f"{type(box.error).__name__}: {box.error}") from box.error
    if box.error is not None:
        raise box.error
    return box.values[0]


@contextmanager
def same_process() -> Iterator[None]:
    """End a copy of this process that a plugin made inside the block and did not end: one hub is enough."""
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            os._exit(1)


@contextmanager
def prints_aside() -> Iterator[None]:
    """Send what is printed to standard error: standard output is for a command's answer."""
    _aside.enter()
    try:
        yield
    finally:
        _aside.leave()


@dataclass
class _Box(Generic[T]):
    values: list[T] = field(default_factory=list)
    error: BaseException | None = None


def _fill(box: _Box[T], act: Callable[[], T]) -> None:
    with same_process():
        try:
            box.values.append(act())
        except BaseException as error:  # noqa: BLE001 - it is handed over to who waits, whatever it is
            box.error = error


class _Aside:
    """Counts who is inside: with several threads, the last one out puts standard output back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = sys.stdout

    def enter(self) -> None:
        """Go in."""
        with self._lock:
            if self._inside == 0:
                self._kept, sys.stdout = sys.stdout, sys.stderr
            self._inside += 1

    def leave(self) -> None:
        """Go out."""
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                sys.stdout = self._kept


_aside = _Aside()  # global as standard output is
