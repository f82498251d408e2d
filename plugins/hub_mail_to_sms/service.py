"""The SMTP listener as a service: it starts, it serves, and it lets the mails in hand finish before it goes."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from hub import StoreUnavailable
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.checks import tls_context
from hub_mail_to_sms.connections import Connections
from hub_mail_to_sms.door import Door
from hub_mail_to_sms.handler import Mailroom
from hub_mail_to_sms.limiter import Limiter
from hub_mail_to_sms.settings import settings_of
from hub_mail_to_sms.signing_in import SignIn
from hub_mail_to_sms.smtp import Dialogue
from hub_mail_to_sms.verification import verifier_for

if TYPE_CHECKING:
    from hub import Hub

DECIDERS = 8
"""Mails decided at once: read, verified, and waiting for their turn to be stored."""
LOOKERS = 4
"""Addresses and tokens looked up at once, not behind the mails."""
TURNS_ON_A_SERVER = 2
"""Mails stored at once on PostgreSQL; on SQLite it is one."""
FINISH_WITHIN_S = 15.0

log = structlog.get_logger(__name__)


class MailService:
    """Listens in a thread of its own, with an event loop of its own."""

    def __init__(self, hub: Hub) -> None:
        settings = settings_of(hub)
        limiter = Limiter(settings)
        self._settings = settings
        self._tls = tls_context(settings)
        self.connections = Connections(settings.connections, settings.connections_per_client)
        self._deciders = ThreadPoolExecutor(DECIDERS, thread_name_prefix="mail")
        turns = threading.Semaphore(_turns_on(hub))
        mailroom = Mailroom(hub, settings, Addresses(hub), limiter, verifier_for(settings), turns)
        self._door = Door(mailroom, deciders=self._deciders)
        self._sign_in = SignIn(hub, limiter)
        self._lookers = ThreadPoolExecutor(LOOKERS, thread_name_prefix="mail-look-up")
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(self._lookers)
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the listener has not started")
        return int(self._server.sockets[0].getsockname()[1])

    def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's warnings repeat what clients said
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(self._dialogue, self._settings.host, self._settings.port), self._loop
        )
        try:
            self._server = listening.result(timeout=10)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take no new connection, let the mails in hand be answered, close the rest."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._say_goodbye(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        for threads in (self._deciders, self._lookers):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _say_goodbye(self) -> None:
        if self._server is not None:
            self._server.close()
        guests = self.connections.guests
        for guest in tuple(guests):
            guest.retire()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.connections.empty.wait(), FINISH_WITHIN_S)
        for guest in tuple(guests):
            guest.drop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _dialogue(self) -> Dialogue:
        try:
            return Dialogue(self._door, self._sign_in, self.connections, self._tls, self._loop)
        except Exception:
            log.exception("no_dialogue")  # asyncio itself would close the connection without a word
            raise


def _turns_on(hub: Hub) -> int:
    try:
        with hub.read() as connection:
            return 1 if connection.dialect.name == "sqlite" else TURNS_ON_A_SERVER
    except StoreUnavailable:  # a server that is away: SQLite is a file
        return TURNS_ON_A_SERVER
