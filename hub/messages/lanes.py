"""Rounds of work beside each other: while one window is on the wire, others are claimed and recorded."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: messages handled, whether there were as many as it wanted, whether to go on."""

    count: int
    is_full: bool = False
    go_on: bool = True


FEW = 20
GATHER_S = 0.015


@dataclass
class Trickle:
    """Lets messages that come one by one gather: each round costs a few commits, however few it takes.

    What comes alone is not kept waiting; after a second round in a row that found fewer than `FEW`, and each further
    one, there is a pause of `GATHER_S` seconds.
    """

    pause: Callable[[float], None]
    _was_few: bool = False

    def after(self, done: Round) -> Round:
        """Pause if it is worth it."""
        is_few = 0 < done.count < FEW and not done.is_full and done.go_on
        if is_few and self._was_few:
            self.pause(GATHER_S)
        self._was_few = is_few
        return done


@dataclass
class Lanes:
    """Runs `work` again and again until it finds nothing, says so, or `may_go_on` does not hold any more.

    Beside the caller's thread up to `beside` others do the same, once a round found as much as it wanted.
    """

    work: Callable[[], Round]
    may_go_on: Callable[[], bool]
    beside: int = 0
    _handled: int = 0
    _failed: BaseException | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> int:
        """Work until it is over in every thread; how many messages were handled. Raises what the first one raised."""
        others: list[threading.Thread] = []
        try:
            while self._goes_on():
                done = self._turn()
                if done.is_full and self.beside and not others:
                    others = [threading.Thread(target=self._lane, name=f"lane {n}") for n in range(self.beside)]
                    for one in others:
                        one.start()
                if not done.count:
                    break
        except BaseException:
            self._over.set()
            raise
        finally:
            for one in others:
                one.join()
        if self._failed is not None:
            raise self._failed
        return self._handled

    @property
    def is_over(self) -> bool:
        """Whether a round said not to go on, or failed."""
        return self._over.is_set()

    def _lane(self) -> None:
        try:
            while self._goes_on() and self._turn().count:
                pass
        except BaseException as error:  # noqa: BLE001 - the thread that waits for this one raises it
            self._failed = self._failed or error
            self._over.set()

    def _goes_on(self) -> bool:
        return not self._over.is_set() and self.may_go_on()

    def _turn(self) -> Round:
        done = self.work()
        with self._lock:
            self._handled += done.count
        if not done.go_on:
            self._over.set()
        return done
