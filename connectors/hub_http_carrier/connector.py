"""The connector: messages in groups, requests in parallel, a word for each message, and no request made twice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from hub import Capabilities, PermanentFailure, TemporaryFailure, Throttled
from hub_http_carrier.answers import REASONS, Said, read_answer
from hub_http_carrier.definition import Verdict
from hub_http_carrier.fields import fields_of
from hub_http_carrier.wire import Limits, NoAnswer, NotWritten, Wire
from hub_http_carrier.writing import Unwritable, request_for

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_http_carrier.auth import Asked
    from hub_http_carrier.definition import Definition
    from hub_http_carrier.settings import HttpSettings
    from hub_http_carrier.templates import Fields

log = structlog.get_logger(__name__)

BEGIN_WITHIN_S = 20.0
"""Seconds after which a call to `submit` begins no other request, so that it ends within the engine's lease."""
_LEAST_WINDOW, _MOST_WINDOW = 100, 1000
_NO_WORDS = Said(Verdict.OTHER, "sender", "This carrier takes numbers as senders, and no words.")


def capabilities_of(settings: HttpSettings, definition: Definition) -> Capabilities:
    """What the engine is told of a carrier."""
    window = settings.parallel * (settings.batch_size or definition.batch.size)
    return Capabilities(
        receipts=settings.receipts and definition.receipts is not None,
        alphanumeric_sender=definition.alphanumeric_sender,
        idempotent=definition.request.idempotent,
        rate=settings.rate,
        batch_size=min(_MOST_WINDOW, max(_LEAST_WINDOW, window)),
        inbound=settings.inbound and definition.inbound is not None,
        lanes=2,
    )


@dataclass
class _Round:
    """One call of `submit`: when it ends, and what the carrier said that holds for all that is left."""

    begin_until: float
    stop: Said | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refuses(self) -> Said | None:
        """Why a request should not be begun, if so."""
        if self.stop is None and time.monotonic() > self.begin_until:
            return Said(Verdict.TEMPORARY, "", "The carrier is slow, and its turn did not come.", after_s=1.0)
        return self.stop

    def hear(self, said: Said) -> None:
        """Remember what holds for the requests that were not begun."""
        with self.lock:
            if said.of_line and self.stop is None:
                self.stop = said


class HttpCarrier:
    """A carrier with an HTTP API. Receipts and texts from phones come in by `callbacks.py`, in the web process."""

    def __init__(self, context: ConnectorContext, settings: HttpSettings, definition: Definition) -> None:
        self.capabilities = capabilities_of(settings, definition)
        self._definition, self._clock, self._name = definition, context.clock, context.name
        self._url = settings.url or definition.request.url
        self._size = min(settings.batch_size or definition.batch.size, definition.batch.size)
        self._workers = settings.parallel
        self._constants = settings.constants(
            context.name, context.public_url, receipts=self.capabilities.receipts, inbound=self.capabilities.inbound
        )
        self._wire = Wire(
            Limits(
                settings.connect_timeout_s,
                settings.read_timeout_s,
                settings.whole_timeout_s,
                settings.max_answer_kb * 1024,
                settings.parallel,
            ),
            settings.ca_file,
        )
        self._pool: ThreadPoolExecutor | None = None

    def open(self, sink: Sink) -> None:  # noqa: ARG002 - what the carrier says later comes to the web process
        """Get ready to make requests; connections are made by the first ones."""
        self._wire.open()
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="http-carrier")

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Hand a batch over in as few requests as the carrier allows.

        Raises TemporaryFailure when it cannot be reached, Throttled when it wants a pause, PermanentFailure when it
        does not know the account: each only where nothing of the batch was sent.
        """
        pool = self._pool
        if pool is None:
            raise TemporaryFailure("The connector is closed.")
        if not batch:
            return []
        now, spec = self._clock.now(), self._definition
        fields = [fields_of(one, self._constants, spec.fields, now, spec.request.most_validity_s) for one in batch]
        words = {place: _NO_WORDS for place, one in enumerate(fields) if not self._can_send_from(one)}
        rest = [place for place in range(len(fields)) if place not in words]
        for group, future in self._begin(pool, fields, rest):
            words |= dict(zip(group, future.result(), strict=True))
        return concluded([words[place] for place in range(len(batch))])

    def _can_send_from(self, fields: Fields) -> bool:
        return self.capabilities.alphanumeric_sender or fields["sender_kind"] != "word"

    def _begin(
        self, pool: ThreadPoolExecutor, fields: Sequence[Fields], places: Sequence[int]
    ) -> list[tuple[list[int], Future[list[Said]]]]:
        """Begin the requests for the messages at some places: which are in each, and what will be said of them."""
        turn = _Round(time.monotonic() + BEGIN_WITHIN_S)
        parted = groups_of([fields[place] for place in places], self._definition.batch.same, self._size)
        groups = [[places[one] for one in group] for group in parted]
        return [(group, _begun(pool, self._ask, turn, [fields[one] for one in group])) for group in groups]

    def close(self) -> None:
        """Finish the requests that are under way, end every thread, let the connections go."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)
            self._wire.close()

    def _ask(self, turn: _Round, group: Sequence[Fields]) -> list[Said]:
        """Make one request. It is made once: what went wrong after its first byte is for a person or a receipt."""
        if (refusal := turn.refuses()) is not None:
            return [refusal] * len(group)
        try:
            asked = request_for(self._definition, self._url, group, self._clock.now())
        except Unwritable as error:
            said = Said(Verdict.OTHER, "unwritable", f"The request cannot be written: {error}.")
            return [said] if len(group) == 1 else self._each(turn, group)
        words = self._answered(asked, group)
        for said in words:
            turn.hear(said)
        is_refused = words[0].of_request and words[0].verdict in REASONS
        return self._each(turn, group) if is_refused and len(group) > 1 else words

    def _answered(self, asked: Asked, group: Sequence[Fields]) -> list[Said]:
        try:
            reply = self._wire.ask(asked)
            return read_answer(self._definition.answer, reply, group, self._clock.now())
        except NotWritten as error:
            return [Said(Verdict.TEMPORARY, "", f"The carrier cannot be reached: {error}", of_line=True)] * len(group)
        except NoAnswer as error:
            return [Said(Verdict.UNKNOWN, "", f"The answer was lost: {error}")] * len(group)
        except Exception:  # one request must not put those beside it in doubt
            log.exception("carrier_answer_not_understood", connector=self._name)
            return [Said(Verdict.UNKNOWN, "", "The hub stumbled over the answer; the log says how.")] * len(group)

    def _each(self, turn: _Round, group: Sequence[Fields]) -> list[Said]:
        """Ask for each alone where one of them is why all were refused: nothing of the group was sent."""
        return [said for fields in group for said in self._ask(turn, [fields])]


