"""What the hub asks of every connector, over SMPP and TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from hub.testing.contract import ConnectorContract
from hub_smpp.connector import SmppConnector
from hub_smpp.settings import SmppSettings
from tests.connectors.hub_smpp.carrier import Carrier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub import Connector, ConnectorContext


class Smpp(ConnectorContract):
    """The contract against a carrier of the test's own."""

    settled_within_s = 15.0
    settings: ClassVar[Mapping[str, object]] = {}

    @pytest.fixture(autouse=True)
    def _carrier(self) -> Iterator[None]:
        self.carrier = Carrier()
        yield
        self.carrier.close()

    def build(self, context: ConnectorContext) -> Connector:
        """A connector to it."""
        values = {"host": "127.0.0.1", "port": self.carrier.port, **self.settings}
        return SmppConnector(context, SmppSettings.model_validate(values))


class TestTransceiver(Smpp):
    """One line for both ways."""


class TestSeveralLines(Smpp):
    """Transmitters and receivers, two of each."""

    settings: ClassVar[Mapping[str, object]] = {"bind": "transmitter+receiver", "binds": 2, "window": 3}


class TestPayload(Smpp):
    """Long texts whole."""

    settings: ClassVar[Mapping[str, object]] = {"long_messages": "payload"}
