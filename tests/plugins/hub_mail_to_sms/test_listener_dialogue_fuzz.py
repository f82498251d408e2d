"""Mutated dialogues: whatever a client says, in whatever order, every answer is a sentence and comes to an end."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hub_mail_to_sms import guest

from .conftest import a_mail
from .dialogues import dialogue
from .processes import listener_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Listener, ListenOn

    Listen = Callable[..., Listener]

SEED = int(os.environ.get("TEXTOHUB_MAIL_SEED", "20261124"))
AT_ONCE = 12
PATIENCE_S = 90.0
ANSWER = re.compile(r"(?:[245]\d\d[ -]|354 )[ -~]{2,}|334 [A-Za-z0-9+/=]*")


@dataclass
class Talk:
    """What the clients heard: what was accepted, what should not have been said, and how many were cut off."""

    accepted: int = 0
    cut_off: int = 0
    wrong: list[str] = field(default_factory=list)


def talk(port: int, to: str, seed: int, dialogues: int) -> Talk:
    """Lead so many dialogues, some at a time."""
    heard = Talk()
    numbers = iter(range(dialogues))

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as clients:
            for _ in range(AT_ONCE):
                clients.create_task(_lead(port, to, seed, numbers, heard))

    asyncio.run(all_of_them())
    return heard


async def _lead(port: int, to: str, seed: int, numbers: Iterator[int], heard: Talk) -> None:
    for number in numbers:
        try:
            async with asyncio.timeout(PATIENCE_S):
                lines = await _say_all(port, dialogue(seed, number, to), heard)
        except TimeoutError:
            heard.wrong.append(f"dialogue {number} has no end")
            continue
        heard.wrong += [f"dialogue {number}: {line!r}" for line in lines if not ANSWER.fullmatch(line)]
        heard.accepted += sum(line.startswith("250 2.0.0 Ok: 1 accepted") for line in lines)


async def _say_all(port: int, pieces: list[bytes], heard: Talk) -> list[str]:
    """Say everything, then no more, and hear every answer up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = bytearray()
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.write_eof()
        while received := await reader.read(65536):
            data += received
    except (OSError, RuntimeError):  # the listener hung up while there was more to say
        heard.cut_off += 1
    finally:
        writer.close()
    return data.decode("latin-1").split("\r\n")[:-1]


def assert_all_is_well(listener: Listener, heard: Talk, logged: list[dict[str, Any]]) -> None:
    """Sentences only, nothing in the log, and in the database what was said yes to (some of which was not heard)."""
    assert heard.wrong == [], f"seed {SEED}"
    assert 0 < heard.accepted <= len(listener.texts()) <= heard.accepted + heard.cut_off
    level = {"error", "critical", "warning"}
    assert [event for event in logged if {event.get("level"), event.get("log_level")} & level] == []
    assert listener.deliver(a_mail(text="Encore debout")).startswith("250")


def test_mutated_dialogues_are_answered_with_sentences(
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
    said_in_the_log: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A thousand of them, a dozen at a time."""
    monkeypatch.setattr(guest, "FAILURE_DELAY_S", 0.0)
    listener = listen(mails_per_minute=100_000, mails_per_minute_per_sender=100_000)
    heard = talk(listener.port, listener.address, SEED, 1000)
    assert_all_is_well(listener, heard, said_in_the_log)
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    assert listener.wait_until_alone()


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_many_mutated_dialogues_are_answered_with_sentences(
    listen_on: ListenOn, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Ten thousand, with a listener as operators run it."""
    listener = listen_on("sqlite")
    listener.hub.core.accounts.add_credits(listener.hub.account.id, 100_000)
    with listener_process(listener, tmp_path, mails_per_minute=100_000, mails_per_minute_per_sender=100_000) as running:
        heard = talk(running.port, listener.address, SEED + 1, 10_000)
        tell(f"seed {SEED + 1}: 10,000 dialogues, {heard.accepted} mails accepted, {heard.cut_off} cut off")
        assert_all_is_well(listener, heard, running.logged())
