"""The connectors that a process holds open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.errors import TemporaryFailure
from hub.messages.lines import Lines
from hub.messages.model import DeliveryReceipt, ReceiptState
from hub.testing.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.messages.connector import Connector, InboundText, Sink


def forget(_: str, __: Sequence[DeliveryReceipt]) -> None:
    """Take receipts, and do nothing with them."""


class _Nobody:
    """Keeps no texts."""

    def take(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Not asked here."""

    def acknowledged(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Not asked here."""


NOBODY = _Nobody()


def test_a_connector_is_built_once_and_kept_open() -> None:
    """Its connection outlives a job."""
    built: list[str] = []

    def build(name: str) -> Connector:
        built.append(name)
        return FakeConnector()

    lines = Lines(build, forget, NOBODY)
    assert (lines.get("a") is lines.get("a"), lines.get("b") is lines.get("a"), built) == (True, False, ["a", "b"])


def test_receipts_come_under_the_name_of_their_connector() -> None:
    """Two of one kind are two carriers."""
    seen: list[tuple[str, str]] = []
    lines = Lines(
        lambda _: FakeConnector(), lambda name, some: seen.extend((name, one.carrier_id) for one in some), NOBODY
    )
    for name in ("a", "b"):
        connector = lines.get(name)
        assert isinstance(connector, FakeConnector)
        assert connector.sink is not None
        connector.sink.receipts([DeliveryReceipt("1", ReceiptState.DELIVERED)])
    assert seen == [("a", "1"), ("b", "1")]


def test_a_connector_that_does_not_open_is_tried_again_the_next_time() -> None:
    """Its failure is a temporary one, whatever it raised."""
    failures = [KeyError("no password"), None]

    class Moody(FakeConnector):
        def open(self, sink: Sink) -> None:
            if failure := failures.pop(0):
                raise failure
            super().open(sink)

    lines = Lines(lambda _: Moody(), forget, NOBODY)
    with pytest.raises(TemporaryFailure, match="no password"):
        lines.get("a")
    assert isinstance(lines.get("a"), Moody)


def test_one_that_does_not_close_does_not_keep_the_others_open() -> None:
    """All are closed, and the failure is heard."""
    closed: list[str] = []

    class Stuck(FakeConnector):
        name = ""

        def close(self) -> None:
            closed.append(self.name)
            if self.name == "b":
                raise RuntimeError("stuck")

    def build(name: str) -> Connector:
        connector = Stuck()
        connector.name = name
        return connector

    lines = Lines(build, forget, NOBODY)
    for name in "abc":
        lines.get(name)
    with pytest.raises(RuntimeError, match="stuck"):
        lines.close()
    assert sorted(closed) == ["a", "b", "c"]


def test_closing_twice_is_harmless() -> None:
    """The second time there is nothing to close."""
    connector = FakeConnector()
    lines = Lines(lambda _: connector, forget, NOBODY)
    lines.get("a")
    lines.close()
    lines.close()
    assert connector.closed == 1
