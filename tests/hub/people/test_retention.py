"""Old words are emptied, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.messages.model import DeliveryReceipt, ReceiptState
from hub.people import retention as module
from hub.people.retention import Retention
from hub.testing.connector import carrier_id_of

from .conftest import NINA

if TYPE_CHECKING:
    import pytest

    from .conftest import Desk


def delivered(desk: Desk) -> None:
    """Let every text of Nina's arrive, and its campaign end."""
    for one in desk.export()["messages"]:
        told = DeliveryReceipt(carrier_id_of(one["id"]), ReceiptState.DELIVERED)
        desk.hub.core.settler.receipts("carrier", [told])
    desk.hub.core.sweeper.finish_campaigns()


def keeping(desk: Desk, texts: int = 0, answers: int = 0) -> Retention:
    """What keeps words for so many days."""
    return Retention(desk.hub.core.store, desk.hub.clock, texts, answers)


def test_words_are_kept_unless_a_period_is_set(known: Desk) -> None:
    """However old they are."""
    delivered(known)
    known.hub.clock.advance(days=5000)
    assert known.hub.core.retention.empty_old() == 0


def test_the_words_of_old_texts_go_and_their_numbers_stay(known: Desk) -> None:
    """With those of their campaign; answers have a period of their own."""
    delivered(known)
    known.hub.clock.advance(days=31)
    keeping(known, texts=30).empty_old()
    found = known.export()
    assert [(one["to"], one["text"], one["state"]) for one in found["messages"]] == [(NINA, "", "delivered")] * 2
    assert known.where("Bonjour Nina") == set()
    assert [one["text"] for one in found["answers"]] == ["Merci de Nina"]


def test_the_words_of_young_texts_stay(known: Desk) -> None:
    """Until their day has come."""
    delivered(known)
    known.hub.clock.advance(days=29)
    assert keeping(known, texts=30, answers=30).empty_old() == 0


def test_the_words_of_old_answers_go(known: Desk) -> None:
    """What they were, an answer to which campaign, stays."""
    known.hub.clock.advance(days=31)
    assert keeping(known, answers=30).empty_old() == 1
    (answer,) = known.export()["answers"]
    assert (answer["text"], answer["number"], answer["kind"]) == ("", NINA, "text")


def test_a_text_that_has_not_left_keeps_its_words(known: Desk) -> None:
    """However long ago it was asked for."""
    known.hub.send(NINA, text="Plus tard", send_at=known.hub.clock.now() + timedelta(days=60))
    delivered(known)
    known.hub.clock.advance(days=31)
    keeping(known, texts=30).empty_old()
    assert "Plus tard" in {one["text"] for one in known.export()["messages"]}


def test_a_long_table_is_gone_through_in_pieces(known: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it is left out."""
    delivered(known)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "STRETCH", 1)
    known.hub.clock.advance(days=31)
    keeping(known, texts=30).empty_old()
    assert {one["text"] for one in known.export()["messages"]} == {""}
