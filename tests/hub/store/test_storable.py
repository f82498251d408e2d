"""Which characters a database keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from hub.messages.tables import parked_receipts
from hub.store.storable import is_storable, storable
from hub.testing.clock import A_TUESDAY_MORNING as NOW

if TYPE_CHECKING:
    from hub.store.engine import Store


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Ève \U0001f600", "Ève \U0001f600"), ("a\x00b", "a\ufffdb"), ("\ud83d!", "\ufffd!"), ("\x07\n", "\x07\n")],
)
def test_what_cannot_be_kept_is_replaced(text: str, kept: str) -> None:
    """And nothing else is touched."""
    assert (storable(text), is_storable(text)) == (kept, text == kept)


def test_a_text_is_cut_to_what_there_is_room_for() -> None:
    """In characters."""
    assert storable("Ève\x00" * 3, 5) == "Ève\ufffdÈ"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_what_is_storable_is_stored_as_it_is(store: Store, text: str) -> None:
    """On both databases, whatever a carrier sends."""
    row = {"connector": "c", "carrier_id": storable(text, 128), "state": "x", "raw": storable(text), "at": NOW}
    with store.write("test") as connection:
        connection.execute(parked_receipts.delete())
        connection.execute(insert(parked_receipts).values(row))
        found = connection.execute(select(parked_receipts)).one()
    assert (found.carrier_id, found.raw) == (storable(text, 128), storable(text))
