"""Mutated mails through the real listener: each is answered with a sentence, and nothing else happens."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import PATIENCE_S, Wire, a_mail
from .processes import ListenerProcess, listener_process
from .storms import storm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Listener, ListenOn

    Listen = Callable[..., Listener]


pytestmark = pytest.mark.slow
SEED = int(os.environ.get("TEXTOHUB_MAIL_SEED", "20261124"))
CONNECTIONS = 8
ROOM = {"mails_per_minute": 100_000, "mails_per_minute_per_sender": 100_000}


def test_two_thousand_mutants_are_answered_with_sentences(
    listen: Listen, said_in_the_log: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """Yes or no, never "try again" and never an exception; what was said yes to is stored, and nothing else."""
    listener = listen(**ROOM)
    listener.hub.core.accounts.add_credits(listener.hub.account.id, 1_000_000)
    heard = storm(listener.port, listener.address, seed=SEED, mails=2000, connections=CONNECTIONS)
    assert (heard.wrong, heard.codes.total()) == ([], 2000), f"seed {SEED}"
    assert len(listener.texts()) == heard.accepted > 200
    assert [event for event in said_in_the_log if event["log_level"] not in ("info", "debug")] == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    assert listener.wait_until_alone()
    assert listener.deliver(a_mail(text="Encore debout")).startswith("250")


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("kind", "mails"), [("sqlite", 30_000), ("postgresql", 3000)])
def test_tens_of_thousands_of_mutants_are_answered_with_sentences(
    listen_on: ListenOn, tmp_path: Path, tell: Callable[[str], None], kind: str, mails: int
) -> None:
    """The same through a listener as operators run it: it serves on, and every client is gone."""
    listener = listen_on(kind)
    listener.hub.core.accounts.add_credits(listener.hub.account.id, 1_000_000)
    with listener_process(listener, tmp_path, **ROOM) as running:
        began = time.monotonic()
        heard = storm(running.port, listener.address, seed=SEED, mails=mails, connections=CONNECTIONS)
        tell(f"{kind}: seed {SEED}, {mails} mutants in {time.monotonic() - began:.0f} s, {running.peak_mb():.0f} MB")
        tell(str(dict(heard.codes.most_common())))
        assert (heard.wrong, heard.codes.total()) == ([], mails), f"seed {SEED}"
        assert len(listener.texts()) == heard.accepted > mails / 10
        assert [event for event in running.logged() if event["level"] not in ("info", "debug")] == []
        assert is_alone(running)
        assert running.peak_mb() < 300
        with Wire(running.port) as wire:
            wire.begin_data(listener.address)
            assert wire.say(a_mail(text="Encore debout") + b"\r\n.").startswith("250")


def is_alone(running: ListenerProcess) -> bool:
    """Whether every client is gone, given some time."""
    end = time.monotonic() + PATIENCE_S
    while running.clients() and time.monotonic() < end:
        time.sleep(0.05)
    return not running.clients()
