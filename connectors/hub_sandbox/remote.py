"""The way to a sandbox that is a process of its own: a line that is kept up, called over, and called anew."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from hub import PermanentFailure, TemporaryFailure
from hub_sandbox.connector import capabilities_of
from hub_sandbox.endpoint import Endpoint
from hub_sandbox.link import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Clock, ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_sandbox.settings import SandboxSettings

SHORTEST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
"""How long a carrier that cannot be reached is left alone: twice as long each time, up to this."""


class RemoteSandbox:
    """A connector to the carrier at `settings.address`. The line is kept up for receipts also when nothing is sent."""

    def __init__(self, context: ConnectorContext, settings: SandboxSettings) -> None:
        self.capabilities = capabilities_of(settings)
        self._context = context
        self._settings = settings
        self._keeper: _Keeper | None = None

    def open(self, sink: Sink) -> None:
        """Begin to keep the line up; a carrier that is not there yet may come later."""
        if self._keeper is None:
            endpoint = self._settings.endpoint or Endpoint()
            self._keeper = _Keeper(endpoint, sink, self._context.clock, self._settings.connect_timeout_s)
            self._keeper.start()

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Hand a batch over in one frame.

        Raises TemporaryFailure when the line is down or broke before all of it was written, and the ConnectorError
        that the carrier answers with. A line that is lost later, an answer that does not come within
        `answer_timeout_s` or makes no sense: every message is Unknown.
        """
        if self._keeper is None:
            raise TemporaryFailure("The sandbox's line is closed.")
        if len(batch) > self.capabilities.batch_size:
            raise PermanentFailure(f"The sandbox takes at most {self.capabilities.batch_size} messages at a time.")
        if not batch:
            return []
        return self._keeper.link().submit(batch, self._settings.answer_timeout_s)

    def close(self) -> None:
        """Finish the delivery in hand and hang up; the carrier keeps what it still owes."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.stop()


class _Keeper:
    """Keeps one line up, from a thread of its own; whoever needs it at once need not wait for that."""

    def __init__(self, endpoint: Endpoint, sink: Sink, clock: Clock, connect_s: float) -> None:
        self._endpoint = endpoint
        self._sink = sink
        self._clock = clock
        self._connect_s = connect_s
        self._guard = threading.Lock()
        self._bell = threading.Event()
        self._stopping = False
        self._link: Link | None = None
        self._pause_s = SHORTEST_PAUSE_S
        self._again_at = 0.0
        self._why = ""
        self._thread = threading.Thread(target=self._keep, name=f"{endpoint} keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep it up."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up for good."""
        self._stopping = True
        self._bell.set()
        self._thread.join()
        if self._link is not None:
            self._link.close()

    def link(self) -> Link:
        """The line, made now if it is down. Raises TemporaryFailure when the carrier cannot be reached."""
        with self._guard:
            if self._link is not None and self._link.is_up:
                return self._link
            if (left_s := self._again_at - self._clock.monotonic()) > 0:
                raise TemporaryFailure(self._why, retry_after=timedelta(seconds=left_s))
            self._link = self._made()
            return self._link

    def _made(self) -> Link:
        if self._link is not None:
            self._link.close()
            self._link = None
        try:
            link = Link(self._endpoint, self._sink, self._bell.set, connect_s=self._connect_s)
        except TemporaryFailure as error:
            error.retry_after = timedelta(seconds=self._pause_s)
            self._why = str(error)
            self._again_at = self._clock.monotonic() + self._pause_s
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
            raise
        self._pause_s = SHORTEST_PAUSE_S
        return link

    def _keep(self) -> None:
        while not self._stopping:
            self._bell.clear()
            self._bell.wait(self._rest_s())

    def _rest_s(self) -> float | None:
        """Put the line up if it is down; how long to leave it alone then, None until it ends."""
        try:
            self.link()
        except TemporaryFailure as error:
            return SHORTEST_PAUSE_S if error.retry_after is None else error.retry_after.total_seconds()
        return None
