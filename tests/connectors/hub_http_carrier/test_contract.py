"""Every preset passes the contract, against a carrier over HTTP that reports to the hub's real web application."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from hub.testing.contract import ConnectorContract
from hub_http_carrier.connector import HttpCarrier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Connector, ConnectorContext, Sink

    from .conftest import Site


class _Heard(HttpCarrier):
    """A connector whose sink hears what came in by the web process: there the two are one database apart."""

    site: ClassVar[Site]

    def open(self, sink: Sink) -> None:
        """Open it."""
        self.site.sink = sink  # type: ignore[assignment]  # the contract's own
        super().open(sink)


class _HttpContract(ConnectorContract):
    """The contract, with the preset as its only difference."""

    settled_within_s = 15.0
    preset = ""
    site: Site

    @pytest.fixture(autouse=True)
    def _at(self, site: Site) -> Iterator[None]:
        self.site = _Heard.site = site
        yield
        site.sink = None
        site.carriers[self.preset].forget()

    def build(self, context: ConnectorContext) -> Connector:
        """A connector to this test's carrier."""
        settings = self.site.settings(self.preset)
        context = type(context)(self.preset, context.folder, context.clock, self.site.url)
        return _Heard(context, settings, settings.described())


class TestTwilio(_HttpContract):
    """One message per request; receipts by a signed form."""

    preset = "twilio"


class TestVonage(_HttpContract):
    """An id and a receipt for each part, by signed JSON."""

    preset = "vonage"


class TestOvh(_HttpContract):
    """Many numbers per request; receipts by GET."""

    preset = "ovh"


class TestSmsfactor(_HttpContract):
    """One ticket for many numbers; receipts by JSON."""

    preset = "smsfactor"
