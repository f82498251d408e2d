"""How fast mails become campaigns, and how long each waits for its 250: a real listener, and a real client beside it.

The listener is a process of its own (`hub service mail_to_sms`) with the settings of hub.ini, but for its rate limits
and the guard that takes ten thousand alerts to neighbouring numbers for fraud; the client speaks SMTP command by
command, as mail programs do. Rates are mails per second with every connection busy. Waits are from DATA to 250 while
mails come in at random moments, so many a second on average, whether or not those before them have been answered.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Self

from site_under_test import peak_of

from hub.bootstrap import build
from hub.plugin_manager import Plugins
from hub.testing.ports import free_port
from hub_mail_to_sms.addresses import Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

PER_SECOND = 100
"""How many mails arrive while their waits are measured."""
MANY = 50
MANY_FROM = 4
"""Addresses of this machine that the many connections come from: one alone may have twenty."""
START_WITHIN_S = 60
MAIL = """\
From: Salon Exemple <accueil@salon.example>\r
To: {to}\r
Message-ID: <{number}@salon.example>\r
Date: Tue, 24 Nov 2026 10:00:00 +0100\r
Subject: 06 12 34 {pair:02d} {last:02d}\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset="utf-8"\r
Content-Transfer-Encoding: 8bit\r
\r
Bonjour, votre rendez-vous est confirmé mardi à 14h30. Merci, le salon\r
-- \r
Salon Exemple\r
.\r
"""


@dataclass(frozen=True, slots=True)
class MailRates:
    """What was measured on one database; the peak is that of the listener's memory, in MB."""

    one_connection_per_s: float
    fifty_connections_per_s: float
    p50_ms: float
    p99_ms: float
    peak_mb: int


def measure(kind: str, url: str, folder: Path, *, seconds: float = 8, per_second: float = PER_SECOND) -> MailRates:
    """Measure a listener on a migrated database, for so many seconds each way; `folder` is for its files.

    Raises RuntimeError when a mail is refused or lost.
    """
    environ = _settings(url, folder)
    core = build(None, environ=environ, plugins=Plugins.load(quiet=True))
    account, _ = core.accounts.create(f"bench {kind}", "FR", credits_=1_000_000)
    to = Addresses(core).address_of(account.id)
    core.close()
    with _listener(environ) as (port, process):
        rates = asyncio.run(_drive(port, to, seconds, per_second))
        peak = peak_of(process.pid)
    return MailRates(*rates, peak)


async def _drive(port: int, to: str, seconds: float, per_second: float) -> tuple[float, float, float, float]:
    letters = _letters(to)
    await _rate(port, to, letters, 1, 1.0)  # the first mails of a process pay for what it has not read yet
    waits = await _waits(port, to, letters, seconds, per_second)
    one = await _rate(port, to, letters, 1, seconds)
    many = await _rate(port, to, letters, MANY, seconds)
    percentiles = quantiles(waits, n=100)
    return one, many, percentiles[49] * 1000, percentiles[98] * 1000


async def _rate(port: int, to: str, letters: Iterator[bytes], connections: int, seconds: float) -> float:
    """Mails per second over so many connections, each sending one after the other."""
    clients = [await _Client.connect(port, to, number) for number in range(connections)]
    began = time.perf_counter()
    sent = await asyncio.gather(*(_send_until(began + seconds, client, letters) for client in clients))
    took = time.perf_counter() - began
    for client in clients:
        await client.leave()
    return sum(sent) / took


async def _send_until(end: float, client: _Client, letters: Iterator[bytes]) -> int:
    for sent in count(1):
        await client.deliver(next(letters))
        if time.perf_counter() >= end:
            return sent
    raise AssertionError("counting has no end")


async def _waits(port: int, to: str, letters: Iterator[bytes], seconds: float, per_second: float) -> list[float]:
    """How long each of the mails that came at random moments waited, in seconds; for a free connection too."""
    clients = [await _Client.connect(port, to, number) for number in range(MANY)]
    idle = asyncio.Queue[_Client]()
    for client in clients:
        idle.put_nowait(client)
    waits: list[float] = []

    async def deliver() -> None:
        came = time.perf_counter()
        client = await idle.get()
        waited = time.perf_counter() - came
        waits.append(waited + await client.deliver(next(letters)))
        idle.put_nowait(client)

    chance = random.Random(2026)  # noqa: S311 - the same moments every time
    due = time.perf_counter()
    async with asyncio.TaskGroup() as deliveries:
        for _ in range(int(seconds * per_second)):
            due += chance.expovariate(per_second)
            await asyncio.sleep(due - time.perf_counter())
            deliveries.create_task(deliver())
    for client in clients:
        await client.leave()
    return waits


@dataclass(eq=False)
class _Client:
    """A mail program on one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    to: bytes

    @classmethod
    async def connect(cls, port: int, to: str, number: int) -> Self:
        """Connect and greet."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(f"127.0.0.{number % MANY_FROM + 1}", 0)
        )
        client = cls(reader, writer, to.encode())
        await client.expect(b"220")
        await client.say(b"EHLO client.example\r\n", b"250")
        return client

    async def deliver(self, mail: bytes) -> float:
        """Send a mail; the seconds from DATA to its 250."""
        await self.say(b"MAIL FROM:<accueil@salon.example>\r\n", b"250")
        await self.say(b"RCPT TO:<" + self.to + b">\r\n", b"250")
        began = time.perf_counter()
        await self.say(b"DATA\r\n", b"354")
        await self.say(mail, b"250 2.0.0 Ok: 1 accepted")
        return time.perf_counter() - began

    async def say(self, words: bytes, answer: bytes) -> None:
        """Send something, and hear the answer that it must have."""
        self.writer.write(words)
        await self.expect(answer)

    async def expect(self, answer: bytes) -> None:
        """Hear a reply to its end."""
        while (line := await self.reader.readline())[3:4] == b"-":
            pass
        if not line.startswith(answer):
            raise RuntimeError(f"expected {answer!r}, heard {line!r}")

    async def leave(self) -> None:
        """Say goodbye."""
        await self.say(b"QUIT\r\n", b"221")
        self.writer.close()
        await self.writer.wait_closed()


def _letters(to: str) -> Iterator[bytes]:
    for number in count():
        pair, last = divmod(number % 9900, 100)
        yield MAIL.format(to=to, number=number, pair=pair, last=last).encode()


def _settings(url: str, folder: Path) -> dict[str, str]:
    """What the listener's process is told beyond hub.ini."""
    return {
        **os.environ,
        "HUB_HUB_DATA_DIR": str(folder),
        "HUB_HUB_DATABASE_URL": url,
        "HUB_HUB_REDIS_URL": "none",
        "HUB_GUARD_DAY_CREDITS": "0",
        "HUB_GUARD_HOUR_CREDITS": "0",
        "HUB_GUARD_WATCHED": "0",
        "HUB_MAIL_TO_SMS_PORT": str(free_port()),
        "HUB_MAIL_TO_SMS_MAILS_PER_MINUTE": "100000",
        "HUB_MAIL_TO_SMS_MAILS_PER_MINUTE_PER_SENDER": "100000",
    }


@contextmanager
def _listener(environ: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A listener as operators run it: its port, and its process."""
    port = int(environ["HUB_MAIL_TO_SMS_PORT"])
    command = [sys.executable, "-m", "hub", "service", "mail_to_sms"]
    log = Path(environ["HUB_HUB_DATA_DIR"]) / "listener.log"
    with log.open("wb") as stream, subprocess.Popen(command, env=environ, stderr=stream) as process:
        try:
            _wait_for(port, process)
            yield port, process
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the listener did not start")
