"""From accept to the end of a message, over SMPP, on both databases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hub.messages.model import MessageState
from hub.testing.hub import TestHub, make_hub
from hub_smpp.codes import Tag
from hub_smpp.pdu import SubmitSm, SubmitSmResp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hub_smpp.pdu import Pdu
    from tests.connectors.hub_smpp.carrier import Carrier, Peer

MANY = tuple(f"+3361234{number:04}" for number in range(5600, 5660))


@pytest.fixture
def smpp_hub(carrier: Carrier, tmp_path: Path, database_url: str) -> Iterator[TestHub]:
    """A hub whose only route leads to the carrier."""
    import hub_smpp

    settings = {
        "HUB_CONNECTOR_ACME_TYPE": "smpp",
        "HUB_CONNECTOR_ACME_HOST": "127.0.0.1",
        "HUB_CONNECTOR_ACME_PORT": str(carrier.port),
        "HUB_ROUTE_MAIN_CONNECTOR": "acme",
    }
    made = make_hub(tmp_path, database_url, settings=settings, bring={"hub_smpp": hub_smpp})
    yield made
    made.core.close()


def _until_all_are(hub: TestHub, campaign: str, state: MessageState) -> None:
    end = time.monotonic() + 20
    while set(states := hub.states(campaign)) != {state}:
        assert time.monotonic() < end, f"they are {set(states)}"
        time.sleep(0.05)
        hub.core.settler.retry_parked()  # as the scheduler does: a receipt may have come while its answer was recorded


def test_a_campaign_is_delivered(smpp_hub: TestHub) -> None:
    """Each text goes out once, and its receipt settles it."""
    accepted = smpp_hub.send(*MANY)
    assert smpp_hub.drain() == len(MANY)
    _until_all_are(smpp_hub, accepted.campaign_id, MessageState.DELIVERED)


def test_receipts_of_a_long_text_settle_it_when_all_are_there(smpp_hub: TestHub) -> None:
    """One id per part, one receipt per part."""
    accepted = smpp_hub.send(text="long " * 60)
    smpp_hub.drain()
    _until_all_are(smpp_hub, accepted.campaign_id, MessageState.DELIVERED)


def _hex_and_decimal(peer: Peer, pdu: Pdu) -> Sequence[Pdu]:
    """Answer in hex, with capitals and zeros before; report in decimal."""
    assert isinstance(pdu, SubmitSm)
    number = 0xA0000 + pdu.sequence
    peer.send(SubmitSmResp(sequence=pdu.sequence, message_id=f"00{number:X}"))
    words = f"id:{number:010} stat:DELIVRD err:000".encode()
    peer.deliver(esm_class=4, source_addr_ton=1, source_addr=pdu.destination_addr, short_message=words)
    return []


def test_ids_in_another_notation_settle_their_messages(carrier: Carrier, smpp_hub: TestHub) -> None:
    """Nobody has to say how this carrier writes them."""
    carrier.on[SubmitSm] = _hex_and_decimal
    accepted = smpp_hub.send(*MANY)
    smpp_hub.drain()
    _until_all_are(smpp_hub, accepted.campaign_id, MessageState.DELIVERED)


def test_receipts_by_tlvs_alone_settle_their_messages(carrier: Carrier, smpp_hub: TestHub) -> None:
    """Without any text."""

    def _by_tlvs(peer: Peer, pdu: Pdu) -> Sequence[Pdu]:
        assert isinstance(pdu, SubmitSm)
        peer.send(SubmitSmResp(sequence=pdu.sequence, message_id=f"id-{pdu.sequence}"))
        tlvs = ((Tag.RECEIPTED_MESSAGE_ID, f"id-{pdu.sequence}\0".encode()), (Tag.MESSAGE_STATE, b"\5"))
        peer.deliver(esm_class=4, source_addr=pdu.destination_addr, tlvs=tlvs)
        return []

    carrier.on[SubmitSm] = _by_tlvs
    accepted = smpp_hub.send(*MANY)
    smpp_hub.drain()
    _until_all_are(smpp_hub, accepted.campaign_id, MessageState.UNDELIVERED)


def _hang_up(peer: Peer, _: Pdu) -> Sequence[Pdu]:
    """Take a text, and end the line before saying so."""
    peer.hang_up()
    return []


def test_a_line_that_breaks_leaves_no_more_in_doubt_than_was_written(carrier: Carrier, smpp_hub: TestHub) -> None:
    """What the carrier saw is unknown; all else waits, and is sent once."""
    carrier.on[SubmitSm] = _hang_up
    accepted = smpp_hub.send(*MANY)
    smpp_hub.drain()
    seen = {pdu.destination_addr for pdu in carrier.submitted()}
    unknown = [state for state in smpp_hub.states(accepted.campaign_id) if state is MessageState.UNKNOWN]
    assert len(seen) <= len(unknown) <= 10
    del carrier.on[SubmitSm]
    end = time.monotonic() + 20
    while MessageState.PENDING in smpp_hub.states(accepted.campaign_id):
        assert time.monotonic() < end
        smpp_hub.clock.advance(seconds=30)
        smpp_hub.drain()
    numbers = [pdu.destination_addr for pdu in carrier.submitted()]
    assert len(numbers) == len(set(numbers))
