"""Many clients at once that send mutants: over a few connections each, and what they heard."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from .mutants import mutant

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 60.0
"""How long a mail may wait for its reply, on a machine with other things to do."""
PER_CONNECTION = 50
SENTENCE = re.compile(r"[245]\d\d [245]\.\d\.\d{1,2} [ -~]{5,}")
_ACCEPTED = re.compile(r"250 2\.0\.0 Ok: \d+ accepted")


@dataclass
class Heard:
    """What the clients of a storm heard: how often each code, and every reply that should not have been."""

    codes: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, number: int, reply: str) -> None:
        """Count a mail's reply. Putting it off is wrong, too: nothing is amiss here but the mail."""
        self.codes[reply[:9]] += 1
        self.accepted += bool(_ACCEPTED.match(reply))
        if not SENTENCE.fullmatch(reply) or reply.startswith("4"):
            self.wrong.append(f"mutant {number}: {reply!r}")


def storm(port: int, to: str, *, seed: int, mails: int, connections: int) -> Heard:
    """Send so many mutants over so many connections at a time; what was heard."""
    heard = Heard()
    numbers = iter(range(mails))

    async def rage() -> None:
        async with asyncio.TaskGroup() as clients:
            for _ in range(connections):
                clients.create_task(_send_all(port, to, seed, numbers, heard))

    asyncio.run(rage())
    return heard


async def _send_all(port: int, to: str, seed: int, numbers: Iterator[int], heard: Heard) -> None:
    while await _send_some(port, to, seed, numbers, heard):
        pass


async def _send_some(port: int, to: str, seed: int, numbers: Iterator[int], heard: Heard) -> bool:
    """Send mails over one connection; whether there may be more."""
    line = _Line(*await asyncio.open_connection("127.0.0.1", port))
    await line.reply()
    await line.say(b"EHLO client.example")
    some = list(islice(numbers, PER_CONNECTION))
    for number in some:
        heard.note(number, await line.deliver(to, mutant(seed, number)))
    await line.say(b"QUIT")
    line.writer.close()
    return len(some) == PER_CONNECTION


@dataclass
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def deliver(self, to: str, mail: bytes) -> str:
        """Send a mail with just the bytes that it has; the first refusal, or the reply to it."""
        for command in (b"MAIL FROM:<a@client.example>", b"RCPT TO:<%b>" % to.encode(), b"DATA"):
            reply = await self.say(command)
            if reply[0] not in "23":
                return reply
        return await self.say((b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.")

    async def say(self, words: bytes) -> str:
        """Send something and hear the reply."""
        self.writer.write(words + b"\r\n")
        return await self.reply()

    async def reply(self) -> str:
        """The last line of the next reply; "" when none comes."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (line := await self.reader.readline())[3:4] == b"-":
                    pass
        except (TimeoutError, ConnectionError):
            return ""
        return line.decode().rstrip("\r\n")
