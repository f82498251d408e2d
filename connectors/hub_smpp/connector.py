"""The connector: batches in, outcomes out, over however many binds there are."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from hub import (
    Capabilities,
    FailureReason,
    NotSent,
    PermanentFailure,
    Rejected,
    TemporaryFailure,
    Throttled,
    Unknown,
)
from hub_smpp.errors import reasons
from hub_smpp.ids import Ids
from hub_smpp.line import Line
from hub_smpp.outgoing import submits
from hub_smpp.pdu import NotAPdu
from hub_smpp.postman import Postman, Reading
from hub_smpp.traffic import Batch, Shipment, Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_smpp.binds import LinkStatus
    from hub_smpp.settings import SmppSettings

LANES = 2
"""One batch is written while the answers to another are recorded."""
DOWN_AGAIN = timedelta(seconds=2)
"""Until a carrier is asked again whose line is down; the binds come up by themselves meanwhile."""
SPARE_S = 10.0


class SmppConnector:
    """A carrier over SMPP 3.4. Its binds are made by `open` and kept up until `close`."""

    def __init__(self, context: ConnectorContext, settings: SmppSettings) -> None:
        self.capabilities = Capabilities(
            receipts=settings.registered_delivery and settings.receives,
            rate=settings.rate,
            batch_size=settings.batch_size,
            inbound=settings.inbound and settings.receives,
            lanes=LANES,
        )
        self._context = context
        self._settings = settings
        self._references = count(random.getrandbits(16))
        self._line: Line | None = None
        self._postman: Postman | None = None

    def open(self, sink: Sink) -> None:
        """Begin to connect; a carrier that is not there yet may come later."""
        if self._line is not None:
            return
        name, settings = f"smpp {self._context.name}", self._settings
        ids = Ids(settings.message_id_format, self._context.folder / "ids.txt")
        ids.load()
        self._line = line = Line(name, settings, Traffic(ids), self._context.clock)
        reading = Reading(
            ids, reasons(settings.error_table, settings.own_errors), settings.default_alphabet, settings.inbound
        )
        self._postman = Postman(sink, reading, line.answer, settings.join_s)
        self._postman.start(f"{name} postman")
        line.start(self._postman)

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Write a batch over the binds that are up, one submit_sm per part, and wait for the answers.

        Raises TemporaryFailure while no line is up or when it went down before anything was written, Throttled when
        every message was put off for going too fast, PermanentFailure when the carrier refuses the credentials or
        the account. A part that was written and not answered makes its message Unknown.
        """
        if self._line is None:
            raise TemporaryFailure("The SMPP connector is closed.")
        if not batch:
            return []
        if len(batch) > self.capabilities.batch_size:
            raise PermanentFailure(f"The connector takes at most {self.capabilities.batch_size} messages at a time.")
        self._require_line(self._line)
        sent = self._sent(self._line, batch)
        outcomes = [Unknown("The line did not say what became of it.") if one is None else one for one in sent.outcomes]
        self._raise_for_all(sent, outcomes)
        return outcomes

    def status(self) -> tuple[LinkStatus, ...]:
        """How each bind stands; nothing while the connector is closed."""
        return () if self._line is None else self._line.status()

    def close(self) -> None:
        """Store what has come, say goodbye, and let go; texts that are not written yet come back as not sent."""
        line, self._line = self._line, None
        postman, self._postman = self._postman, None
        if postman is not None:
            postman.stop()
        if line is not None:
            line.stop()

    def _require_line(self, line: Line) -> None:
        is_up, why, for_good = line.wait_until_up(self._settings.connect_timeout_s + 1)
        if for_good:
            raise PermanentFailure(f"{why}. Check system_id and password with the carrier.")
        if not is_up:
            hint = " Should it stay so, check system_id and password." if "ESME_RBINDFAIL" in why else ""
            raise TemporaryFailure(f"{why}.{hint}", retry_after=DOWN_AGAIN)

    def _sent(self, line: Line, messages: Sequence[OutgoingMessage]) -> Batch:
        batch = Batch([None] * len(messages), len(messages))
        shipments = []
        now = self._context.clock.now()
        for place, message in enumerate(messages):
            try:
                parts = submits(message, self._settings, next(self._references), now)
            except NotAPdu as error:
                batch.settle(place, Rejected(FailureReason.OTHER, "not_smpp", f"SMPP has no room for it: {error}"))
            else:
                ids = [""] * len(parts)
                shipments.append(Shipment(batch, place, message.id, message.to, parts, ids))
        if shipments:
            line.send(batch, shipments)
            batch.is_done.wait(self._settings.write_timeout_s + self._settings.response_timeout_s + SPARE_S)
        return batch

    def _raise_for_all(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """Say of a batch of which nothing was sent what the engine can act on."""
        put_off = [one for one in outcomes if isinstance(one, NotSent)]
        if len(put_off) < len(outcomes):
            return
        why = f"{self._settings.host}:{self._settings.port} answered {put_off[0].code}"
        pause = timedelta(seconds=max(one.retry_after_s for one in put_off))
        if batch.barred:
            raise PermanentFailure(
                f"{self._settings.host}:{self._settings.port} refuses whatever it is sent, with {batch.barred}."
            )
        if batch.throttled:
            raise Throttled(f"{why}.", retry_after=pause)
        raise TemporaryFailure(f"Nothing was sent: {put_off[0].code}.", retry_after=pause)
