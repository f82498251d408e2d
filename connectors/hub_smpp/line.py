"""A connector's way to its carrier: an event loop in a thread, the binds in it, and what goes out and comes in by them.

It lives as long as the worker. Batches come from the worker's threads; everything else happens in the loop.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import structlog

from hub_smpp.binds import Bind, kinds_of
from hub_smpp.codes import Status
from hub_smpp.postman import Arrival
from hub_smpp.traffic import AGAIN_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Clock
    from hub_smpp.binds import LinkStatus
    from hub_smpp.pdu import DataSm, DeliverSm
    from hub_smpp.postman import Answer, Postman
    from hub_smpp.session import Session
    from hub_smpp.settings import SmppSettings
    from hub_smpp.traffic import Batch, Shipment, Traffic

log = structlog.get_logger(__name__)

MOST_WAITING = 5000
"""Receipts and texts that may wait for the store; what comes beyond is left with the carrier."""
FEW_WAITING = 1000
ANSWER_S = 5.0
CLOSE_S = 10.0


class Line:
    """The binds of one connector. Methods without a word about it may be called from any thread."""

    def __init__(self, name: str, settings: SmppSettings, traffic: Traffic, clock: Clock) -> None:
        self._settings = settings
        self._traffic = traffic
        self._postman: Postman | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"{name} line", daemon=True)
        self._news = threading.Condition()
        self._binds = [
            Bind(
                f"{name}/{number}{'' if len(kinds_of(settings.bind)) == 1 else kind.__name__[4]}",
                kind,
                settings,
                self,
                clock,
                self._changed,
            )
            for number in range(1, settings.binds + 1)
            for kind in kinds_of(settings.bind)
        ]

    def start(self, postman: Postman) -> None:
        """Begin to connect."""
        self._postman = postman
        self._thread.start()
        self._loop.call_soon_threadsafe(self._start_binds)

    def stop(self) -> None:
        """Say goodbye on every bind and end the thread."""
        with suppress(TooLate):
            asyncio.run_coroutine_threadsafe(self._stop_binds(), self._loop).result(CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_until_up(self, within_s: float) -> tuple[bool, str, bool]:
        """Wait until a bind that sends is up, or all have been tried: whether one is, else why not, and if for good."""
        senders = [bind for bind in self._binds if bind.sends]
        with self._news:
            self._news.wait_for(
                lambda: any(bind.is_up for bind in senders) or all(bind.tried for bind in senders), within_s
            )
        if any(bind.is_up for bind in senders):
            return True, "", False
        down = [bind.reason for bind in senders if bind.reason] or [self._not_yet()]
        return False, down[0], bool(senders) and all(bind.refused for bind in senders)

    def send(self, batch: Batch, shipments: Sequence[Shipment]) -> None:
        """Queue a batch; what is not written after `write_timeout_s` comes back as not sent."""
        self._loop.call_soon_threadsafe(self._take, batch, shipments)

    def answer(self, answers: Sequence[Answer]) -> Sequence[bool]:
        """Write answers; whether the line of each was still there."""
        if not answers:
            return ()
        done: Future[Sequence[bool]] = Future()
        self._loop.call_soon_threadsafe(self._answer, answers, done)
        try:
            return done.result(ANSWER_S)
        except TooLate:
            return [False] * len(answers)

    def status(self) -> tuple[LinkStatus, ...]:
        """How each bind stands."""
        return tuple(bind.status() for bind in self._binds)

    # --- in the loop ---

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _start_binds(self) -> None:
        for bind in self._binds:
            bind.start()

    async def _stop_binds(self) -> None:
        self._traffic.give_up(None, "The connector is being closed.", AGAIN_S)
        await asyncio.gather(*(bind.stop() for bind in self._binds), return_exceptions=True)

    def _take(self, batch: Batch, shipments: Sequence[Shipment]) -> None:
        self._traffic.take(shipments)
        batch.deadline = self._loop.call_later(self._settings.write_timeout_s, self._give_up, batch)
        self._spread()

    def _give_up(self, batch: Batch) -> None:
        if not batch.is_done.is_set():
            self._traffic.give_up(batch, f"not written within {self._settings.write_timeout_s:g} s", 1.0)

    def _spread(self) -> None:
        """Give every bind something, the emptiest first."""
        up = [bind.session for bind in self._binds if bind.sends and bind.session is not None]
        for session in sorted(up, key=lambda one: one.in_flight / one.window):
            if not self._fill(session):
                break

    def _answer(self, answers: Sequence[Answer], done: Future[Sequence[bool]]) -> None:
        told = []
        for one in answers:
            told.append(not one.session.is_over)
            one.session.acknowledge(one.command, one.sequence, one.status)
        done.set_result(told)

    # --- what sessions say ---

    def room(self, session: Session) -> None:
        """Give a session what there is."""
        self._fill(session)

    def _fill(self, session: Session) -> bool:
        more = self._traffic.fill(session)
        if session.in_flight or self._postman is None or self._postman.waiting() < FEW_WAITING:
            session.hear(on=True)  # what was written is answered
        return more

    def answered(self, session: Session, token: object, status: int, message_id: str) -> None:
        """Note the answer to a part."""
        shipment, part = cast("tuple[Shipment, int]", token)
        self._traffic.answered(session, shipment, part, status, message_id)

    def unanswered(self, session: Session, token: object, why: str) -> None:
        """Note that a part's answer will not come."""
        shipment, part = cast("tuple[Shipment, int]", token)
        self._traffic.unanswered(shipment, part, f"{self._carrier} ({session.name}): {why}")

    def delivered(self, session: Session, pdu: DeliverSm | DataSm) -> None:
        """Take what came. What is too much for the store now stays with the carrier.

        Where nothing is under way the line is not read for a while. Else answers have to be read, and what comes
        between them is put off with a temporary error.
        """
        if self._postman is None:
            return
        if (waiting := self._postman.waiting()) < MOST_WAITING:
            self._postman.bring(Arrival(session, pdu))
        else:
            session.acknowledge(pdu.command, pdu.sequence, Status.ESME_RX_T_APPN)
        if waiting + 1 >= MOST_WAITING and not session.in_flight:
            session.hear(on=False)

    def ended(self, session: Session, why: str) -> None:
        """Note that a line is gone, and what waits for it is not sent when it was the last."""
        for bind in self._binds:
            if bind.session is session:
                bind.ended(why)
        if not any(bind.is_up for bind in self._binds if bind.sends):
            self._traffic.give_up(None, f"{self._carrier}: {why}", 1.0)

    @property
    def _carrier(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _not_yet(self) -> str:
        return f"{self._carrier}: not connected yet"

    def _changed(self) -> None:
        with self._news:
            self._news.notify_all()
