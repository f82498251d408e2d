"""From the server's request to the application's environ, and from its answer back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hub.web.bridge import LEAST_THREADS, UNREADABLE, Bridge, environ_of, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping


@dataclass
class FakeHeaders:
    """Headers as the server hands them over: pairs, names in small letters."""

    pairs: list[tuple[str, str]]
    unread: tuple[str, ...] = ()
    """Names of those whose values are not ASCII: the server does not hand these over."""

    def keys(self) -> list[str]:
        """The name of each."""
        return [*dict(self.pairs), *self.unread]

    def get(self, name: str) -> str | None:
        """The value of one, if it is there."""
        return dict(self.pairs).get(name)

    def __contains__(self, name: str) -> bool:
        """Whether it is there."""
        return name in dict(self.pairs)

    def items(self) -> list[tuple[str, str]]:
        """All of them."""
        return self.pairs


@dataclass
class FakeScope:
    """A request as the server hands it over."""

    headers: FakeHeaders = field(default_factory=lambda: FakeHeaders([]))
    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    http_version: str = "1.1"
    scheme: str = "http"
    server: str = "127.0.0.1:8080"
    client: str = "127.0.0.1:4711"


class Speechless:
    """A client that announces a body, and sends none."""

    heard: int = 0

    def __aiter__(self) -> Speechless:
        """Itself."""
        return self

    async def __anext__(self) -> bytes:
        """Nothing, for long."""
        await asyncio.sleep(3600)
        raise StopAsyncIteration

    def response_bytes(self, status: int, _: object, __: bytes) -> None:
        """Hear an answer."""
        self.heard = status


def test_an_environ_says_what_was_asked_by_whom() -> None:
    """In the words of PEP 3333; a path is the bytes that were sent, read as Latin-1."""
    environ = environ_of(FakeScope(method="POST", path="/caf\u00e9", query_string="a=%C3%A9", client="[::1]:99"))
    told = {name: environ[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR")}
    assert told == {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/caf\u00c3\u00a9",
        "QUERY_STRING": "a=%C3%A9",
        "REMOTE_ADDR": "::1",
    }


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("x-a", "1"), ("x-a", "2")], {"HTTP_X_A": "1,2"}),
        ([("cookie", "a=1"), ("cookie", "b=2")], {"HTTP_COOKIE": "a=1; b=2"}),
        ([("content-type", "a/b"), ("content-length", "3")], {"CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "3"}),
        ([("x_forwarded_for", "203.0.113.1")], {}),
    ],
)
def test_headers_become_variables(pairs: list[tuple[str, str]], expected: dict[str, str]) -> None:
    """Those that come twice are joined; those that would pass for another are left out."""
    environ = environ_of(FakeScope(FakeHeaders(pairs)))
    assert {name: environ[name] for name in environ if name.startswith(("HTTP_", "CONTENT_"))} == expected


def test_a_header_that_cannot_be_read_does_not_pass_for_one_that_was_not_sent() -> None:
    """Or an edit would go ahead without its condition, and a request twice with its key."""
    environ = environ_of(FakeScope(FakeHeaders([("x-a", "1")], ("idempotency-key",))))
    assert (environ["HTTP_X_A"], environ["HTTP_IDEMPOTENCY_KEY"]) == ("1", UNREADABLE)


def test_an_answer_is_had_whole_and_its_source_is_closed() -> None:
    """Its pieces in a row, its headers in small letters."""
    closed = []

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            return iter((b"a", b"", b"bc"))

        def close(self) -> None:
            closed.append(True)

    def app(_: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start("201 Created", [("Location", "/x")])
        return Pieces()

    answer = run(app, {})
    assert (answer.status, answer.headers, answer.content, closed) == (201, [("location", "/x")], b"abc", [True])


def test_an_application_that_breaks_is_a_bare_500(logs: list[MutableMapping[str, Any]]) -> None:
    """The log says why, the answer does not."""

    def app(_: dict[str, Any], __: Callable[..., object]) -> Iterable[bytes]:
        raise LookupError("+33612345678")

    answer = run(app, {})
    assert (answer.status, answer.headers, answer.content) == (500, [], b"")
    assert [line["event"] for line in logs] == ["application_broke"]


def test_an_answer_gives_back_the_place_of_its_request() -> None:
    """Though the application read no more of the body, and keeps its environ."""
    kept = []

    def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        kept.append(environ)
        start("200 OK", [])
        return ()

    bridge, client = Bridge(app, LEAST_THREADS, within_s=0.0), Speechless()
    scope = FakeScope(FakeHeaders([("content-length", "1")]), method="POST")
    asyncio.run(bridge.__rsgi__(scope, client))
    assert (client.heard, kept[0]["wsgi.input"].closed) == (200, True)


def test_one_thread_is_two() -> None:
    """Else whoever waits for a slow body would be the only one."""
    assert Bridge(lambda _, __: (), 1)._pool._max_workers == LEAST_THREADS
