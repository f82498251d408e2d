"""A carrier in a thread of the test's own process."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import TYPE_CHECKING, Any, Self

from hub_smpp.testing.behaviour import Behaviour
from hub_smpp.testing.book import Count, read_count
from hub_smpp.testing.control import Control, perform
from hub_smpp.testing.smsc import Smsc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_WITHIN_S = 30.0
_AS_IT_IS: Mapping[str, object] = {}


class SmscThread(Control):
    """A carrier with its book in `folder`, from `with` to its end; `tls` names a certificate and its key."""

    def __init__(
        self,
        folder: Path,
        values: Mapping[str, object] = _AS_IT_IS,
        *,
        tls: tuple[Path, Path] | None = None,
        port: int = 0,
    ) -> None:
        self._folder = folder
        self._behaviour = Behaviour().but(**values)
        self._tls = tls
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smsc", daemon=True)
        self._smsc: Smsc

    def __enter__(self) -> Self:
        self._thread.start()
        self._smsc = self._do(lambda: Smsc(self._behaviour, self._folder))
        listening = self._smsc.start(port=self.port, tls=self._context())
        self.port = asyncio.run_coroutine_threadsafe(listening, self._loop).result(_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._smsc.stop)
        self._do(lambda: None)  # a turn of the loop, in which the connections end
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WITHIN_S)
        self._loop.close()

    def order(self, name: str, value: Any = None) -> Any:
        """Have an order carried out, and wait for what comes of it."""
        return self._do(lambda: perform(self._smsc, name, value))

    def count(self) -> Count:
        """What the carrier took, by its own book."""
        return read_count(self._folder)

    def _do(self, act: Callable[[], Any]) -> Any:
        async def done() -> Any:
            return act()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(_WITHIN_S)

    def _context(self) -> ssl.SSLContext | None:
        return None if self._tls is None else server_context(*self._tls)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a carrier with TLS listens with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
