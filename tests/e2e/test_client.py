"""The typed client on a whole hub: the way that somebody takes who writes a program for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.client import Client, Missing, Person, To, Unknown

if TYPE_CHECKING:
    from .conftest import ServedHub


def test_a_tour_of_the_hub(served: ServedHub) -> None:
    """Look, fill a list, send to it, follow it to its end, make a token and take it back."""
    url = f"http://127.0.0.1:{served.web_port}"
    with Client(url, served.account["token"]) as hub:
        before = hub.account.get()
        assert (before.name, before.balance.available) == ("Salon Exemple", 10_000)
        assert hub.account.change(identity="Salon Exemple").identity == "Salon Exemple"
        assert hub.account.settings().language is None

        kept = hub.lists.create("Regulars")
        brought = hub.lists.bring(kept.id, [Person("06 12 34 56 78", info1="Nina"), Person("01 23 45 67 89")])
        assert (brought.added, [one.reason for one in brought.refused]) == (1, ["landline"])
        (nina,) = hub.lists.contacts(kept.id)
        assert (nina.number, nina.info1) == ("+33612345678", "Nina")

        sent = hub.campaigns.send("Bonjour #name#", [To(nina.number, {"name": "Nina"})], purpose="alert", key="tour")
        again = hub.campaigns.send("Bonjour #name#", [To(nina.number, {"name": "Nina"})], purpose="alert", key="tour")
        assert (sent.accepted, again.id) == (1, sent.id)
        served.wait_for_ends([sent.id])
        assert [(one.text, one.state) for one in hub.campaigns.messages(sent.id)] == [("Bonjour Nina", "delivered")]
        assert hub.campaigns.get(sent.id).by_state == {"delivered": 1}

        assert [one.name for one in hub.lists.all()] == ["Regulars"]
        assert hub.lists.remove(kept.id, [nina.number]) == 1
        hub.lists.delete(kept.id)
        with pytest.raises(Missing):
            hub.lists.get(kept.id)

        made = hub.tokens.create("till", scope="read")
        with Client(url, made.secret) as till:
            assert till.account.get().name == "Salon Exemple"
        hub.tokens.revoke(made.id)
        with Client(url, made.secret) as till, pytest.raises(Unknown):
            till.account.get()
        assert [one for one in hub.tokens.all() if one.id == made.id] == []
        assert list(hub.suppressions.all()) == []
