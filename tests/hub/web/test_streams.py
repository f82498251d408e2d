"""Answers that go out piece by piece, by the server as it runs: they hold no thread."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from .serving import LOCALHOST, SOON_S, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases

    from .serving import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Server]:
    """A web process with two threads."""
    with running(tmp_path_factory.mktemp("streams"), databases, HUB_WEB_THREADS="2") as made:
        yield made


def opened(server: Server, path: str) -> http.client.HTTPResponse:
    """An answer of which nothing is read yet."""
    connection = http.client.HTTPConnection(LOCALHOST, server.port, timeout=SOON_S)
    connection.request("GET", f"/api/v1/campaigns/{path}", headers={"Authorization": f"Bearer {server.hub.token}"})
    return connection.getresponse()


def test_four_streams_leave_both_threads_free(server: Server) -> None:
    """The first event comes at once, others are answered meanwhile, a fifth stream is refused, and news arrives."""
    sent = server.hub.send().campaign_id
    following = [opened(server, f"{sent}/progress") for _ in range(4)]
    assert {one.status for one in following} == {200}
    assert [first_event(one)["event"] for one in following] == ["progress"] * 4
    assert opened(server, f"{sent}/progress").status == 429
    assert server.send("+33612345678") == 201
    server.hub.drain()
    assert '"submitted":1' in first_event(following[0])["data"]
    for one in following:
        one.close()


def test_who_leaves_gives_the_place_back(server: Server) -> None:
    """Within a sign of life or two, and at the end of its seconds at the latest."""
    sent = server.hub.send().campaign_id
    for _ in range(2):
        following = [taken(server, f"{sent}/progress") for _ in range(4)]
        for one in following:
            one.close()


def test_a_file_of_several_pieces_arrives_whole(server: Server) -> None:
    """In chunks, to its last line."""
    sent = server.hub.send(*(f"+336{number:08d}" for number in range(12_000_000, 12_000_900))).campaign_id
    with closing(opened(server, f"{sent}/messages.csv")) as answer:
        lines = answer.read().decode().splitlines()
    assert (answer.status, len(lines)) == (200, 901)
    assert lines[-1].startswith(f"{sent}-899;+33612000899;FR;pending")


def taken(server: Server, path: str) -> http.client.HTTPResponse:
    """The same, as soon as there is a place for it."""
    found: list[http.client.HTTPResponse] = []

    def is_taken() -> bool:
        found.append(opened(server, path))
        return found[-1].status == 200

    assert until(is_taken, 2 * SOON_S)
    return found[-1]


def first_event(answer: http.client.HTTPResponse) -> dict[str, str]:
    """The next event of a stream, without comments and waiting times."""
    fields: dict[str, str] = {}
    while "event" not in fields:
        fields = {}
        while line := answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
    return fields
