"""What goes over the line between the hub and a carrier of its own: frames, each a length and JSON.

The hub says `hello`, `submit` and `got` (or `refused`); the carrier says `hello`, `answer`, `error`,
`receipts` and `texts`. A frame of which the last byte is missing counts as never sent: a carrier takes whole frames
only.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

PROTOCOL = "textohub-sandbox-1"
HEADER = struct.Struct(">I")
LONGEST = 64 * 1024 * 1024
"""The largest frame, in bytes: ten thousand messages of the longest text fit."""

Frame = dict[str, Any]


class NotAFrame(ValueError):
    """What came over the line makes no sense."""


def packed(frame: Frame) -> bytes:
    """A frame as it goes over the line."""
    body = json.dumps(frame, separators=(",", ":")).encode()
    return HEADER.pack(len(body)) + body


def receive(line: socket.socket, *, patiently: bool = True) -> Frame | None:
    """Wait for the next frame; None at the end of the line.

    Raises NotAFrame for nonsense and OSError for a line that breaks; a line that ends inside a frame just ends.
    Where it is not to wait `patiently`, it raises TimeoutError when the socket's timeout passes in silence.
    """
    header = _exactly(line, HEADER.size, patiently)
    if header is None:
        return None
    (length,) = HEADER.unpack(header)
    if length > LONGEST:
        raise NotAFrame(f"a frame of {length} bytes was announced")
    body = _exactly(line, length, patiently)
    return None if body is None else _parsed(body)


def _parsed(body: bytes) -> Frame:
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAFrame(f"a frame is no JSON: {error}") from error
    if not isinstance(frame, dict):
        raise NotAFrame(f"a frame is no object but {type(frame).__name__}")
    return frame


def _exactly(line: socket.socket, length: int, patiently: bool) -> bytes | None:  # noqa: FBT001 - handed through
    wanted = bytearray(length)
    view = memoryview(wanted)
    while view:
        try:
            count = line.recv_into(view)
        except TimeoutError:
            if patiently:  # the timeout is for writing; nothing to hear is no fault
                continue
            raise
        if count == 0:
            return None
        view = view[count:]
    return bytes(wanted)
