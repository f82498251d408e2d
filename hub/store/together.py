"""One transaction for what several threads want written at the same moment.

A commit waits for the disk, and SQLite has one lock: whoever comes while a transaction is under way waits for it
anyway, and may as well share the next one. The first of those who wait carries it out for all of them, each in a
savepoint of its own, so that what one raises undoes its own part only.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from hub.store.engine import Store

T = TypeVar("T")

MOST = 64
"""How many share a transaction: what it has locked is locked until its end."""


@dataclass(eq=False)
class _Part:
    """What one thread wants done, and what came of it."""

    order: tuple[int, ...]
    act: Callable[[Connection], Any]
    done: Future[Any] = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)  # its log lines carry its own thread's words

    def carry_out(self, connection: Connection) -> Any:
        """Do it, whatever the thread."""
        return self.context.run(self.act, connection)


@dataclass
class Together:
    """Writes parts of several threads in transactions called `name`."""

    store: Store
    name: str
    _waiting: deque[_Part] = field(default_factory=deque, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    def write(self, act: Callable[[Connection], T], *, order: tuple[int, ...]) -> T:
        """Carry out `act` in a transaction, perhaps with what others want; it is committed when this returns.

        Raises what `act` raises - then nothing of it was kept - and what `Store.write` raises. Parts are carried out by
        their `order`, so that two processes lock the rows of accounts in the same order.
        """
        part = _Part(order, act)
        self._waiting.append(part)
        with self._turn:
            while not part.done.done():  # those before it may be more than fit into one transaction
                self._carry_out([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        result: T = part.done.result()
        return result

    def _carry_out(self, parts: Sequence[_Part]) -> None:
        kept: list[tuple[_Part, Any]] = []
        try:
            with self.store.write(self.name) as connection:
                if len(parts) == 1:
                    kept.append((parts[0], parts[0].carry_out(connection)))
                else:
                    kept += _each_on_its_own(connection, parts)
        except BaseException as error:  # noqa: BLE001 - it is raised again, in every thread that waits
            for part in parts:
                if not part.done.done():
                    part.done.set_exception(error)
        else:
            for part, result in kept:
                part.done.set_result(result)


def _each_on_its_own(connection: Connection, parts: Sequence[_Part]) -> Iterator[tuple[_Part, Any]]:
    for part in sorted(parts, key=lambda one: one.order):
        try:
            with connection.begin_nested():
                result = part.carry_out(connection)
        except (OperationalError, InterfaceError):
            raise  # the database itself is not well: then nothing of anybody's is kept
        except Exception as error:  # noqa: BLE001 - it is raised again, in the thread that it concerns
            part.done.set_exception(error)
        else:
            yield part, result