def _begun(
    pool: ThreadPoolExecutor,
    ask: Callable[[_Round, Sequence[Fields]], list[Said]],
    turn: _Round,
    group: Sequence[Fields],
) -> Future[list[Said]]:
    """A request that is under way; of one that a closing pool does not take, the word that it was not sent."""
    try:
        return pool.submit(ask, turn, group)
    except RuntimeError:
        refused: Future[list[Said]] = Future()
        said = Said(Verdict.TEMPORARY, "", "The connector is being closed.", of_line=True)
        refused.set_result([said] * len(group))
        return refused


def groups_of(fields: Sequence[Mapping[str, object]], same: Sequence[str], size: int) -> list[list[int]]:
    """Places of messages that may go in one request: alike in `same`, `size` at most, no number twice."""
    groups: list[list[int]] = []
    filling: dict[Hashable, tuple[list[int], set[object]]] = {}
    for place, one in enumerate(fields):
        key = tuple(str(one.get(name)) for name in same)
        group, numbers = filling.get(key, ([], set()))
        if not group or len(group) >= size or one["to"] in numbers:
            group, numbers = [], set()
            filling[key] = (group, numbers)
            groups.append(group)
        group.append(place)
        numbers.add(one["to"])
    return groups


def concluded(words: Sequence[Said]) -> list[Outcome]:
    """The outcomes; raises a ConnectorError where all that was heard is why the line takes nothing."""
    if all(said.of_line or said.verdict is Verdict.TEMPORARY for said in words):
        line = [said for said in words if said.of_line]
        for verdict in (Verdict.ACCOUNT, Verdict.THROTTLED, Verdict.TEMPORARY):
            if told := [said for said in line if said.verdict is verdict]:
                _raise(max(told, key=lambda said: said.after_s))
    return [_of_line(said).outcome() for said in words]


def _of_line(said: Said) -> Said:
    """A message whose account is refused while others were taken waits longer than one that is only slowed down."""
    return replace(said, after_s=max(said.after_s, 60.0)) if said.verdict is Verdict.ACCOUNT else said


def _raise(said: Said) -> None:
    if said.verdict is Verdict.ACCOUNT:
        raise PermanentFailure(f"The carrier refuses the account: {said.told}")
    kind = Throttled if said.verdict is Verdict.THROTTLED else TemporaryFailure
    raise kind(said.told, retry_after=timedelta(seconds=said.after_s))
