from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from hub.cli import hub
from hub_sandbox.endpoint import Endpoint
from hub_sandbox.testing import CarrierProcess

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen", "here"], "is no address"),
        (["--set", "lost_answer=0.1"], "there is no key 'lost_answer'"),
        (["--set", "lost_answers=2"], "lost_answers: Input should be less than or equal to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(words: list[str], said: str) -> None:
    """And exit code 2, before anything is opened."""
    done = CliRunner().invoke(hub, ["sandbox", "serve", *words])
    assert (done.exit_code, said in done.output) == (2, True)


def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    """The second carrier does not take the first one's place."""
    with Endpoint(path=tmp_path / "line").listen(), pytest.raises(RuntimeError, match="cannot be listened on"):
        CarrierProcess(tmp_path).start()


def test_it_stops_well_and_leaves_no_socket(tmp_path: Path) -> None:
    """SIGTERM: exit code 0, the socket gone and the ledger kept."""
    carrier = CarrierProcess(tmp_path)
    carrier.start()
    assert carrier.stop() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"log", "carrier.sqlite3"}
