"""Bodies that come whole, in pieces, late, or not at all."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from werkzeug.exceptions import RequestTimeout

from hub.web.bodies import Body, BodyStream
from hub.web.places import Places

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOT_LONG_S = 0.05
ABOUT_FOR_EVER_S = 3600.0


async def arriving(*chunks: bytes, then_silence: bool = False) -> AsyncIterator[bytes]:
    """Chunks that are there, and then the end or nothing more."""
    for chunk in chunks:
        yield chunk
    if then_silence:
        await asyncio.sleep(ABOUT_FOR_EVER_S)


def read(*chunks: bytes, gathered: int, then_silence: bool = False, within_s: float = ABOUT_FOR_EVER_S) -> bytes:
    """What a thread reads of a body whose first part was gathered before."""

    async def serve() -> bytes:
        body = Body(arriving(*chunks, then_silence=then_silence), asyncio.get_running_loop(), within_s)
        await body.gather(gathered)
        stream = io.BufferedReader(BodyStream(body, Places(2, quick_s=ABOUT_FOR_EVER_S), lambda: "somebody"))
        return await asyncio.to_thread(stream.read)

    return asyncio.run(serve())


@pytest.mark.parametrize("gathered", [0, 1, 3, 1000])
@pytest.mark.parametrize("chunks", [(), (b"",), (b"abc",), (b"a", b"", b"bc"), (b"x" * 70_000, b"y" * 70_000)])
def test_a_body_is_read_whole_however_much_of_it_was_gathered(chunks: tuple[bytes, ...], gathered: int) -> None:
    """In the order in which it came."""
    assert read(*chunks, gathered=gathered) == b"".join(chunks)


@pytest.mark.parametrize("gathered", [0, 1, 1000])
def test_a_body_that_is_late_is_an_error_and_not_the_end(gathered: int) -> None:
    """Half a request must not pass for a whole one."""
    with pytest.raises(RequestTimeout):
        read(b"abc", gathered=gathered, then_silence=True, within_s=NOT_LONG_S)


def test_a_body_is_given_more_time_the_more_of_it_came() -> None:
    """A large one may be slow; one that trickles may not."""

    async def left_after(size: int) -> bool:
        body = Body(arriving(b"x" * size, then_silence=True), asyncio.get_running_loop(), NOT_LONG_S)
        await body.receive()
        with suppress(TimeoutError):
            await asyncio.wait_for(body.receive(), 10 * NOT_LONG_S)
        return body.is_late

    assert (asyncio.run(left_after(1)), asyncio.run(left_after(1024 * 1024))) == (True, False)


async def dripping(drops: int, every_s: float) -> AsyncIterator[bytes]:
    """Letters, one by one."""
    for _ in range(drops):
        await asyncio.sleep(every_s)
        yield b"x"


def drip_through(places: Places, *, drops: int, every_s: float) -> bytes:
    """What a thread reads of a body that comes a letter at a time."""

    async def serve() -> bytes:
        body = Body(dripping(drops, every_s), asyncio.get_running_loop(), ABOUT_FOR_EVER_S)
        with BodyStream(body, places, lambda: "a") as stream:
            return await asyncio.to_thread(stream.readall)

    return asyncio.run(serve())


def test_a_body_that_drips_needs_a_place() -> None:
    """The while without one is for the whole request, not for each piece."""
    places = Places(2, quick_s=NOT_LONG_S)
    assert places.take("somebody else")
    with pytest.raises(RequestTimeout):
        drip_through(places, drops=20, every_s=NOT_LONG_S / 5)


def test_a_body_that_drips_in_a_place_is_read_and_leaves_it() -> None:
    """The place is held for all of it, and is free again after."""
    places = Places(2, quick_s=NOT_LONG_S)
    assert drip_through(places, drops=20, every_s=NOT_LONG_S / 5) == b"x" * 20
    assert places.take("somebody else")


def test_a_body_that_is_left_unread_leaves_its_place() -> None:
    """Closing it is enough."""

    async def serve() -> tuple[bool, bool]:
        body = Body(dripping(2, NOT_LONG_S), asyncio.get_running_loop(), ABOUT_FOR_EVER_S)
        places = Places(2, quick_s=0.0)
        with BodyStream(body, places, lambda: "a") as stream:
            await asyncio.to_thread(stream.read, 1)
            meanwhile = places.take("somebody else")
        return meanwhile, places.take("somebody else")

    assert asyncio.run(serve()) == (False, True)


def test_once_late_a_body_stays_so() -> None:
    """Nobody waits for it a second time."""

    async def serve() -> int:
        body = Body(arriving(then_silence=True), asyncio.get_running_loop(), ABOUT_FOR_EVER_S)
        places = Places(2, quick_s=0.0)
        stream = BodyStream(body, places, lambda: "a")
        places.take("somebody else")
        for _ in range(2):
            with pytest.raises(RequestTimeout):
                await asyncio.to_thread(stream.read, 1)
        return len(places._taken)

    assert asyncio.run(serve()) == 1
