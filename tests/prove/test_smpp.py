"""Half a minute of a carrier that does everything wrong; `python -m tests.prove.smpp --seconds 600` is the long way."""

from __future__ import annotations

from random import SystemRandom

import pytest

from hub.testing.databases import KINDS
from tests.prove.smpp import ENDS, prove, untrue
from tests.prove.verdict import Record

SECONDS = 30.0


@pytest.mark.prove
@pytest.mark.timeout(400)
@pytest.mark.parametrize("database", KINDS)
def test_every_text_over_smpp_comes_to_its_true_end(database: str) -> None:
    """Nothing lost, nothing doubled, every doubt named; by the carrier's own book. Its seed is printed."""
    assert prove(database, SystemRandom().randrange(10**6), SECONDS) == 0


@pytest.mark.parametrize(("ending", "state"), [*ENDS.items(), ("1234", "delivered")])
def test_an_end_that_the_carrier_did_not_report_is_seen(ending: str, state: str) -> None:
    """A number's last digits say how it ends; anything else is untrue, and a doubt is none."""

    def found(said: str) -> list[str]:
        record = Record({"C-0": (f"+3361234{ending}", said)}, [], 0, [], 0, ())
        return list(untrue(record))

    assert (found(state), found("unknown")) == ([], [])
    assert found("no_receipt") == [f"C-0 is no_receipt, and the carrier's last word was {state}"]
