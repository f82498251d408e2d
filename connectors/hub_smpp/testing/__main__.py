"""The carrier as a process: says `ready` with its port, then takes orders on its standard input, one a line."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from hub_smpp.testing.behaviour import Behaviour, read
from hub_smpp.testing.control import perform
from hub_smpp.testing.smsc import Smsc
from hub_smpp.testing.thread import server_context


def main() -> None:
    """Listen until it is told to stop, or whoever started it is gone."""
    parser = argparse.ArgumentParser(prog="python -m hub_smpp.testing", description="An SMPP carrier for tests.")
    parser.add_argument("--folder", type=Path, required=True, help="where its book is")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="how it behaves")
    parser.add_argument("--cert", type=Path, help="with --key: speak TLS")
    parser.add_argument("--key", type=Path)
    asyncio.run(_serve(parser.parse_args()))


async def _serve(asked: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    smsc = Smsc(Behaviour().but(**read(asked.set)), asked.folder)
    tls = server_context(asked.cert, asked.key) if asked.cert else None
    port = await smsc.start(asked.host, asked.port, tls)
    _say({"ready": port})
    orders = asyncio.create_task(_obey(smsc, stopping))
    await stopping.wait()
    orders.cancel()
    smsc.stop()


async def _obey(smsc: Smsc, stopping: asyncio.Event) -> None:
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name, value = json.loads(line)
        _say(perform(smsc, name, value))
    stopping.set()


def _say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
