"""The binds of one connector: each is kept up by a task of its own, in one event loop, in one thread."""

from __future__ import annotations

import asyncio
import random
import ssl
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - a dataclass's field
from typing import TYPE_CHECKING

import structlog

from hub_smpp.codes import STATUS_NAMES, Status, status_name
from hub_smpp.errors import BIND_REFUSALS
from hub_smpp.pdu import BindReceiver, BindTransceiver, BindTransmitter
from hub_smpp.session import Session
from hub_smpp.settings import BindAs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub import Clock
    from hub_smpp.pdu import Pdu
    from hub_smpp.session import Owner
    from hub_smpp.settings import SmppSettings

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.5
REFUSED_PAUSE_S = 15.0
"""At least so long after a bind that was refused for its credentials: carriers lock who tries too often."""
STEADY_S = 10.0
"""A line that held for so long begins again with the shortest pause when it breaks."""

_KINDS: dict[BindAs, tuple[type[Pdu], ...]] = {
    BindAs.TRANSCEIVER: (BindTransceiver,),
    BindAs.TRANSMITTER: (BindTransmitter,),
    BindAs.RECEIVER: (BindReceiver,),
    BindAs.BOTH: (BindTransmitter, BindReceiver),
}


class BindRefused(ConnectionError):
    """The carrier said no to the bind; `final` when only a person can mend it."""

    def __init__(self, why: str, *, final: bool) -> None:
        self.final = final
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How one bind stands, `since` when. `reason` is why it is down, or was last; `rate` is its limit."""

    name: str
    kind: str
    is_up: bool
    since: datetime
    reason: str | None
    refused: bool
    window: int
    in_flight: int
    rate: float | None


def kinds_of(bind: BindAs) -> tuple[type[Pdu], ...]:
    """The bind PDUs that one `bind` needs, one per line."""
    return _KINDS[bind]


def tls_of(settings: SmppSettings) -> ssl.SSLContext | None:
    """How the line is encrypted, the host's name checked. Raises OSError for a `ca_file` that cannot be read."""
    if not settings.tls:
        return None
    return ssl.create_default_context(cafile=None if settings.ca_file is None else str(settings.ca_file))


def pause_s(tries: int, longest_s: float) -> float:
    """Until the next try to connect: twice as long each time, and anywhere within it, so that not all come at once."""
    return random.uniform(0.1, max(0.1, min(longest_s, FIRST_PAUSE_S * 2.0 ** min(tries, 20))))  # noqa: S311 - no secret


class Bind:
    """One bind, kept up until it is stopped. `changed` is called whenever it went up or down."""

    def __init__(
        self,
        name: str,
        kind: type[Pdu],
        settings: SmppSettings,
        owner: Owner,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.sends = kind is not BindReceiver
        self.session: Session | None = None
        self.reason: str | None = None
        self.refused = False
        self.tried = False
        self._kind = kind
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._changed = changed
        self._since = clock.now()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    @property
    def is_up(self) -> bool:
        """Whether it is bound."""
        return self.session is not None and self.session.is_bound

    def start(self) -> None:
        """Begin to keep it up."""
        self._task = asyncio.get_running_loop().create_task(self._keep(), name=self.name)

    async def stop(self) -> None:
        """Say goodbye and let go."""
        session, self._is_stopping = self.session, True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if session is not None:
            await session.unbind()

    def status(self) -> LinkStatus:
        """How it stands."""
        session = self.session
        return LinkStatus(
            self.name,
            self._kind.__name__,
            self.is_up,
            self._since,
            self.reason,
            self.refused,
            self._settings.window,
            session.in_flight if session else 0,
            session.pace.rate if session else None,
        )

    async def _keep(self) -> None:
        tries = 0
        while True:
            began = self._clock.monotonic()
            try:
                session = await self._connect()
            except (OSError, TimeoutError) as error:  # a certificate that does not fit is an OSError too
                self._note_down(_why(error, self._settings), refused=isinstance(error, BindRefused) and error.final)
            else:
                await session.is_closed.wait()
                if self._clock.monotonic() - began > STEADY_S:
                    tries = 0
            wait_s = pause_s(tries, self._settings.reconnect_max_s)
            tries += 1
            await asyncio.sleep(max(wait_s, REFUSED_PAUSE_S) if self.refused else wait_s)

    async def _connect(self) -> Session:
        settings = self._settings
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(settings.connect_timeout_s):
            tls = tls_of(settings)
            _, session = await loop.create_connection(
                self._new_session, settings.host, settings.port, ssl=tls, server_hostname=settings.host if tls else None
            )
            try:
                await self._bind(session)
            except BaseException:
                self.session = None
                session.drop("the bind did not succeed")
                raise
        self._note_up()
        self._owner.room(session)
        return session

    async def _bind(self, session: Session) -> None:
        settings = self._settings
        answer = await session.ask(
            self._kind(  # type: ignore[call-arg]  # one of the three binds
                system_id=settings.system_id,
                password=settings.password.get_secret_value(),
                system_type=settings.system_type,
                address_range=settings.address_range,
            ),
            settings.connect_timeout_s,
        )
        if answer.status != Status.ESME_ROK:
            name = status_name(answer.status)
            raise BindRefused(
                f"the bind was refused with {name}", final=STATUS_NAMES.get(answer.status) in BIND_REFUSALS
            )
        if answer.command != self._kind.command | 0x80000000:
            raise BindRefused(f"the bind was answered by a {type(answer).__name__}", final=False)

    def _new_session(self) -> Session:
        settings = self._settings
        session = Session(
            self._owner,
            self.name,
            window=settings.window,
            enquire_link_s=settings.enquire_link_s,
            response_timeout_s=settings.response_timeout_s,
        )
        session.sends = self.sends
        self.session = session
        return session

    def _note_up(self) -> None:
        if not self.is_up:
            return  # what stood behind the carrier's yes has ended the line already
        self._since, self.refused, self.tried = self._clock.now(), False, True
        log.info("bound", line=self.name, carrier=f"{self._settings.host}:{self._settings.port}")
        self._changed()

    def ended(self, why: str) -> None:
        """Note that its line is gone."""
        self.session = None
        self._note_down(f"{self._settings.host}:{self._settings.port}: {why}", refused=False)

    def _note_down(self, why: str, *, refused: bool) -> None:
        if self.reason != why and not self._is_stopping:
            log.warning("line_down", line=self.name, reason=why)
        self._since, self.reason, self.refused, self.tried = self._clock.now(), why, refused, True
        self._changed()


def _why(error: BaseException, settings: SmppSettings) -> str:
    carrier = f"{settings.host}:{settings.port}"
    if not str(error):
        return f"{carrier}: no connection and bind within {settings.connect_timeout_s:g} s"
    return f"{carrier}: {error}"
