"""Segments of lists, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.accounts.service import Accounts
from hub.contacts.lists import Lists
from hub.contacts.model import NewConsent, NewContact, SuppressionKind
from hub.contacts.register import Register
from hub.contacts.segments import Segments
from hub.contacts.service import Suppressions
from hub.errors import Conflict, NotFound, RequestRefused
from hub.inbound.tables import inbound_messages
from hub.messages.last import note_received
from hub.messages.tables import last_texts
from hub.store.bulk import insert_rows
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

NINA, OMAR, ZOE = "+33612345671", "+33612345672", "+33612345673"
AGREED = {"consent": True}


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def account(store: Store, clock: FakeClock) -> int:
    """Whose lists they are."""
    return Accounts(store, clock).create("Salon", "FR")[0].id


@pytest.fixture
def segments(store: Store, clock: FakeClock) -> Segments:
    """The use cases."""
    return Segments(store, clock)


@pytest.fixture
def clients(store: Store, clock: FakeClock, account: int) -> int:
    """Nina of Lyon, who agreed; Omar of Lille, who was texted and answered; Zoé, who said stop."""
    lists = Lists(store, clock)
    one = lists.create(account, "Clients").id
    people = [
        NewContact(NINA, "Nina", fields={"ville": "Lyon"}),
        NewContact(OMAR, "Omar", fields={"ville": "Lille"}),
        NewContact(ZOE, fields={'dite "ville"': "Nice"}),
    ]
    lists.put(account, one, people)
    Register(store, clock).record(account, [NewConsent(NINA, "Oui", clock.now(), "website")], "account 1")
    Suppressions(store, clock).add(account, ZOE, SuppressionKind.OPT_OUT, source="operator")
    with store.write("test") as connection:
        insert_rows(connection, last_texts, [texted(OMAR, account, clock)])
        insert_rows(connection, inbound_messages, [answered(OMAR, account, clock)])
        note_received(connection, [(account, OMAR)], clock.now() - timedelta(days=10))
    return one


def texted(number: str, account: int, clock: FakeClock) -> dict[str, Any]:
    """A text of ten days ago."""
    at = clock.now() - timedelta(days=10)
    return {
        "recipient": number,
        "sender": "36180",
        "account_id": account,
        "campaign_id": "01JZ5Y3X6R8W9T2Q4V7N0KMDBE",
        "position": 0,
        "at": at,
    }


def answered(number: str, account: int, clock: FakeClock) -> dict[str, Any]:
    """What was written five days ago."""
    at = clock.now() - timedelta(days=5)
    return {
        "public_id": "01JZ5Y3X6R8W9T2Q4V7N0KMDBG",
        "connector": "sandbox",
        "number": number,
        "written_to": "36180",
        "text": "Merci",
        "raw": "",
        "received_at": at,
        "kind": "text",
        "rule": "none",
        "matched": "",
        "account_id": account,
        "state": "done",
        "due_at": at,
    }


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ({"field": "ville", "op": "is", "value": "Lyon"}, [NINA]),
        ({"field": "ville", "op": "starts_with", "value": "L"}, [NINA, OMAR]),
        ({"field": "ville", "op": "contains", "value": "ill"}, [OMAR]),
        ({"field": "info1", "op": "is", "value": "Nina"}, [NINA]),
        ({"field": "info1", "op": "is", "value": ""}, [ZOE]),
        ({"field": 'vil"le', "op": "is", "value": "Lyon"}, []),
        ({"field": 'dite "ville"', "op": "is", "value": "Nice"}, [ZOE]),
        ({"field": "vil'le", "op": "is", "value": "'; DROP TABLE contacts; --"}, []),
        ({"not": {"field": "ville", "op": "is", "value": "Lyon"}}, [OMAR, ZOE]),
        (AGREED, [NINA]),
        ({"suppressed": True}, [ZOE]),
        ({"texted_within_days": 11}, [OMAR]),
        ({"texted_within_days": 9}, []),
        ({"not": {"texted_within_days": 11}}, [NINA, ZOE]),
        ({"answered_within_days": 6}, [OMAR]),
        ({"answered_within_days": 4}, []),
        ({"received_within_days": 11}, [OMAR]),
        ({"received_within_days": 9}, []),
        ({"received_since": "2026-11-01T00:00:00+01:00"}, [OMAR]),
        ({"received_since": "2026-11-20T00:00:00Z"}, []),
        ({"received_campaign": "01JZ5Y3X6R8W9T2Q4V7N0KMDBE"}, []),
        ({"any": [AGREED, {"suppressed": True}]}, [NINA, ZOE]),
        ({"all": [AGREED, {"suppressed": True}]}, []),
    ],
)
def test_a_rule_means_those_it_says(
    segments: Segments, account: int, clients: int, rule: dict[str, Any], meant: list[str]
) -> None:
    """As counted, and as read."""
    one = segments.create(account, clients, "Visés", rule)
    assert [contact.number for contact in segments.contacts(account, one.id)] == meant
    assert (segments.count(account, one.id), segments.count_rule(account, clients, rule)) == (len(meant), len(meant))


def test_pages_go_by_number(segments: Segments, account: int, clients: int) -> None:
    """From the one after the last."""
    one = segments.create(account, clients, "Non texté", {"not": {"texted_within_days": 30}})
    pages = [segments.contacts(account, one.id, after=after, limit=1) for after in ("", NINA, ZOE)]
    assert [[contact.number for contact in page] for page in pages] == [[NINA], [ZOE], []]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({}, "rule_shape"),
        ({"consent": False}, "rule_shape"),
        ({"all": [AGREED], "consent": True}, "rule_shape"),
        ({"field": "ville"}, "rule_shape"),
        ({"received_within_days": 0}, "rule_shape"),
        ({"received_since": "2026-11-20T00:00:00"}, "rule_value"),
        ({"received_since": "0001-01-01T00:00:00+14:00"}, "rule_value"),
        ({"received_campaign": "'; DROP TABLE messages; --"}, "rule_shape"),
        ({"clicked_within_days": 0}, "rule_shape"),
        ({"any": [AGREED] * 50}, "rule_too_large"),
        ({"field": "ville", "op": "is", "value": "\0"}, "rule_value"),
    ],
)
def test_what_is_no_rule_is_refused(
    segments: Segments, account: int, clients: int, rule: dict[str, Any], code: str
) -> None:
    """With what one looks like."""
    with pytest.raises(RequestRefused) as refused:
        segments.count_rule(account, clients, rule)
    assert refused.value.faults[0].code == code


def test_rules_do_not_stand_in_each_other_without_end(segments: Segments, account: int, clients: int) -> None:
    """Eight deep at most."""
    rule: dict[str, Any] = AGREED
    for _ in range(8):
        rule = {"not": rule}
    with pytest.raises(RequestRefused, match="deep"):
        segments.count_rule(account, clients, rule)


def test_a_name_is_taken_once(segments: Segments, account: int, clients: int) -> None:
    """Free again once its segment is deleted."""
    one = segments.create(account, clients, "D'accord", AGREED)
    with pytest.raises(Conflict):
        segments.create(account, clients, "D'accord", AGREED)
    segments.delete(account, one.id)
    assert segments.create(account, clients, "D'accord", AGREED).name == "D'accord"


def test_a_segment_gets_another_name_and_another_rule(segments: Segments, account: int, clients: int) -> None:
    """What is not given stays."""
    one = segments.create(account, clients, "D'accord", AGREED)
    renamed = segments.edit(account, one.id, name="  Les  stops ")
    changed = segments.edit(account, one.id, rule={"suppressed": True})
    assert (renamed.name, renamed.content) == ("Les stops", one.content)
    assert (changed.name, segments.count(account, one.id)) == ("Les stops", 1)
    assert segments.get(account, one.id) == changed == segments.edit(account, one.id)


def test_a_segment_does_not_take_anothers_name(segments: Segments, account: int, clients: int) -> None:
    """Nor a rule that is none; it stays as it was."""
    segments.create(account, clients, "D'accord", AGREED)
    one = segments.create(account, clients, "Les stops", {"suppressed": True})
    with pytest.raises(Conflict):
        segments.edit(account, one.id, name="D'accord")
    with pytest.raises(RequestRefused):
        segments.edit(account, one.id, rule={"consent": False})
    assert segments.get(account, one.id) == one


def test_a_deleted_list_takes_its_segments_along(
    segments: Segments, account: int, clients: int, store: Store, clock: FakeClock
) -> None:
    """And can be emptied."""
    segments.create(account, clients, "D'accord", AGREED)
    lists = Lists(store, clock)
    lists.delete(account, clients)
    assert (segments.all(account), lists.clear_deleted()) == ((), 3)


def test_nobody_sees_anothers_segment(
    segments: Segments, account: int, clients: int, store: Store, clock: FakeClock
) -> None:
    """Nor makes one of another's list."""
    one = segments.create(account, clients, "D'accord", AGREED)
    stranger = Accounts(store, clock).create("Boutique", "FR")[0].id
    acts = (
        lambda: segments.get(stranger, one.id),
        lambda: segments.count(stranger, one.id),
        lambda: segments.delete(stranger, one.id),
        lambda: segments.edit(stranger, one.id, name="Pris"),
        lambda: segments.create(stranger, clients, "D'accord", AGREED),
        lambda: segments.count_rule(stranger, clients, AGREED),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()
