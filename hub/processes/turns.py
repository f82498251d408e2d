"""Work on the routes of a connector, one after the other, in a thread of its own: a carrier that hangs hangs alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Turns:
    """Calls `act` with each route that was asked for, in the order of asking; once for several askings that wait."""

    name: str
    act: Callable[[str], object]
    _asked: dict[str, None] = field(default_factory=dict)
    _over: bool = False
    _news: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; return at once."""
        self._thread = threading.Thread(target=self._run, name=f"turns {self.name}")
        self._thread.start()

    def ask(self, route: str) -> None:
        """Ask for a route to have its turn; return at once."""
        with self._news:
            self._asked[route] = None
            self._news.notify()

    def stop(self) -> None:
        """Begin nothing more, and wait for what is in hand."""
        with self._news:
            self._over = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (route := self._next()) is not None:
            self.act(route)

    def _next(self) -> str | None:
        with self._news:
            self._news.wait_for(lambda: self._over or self._asked)
            if self._over:
                return None
            route = next(iter(self._asked))
            del self._asked[route]
            return route
