from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from hub import Connector, ConnectorContext, Submitted
from hub.clock import SystemClock
from hub.testing.contract import ConnectorContract, OpenLine, outgoing
from hub_sandbox.connector import Sandbox
from hub_sandbox.ledger import Ledger
from hub_sandbox.remote import RemoteSandbox
from hub_sandbox.settings import SandboxSettings
from hub_sandbox.testing import CarrierProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class _SandboxContract(ConnectorContract):
    """The contract, with the sandbox's settings as its only difference."""

    settings: ClassVar[Mapping[str, object]] = {}

    def build(self, context: ConnectorContext) -> Connector:
        """Build a sandbox whose receipts come soon."""
        return Sandbox(context, SandboxSettings.model_validate(self._keys()))

    @classmethod
    def _keys(cls) -> dict[str, object]:
        return {"receipt_delay_s": 0.02, "seed": 3, **cls.settings}


class TestAsShipped(_SandboxContract):
    """A sandbox as it comes."""


class TestOneIdPerMessage(_SandboxContract):
    """A carrier that counts messages, not parts, and reports in any order."""

    settings: ClassVar[Mapping[str, object]] = {"one_id_per_part": False, "receipt_order": "random", "batch_size": 7}


class TestUnrulyReceipts(_SandboxContract):
    """A carrier whose receipts come early, twice, for nobody, and without our reference."""

    settings: ClassVar[Mapping[str, object]] = {
        "early_receipts": 0.5,
        "duplicate_receipts": 0.5,
        "foreign_receipts": 0.5,
        "echo_client_ref": False,
        "receipt_delay_s": 0,
    }


class TestWithoutReceipts(_SandboxContract):
    """A carrier that never reports."""

    settings: ClassVar[Mapping[str, object]] = {"receipts": False}


class TestIdempotent(_SandboxContract):
    """A carrier that knows a repeat, over a slow line of its own pace."""

    settings: ClassVar[Mapping[str, object]] = {"idempotent": True, "latency_ms": 5, "rate": 1000}

    @pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two"])
    def test_the_ledger_has_a_repeat_once(self, line: OpenLine, context: ConnectorContext, *, apart: bool) -> None:
        """The carrier's own word: taken once."""
        message = outgoing()
        outcomes = line.submit(message) + line.submit(message) if apart else line.submit(message, message)
        ledger = Ledger.in_folder(context.folder)
        taken = ledger.times_taken()
        ledger.close()
        assert taken == {message.id: 1}
        assert isinstance(outcomes[0], Submitted)


class _OverASocket(_SandboxContract):
    """The same carrier as a process of its own, one for all tests of a class."""

    carrier: ClassVar[CarrierProcess]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _carrier(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        cls.carrier = CarrierProcess(tmp_path_factory.mktemp("carrier"), cls._keys())
        cls.carrier.start()
        yield
        assert cls.carrier.stop() == 0

    @pytest.fixture
    def context(self, tmp_path: Path) -> ConnectorContext:
        """A connector that knows nothing of the carrier's folder but its name."""
        return ConnectorContext("contract", tmp_path, SystemClock())

    def build(self, context: ConnectorContext) -> Connector:
        """Build the way to it."""
        keys = self._keys() | {"address": self.carrier.address}
        return RemoteSandbox(context, SandboxSettings.model_validate(keys))


class TestAsShippedOverASocket(_OverASocket, TestAsShipped):
    """A carrier of its own, as it comes."""


class TestOneIdPerMessageOverASocket(_OverASocket, TestOneIdPerMessage):
    """A carrier of its own that counts messages, and reports in any order."""


class TestUnrulyReceiptsOverASocket(_OverASocket, TestUnrulyReceipts):
    """A carrier of its own whose receipts come early, twice and for nobody."""


class TestWithoutReceiptsOverASocket(_OverASocket, TestWithoutReceipts):
    """A carrier of its own that never reports."""


class TestIdempotentOverASocket(_OverASocket, _SandboxContract):
    """A carrier of its own that knows a repeat."""

    settings: ClassVar[Mapping[str, object]] = TestIdempotent.settings
