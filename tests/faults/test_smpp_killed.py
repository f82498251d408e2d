"""SIGKILL at every point of submit and settle, with a carrier that speaks SMPP: every promise is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from hub.testing.databases import KINDS
from hub_smpp.testing import Behaviour, SmscProcess

from .roles import SMPP_BOOK
from .scenes import SENT_OR_UNKNOWN, scene_of
from .site import Site
from .test_failpoints import prove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import SiteMaker

TRANSACTIONS = ("claim", "announce", "record", "receipts")
POINTS = (
    *(f"{name}.{when}" for name in TRANSACTIONS for when in ("before_commit", "after_commit")),
    "submit.before_call",
    "submit.after_call",
    "sink.before_receipts",
    "sink.after_receipts",
)
WAYS: dict[str, dict[str, object]] = {
    "well": {},
    "early": {"early": 1, "answer_delay_s": 0.1},
    "another-form": {"id_form": "hex_upper", "receipt_id_form": "dec_padded", "receipt_form": "text"},
}


@dataclass
class SmppSite(Site):
    """A site whose carrier has a book of its own, by numbers."""

    carrier: SmscProcess = field(kw_only=True)

    def taken(self) -> Counter[str]:
        """How often the carrier took each message."""
        ids = {row.recipient: name for name, row in self.rows().items()}
        times = self.carrier.count().times_taken()
        return Counter({ids.get(f"+{to}", to): count for to, count in times.items()})


@pytest.fixture
def carrier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmscProcess]:
    """A carrier with one of the ways."""
    with SmscProcess(tmp_path_factory.mktemp("carrier"), WAYS[request.param]) as one:
        yield one


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("carrier", WAYS, indirect=True)
@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_there_loses_and_doubles_nothing(
    point: str, carrier: SmscProcess, kind: str, make_site: SiteMaker
) -> None:
    """Killed at the point, restarted, run to the end, and compared with the book that the carrier kept itself."""
    # Receipts come while the answers are still being recorded: whichever dies, of the others nobody may know.
    scene = replace(scene_of(point), ends=SENT_OR_UNKNOWN)
    made = make_site(kind, **_settings(carrier))
    made.environ.pop("HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S")
    prove(point, scene, SmppSite(made.forker, made.folder, made.environ, made.running, carrier=carrier))


def _settings(carrier: SmscProcess) -> dict[str, str]:
    """The connector keeps its name, so that the roles need not know what it is."""
    known = Behaviour()
    keys = {
        "TYPE": "smpp",
        "HOST": "127.0.0.1",
        "PORT": str(carrier.port),
        "SYSTEM_ID": known.system_id,
        "PASSWORD": known.password,
        "RESPONSE_TIMEOUT_S": "2",
        "WRITE_TIMEOUT_S": "2",
        "RECONNECT_MAX_S": "0.2",
    }
    return {f"HUB_CONNECTOR_SANDBOX_{name}": value for name, value in keys.items()} | {SMPP_BOOK: str(carrier.folder)}
