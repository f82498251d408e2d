"""Ports for servers of tests."""

from __future__ import annotations

import random
import socket

FIRST, LAST = 15_000, 32_000
"""Below those that the system gives to connections that go out: one of these could take a port between the moment
when it was found free and the one when its server listens."""
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    while True:
        port = _CHANCE.randrange(FIRST, LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
