from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import pytest

from hub_sandbox.endpoint import Endpoint, endpoint_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [("127.0.0.1:2780", "127.0.0.1", 2780), ("carrier.example:1", "carrier.example", 1), ("[::1]:0", "::1", 0)],
)
def test_a_port_is_read(written: str, host: str, port: int) -> None:
    """Names, IPv4 and IPv6."""
    assert endpoint_of(written) == Endpoint(host, port)


@pytest.mark.parametrize(
    "written", ["2780", ":2780", "host:", "host:http", "host:65536", "unix:", f"unix:/{'a' * 107}"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    """With a sentence that quotes it or says the limit."""
    with pytest.raises(ValueError, match=r"no address|bytes"):
        endpoint_of(written)


def test_a_socket_that_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    """After SIGKILL the file is still there, and nobody listens on it."""
    endpoint = Endpoint(path=tmp_path / "line")
    endpoint.listen().close()
    with endpoint.listen(), endpoint.call(5):
        assert endpoint.path is not None
        assert endpoint.path.stat().st_mode & 0o777 == 0o600


def test_a_socket_that_somebody_listens_on_is_left_alone(tmp_path: Path) -> None:
    """Two carriers on one address: the second is told."""
    endpoint = Endpoint(path=tmp_path / "line")
    with endpoint.listen():
        with pytest.raises(OSError, match="in use") as caught:
            endpoint.listen()
        assert caught.value.errno == errno.EADDRINUSE
        endpoint.call(5).close()


def test_nobody_there_is_an_error_and_leaves_no_socket_open(tmp_path: Path) -> None:
    """A file that is no socket, and none at all."""
    for name in ("nobody", "line"):
        with pytest.raises(OSError, match=r"No such file|refused"):
            Endpoint(path=tmp_path / name).call(5)
        (tmp_path / "line").touch()


def test_a_free_port_can_be_asked_for() -> None:
    """Port 0 is whichever the kernel gives."""
    with endpoint_of("127.0.0.1:0").listen() as server:
        endpoint = Endpoint("127.0.0.1", server.getsockname()[1])
        with endpoint.call(5) as line:
            assert line.family is socket.AF_INET
