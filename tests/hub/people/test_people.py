"""A person's data over the API: given out whole, and erased, on both databases."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.accounts.model import Scope
from hub.contacts.model import NewContact, SuppressionKind
from hub.events.model import EventType
from hub.messages.connector import NotSent, Unknown
from hub.messages.model import DeliveryReceipt, FailureReason, ReceiptState
from hub.messages.tables import campaigns, messages
from hub.people import erasing
from hub.people.tables import erasures
from hub.testing.connector import carrier_id_of

from .conftest import CODE, NINA, OTHER

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    import pytest

    from .conftest import Desk

EMPTY = ("suppressions", "contacts", "consents", "messages", "answers", "mails", "tracks")


def test_all_that_is_held_is_given_out(known: Desk) -> None:
    """Contacts with their fields, consents with their words, texts both ways, mails, and what else was noted."""
    found = known.export()
    assert [(one["list_name"], one["info1"], one["fields"]) for one in found["contacts"]] == [
        ("Clients", "Nina", {"ville": "Lyon"})
    ]
    assert [one["notice"] for one in found["consents"]] == ["J'accepte"]
    assert [one["text"] for one in found["messages"]] == ["Bonjour Nina", "Soldes"]
    assert [one["text"] for one in found["answers"]] == ["Merci de Nina"]
    assert [one["to"] for one in found["mails"]] == ["contact@salon.example"]
    assert {one["kind"] for one in found["tracks"]} == {"last_text", "received"}


def test_nothing_is_given_out_of_somebody_else(known: Desk) -> None:
    """Neither of another person, nor of another account."""
    _, stranger = known.hub.core.accounts.create("Boutique Exemple", "FR")
    theirs = known.call("GET", f"/people/{NINA}", stranger.secret).get_json()
    assert [theirs[name] for name in EMPTY] == [[]] * len(EMPTY)
    assert {one["to"] for one in known.export(OTHER)["messages"]} == {OTHER}


def test_a_token_that_only_reads_does_not_give_a_person_out(known: Desk) -> None:
    """It is the whole of a person: only a token for everything does."""
    _, token = known.hub.core.tokens.make(known.hub.account.id, "lecture", scope=Scope.READ)
    assert known.call("GET", f"/people/{NINA}", token.secret).get_json()["code"] == "scope_missing"


def test_an_export_holds_every_page(known: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few rows a page has."""
    monkeypatch.setattr(erasing, "AT_ONCE", 1)
    monkeypatch.setattr(erasing, "STRETCH", 1)
    monkeypatch.setattr("hub.people.finding.AT_ONCE", 1)
    known.write("Encore")
    found = known.export()
    assert (len(found["messages"]), len(found["answers"]), len(found["mails"])) == (2, 2, 2)


def test_an_erased_number_stands_nowhere_any_more(known: Desk) -> None:
    """In no table, in no column."""
    assert known.where() > {"contacts", "messages", "inbound_messages", "outgoing_mails"}
    answered = known.erase()
    assert (answered["state"], answered["waits_for"]) == ("done", [])
    assert known.where() == set()


def test_an_erasure_says_what_it_erased(known: Desk) -> None:
    """In counts."""
    erased = {name: count for name, count in known.erase()["erased"].items() if count}
    assert erased == {"contacts": 1, "consents": 1, "texts": 2, "answers": 1, "mails": 1}


def test_after_an_erasure_nothing_is_left_to_give_out(known: Desk) -> None:
    """The document is there, and empty."""
    known.erase()
    found = known.export()
    assert [found[name] for name in EMPTY] == [[]] * len(EMPTY)


def test_erasing_again_finds_nothing(known: Desk) -> None:
    """And is no fault."""
    known.erase()
    again = known.erase()
    assert (again["state"], set(again["erased"].values())) == ("done", {0})


def test_the_words_of_a_text_go_and_its_amounts_stay(known: Desk) -> None:
    """Those to others stay as they are."""
    before = known.hub.core.accounts.balance(known.hub.account.id)
    known.erase()
    with known.hub.core.store.read() as connection:
        rows = connection.execute(select(messages).order_by(messages.c.id)).all()
    assert [(row.recipient.startswith("erased-"), row.text, row.credits) for row in rows] == [
        (True, "", 1),
        (True, "", 1),
        (False, "Soldes", 1),
    ]
    assert known.hub.core.accounts.balance(known.hub.account.id) == before


def test_the_words_of_a_campaign_go_where_it_texted_nobody_else(known: Desk) -> None:
    """Those of one with other recipients are theirs, too."""
    known.erase()
    with known.hub.core.store.read() as connection:
        assert list(connection.execute(select(campaigns.c.text).order_by(campaigns.c.id)).scalars()) == ["", "Soldes"]


def test_two_texts_to_one_person_stay_one_persons(known: Desk) -> None:
    """What stands in the number's place is the same, and another one in another account."""
    core = known.hub.core
    known.erase()
    with core.store.read() as connection:
        marks = set(connection.execute(select(messages.c.recipient).where(messages.c.text == "")).scalars())
    assert len(marks) == 1
    assert marks.isdisjoint({core.erasures.mark(known.hub.account.id + 1, NINA)})


def test_the_size_of_a_list_follows_an_erasure(known: Desk) -> None:
    """It is exact."""
    known.erase()
    (clients,) = known.hub.core.lists.all(known.hub.account.id)
    assert clients.size == 1


def test_an_opt_out_outlives_an_erasure(known: Desk) -> None:
    """Without what the person wrote; the answer says so, and the next text is blocked."""
    known.write("STOP")
    answered = known.erase()
    (kept,) = known.export()["suppressions"]
    assert answered["opted_out"]
    assert (kept["kind"], kept["text"], kept["note"]) == ("opt_out", None, None)
    assert known.where() == {"suppressions"}


def test_a_number_that_was_nobodys_is_forgotten(known: Desk) -> None:
    """That is no wish of the person's."""
    known.hub.core.suppressions.add(known.hub.account.id, NINA, SuppressionKind.UNALLOCATED, source="npai")
    assert known.erase()["erased"]["unallocated"] == 1
    assert known.export()["suppressions"] == []


def test_a_text_that_has_not_left_is_cancelled_and_costs_nothing(known: Desk) -> None:
    """Its credits come back, and no carrier sees it."""
    core, mine = known.hub.core, known.hub.account.id
    before = core.accounts.balance(mine)
    known.hub.send(NINA, text="Demain", send_at=known.hub.clock.now() + timedelta(days=1))
    assert known.erase()["erased"]["cancelled"] == 1
    assert core.accounts.balance(mine) == before
    known.hub.clock.advance(days=2)
    assert known.hub.drain() == 0


def test_a_late_receipt_settles_an_erased_text_and_does_not_bring_its_number_back(known: Desk) -> None:
    """Whatever the carrier's own words say, a number that is nobody's too."""
    name = known.export()["messages"][0]["id"]
    known.erase()
    states = (ReceiptState.ACCEPTED, ReceiptState.UNDELIVERED, ReceiptState.DELIVERED)
    for state in states:
        told = DeliveryReceipt(carrier_id_of(name), state, FailureReason.UNALLOCATED, raw=f"{NINA} {state}")
        known.hub.core.settler.receipts("carrier", [told])
    with known.hub.core.store.read() as connection:
        row = connection.execute(select(messages).order_by(messages.c.id)).first()
    assert row is not None
    assert (row.state, row.receipt_raw) == ("delivered", None)
    assert known.where() == set()
    assert known.where("erased-") <= {"messages", "inbound_messages", "erasures"}


def test_a_text_whose_answer_is_awaited_is_erased_once_it_has_ended(known: Desk) -> None:
    """The caller is told that it is waited for; the scheduler comes back to it."""
    known.hub.carrier.answer = lambda _: Unknown("lost")
    known.hub.send(NINA, text="Perdu")
    known.hub.drain()
    response = known.call("DELETE", f"/people/{NINA}")
    assert (response.status_code, response.get_json()["waits_for"]) == (202, ["texts"])
    known.hub.clock.advance(hours=49)
    known.hub.core.sweeper.give_up_waiting()
    known.hub.core.erasures.go_on()
    assert known.where() == set()


def test_an_erasure_during_a_submission_leaves_the_text_its_end(known: Desk) -> None:
    """It is not sent twice, not sent empty, and charged as it should be; then it is erased."""
    begun, erased = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        begun.set()
        erased.wait(20)

    known.hub.send(NINA, text="En route")
    known.hub.carrier.before = wait
    submitting = threading.Thread(target=known.hub.drain)
    submitting.start()
    assert begun.wait(20)
    state = known.erase()["state"]
    erased.set()
    submitting.join()
    known.hub.clock.advance(minutes=1)
    known.hub.core.erasures.go_on()
    assert state == "running"
    assert known.hub.carrier.taken[-1].text == "En route"
    assert known.where() == set()


def test_a_text_that_a_carrier_puts_off_during_an_erasure_is_cancelled_later(known: Desk) -> None:
    """It waits again, with its number, until the scheduler comes by."""
    begun, erased = threading.Event(), threading.Event()

    def wait(_: object) -> NotSent:
        begun.set()
        erased.wait(20)
        return NotSent("busy", 3600)

    known.hub.send(NINA, text="Plus tard")
    known.hub.carrier.answer = wait
    submitting = threading.Thread(target=known.hub.drain)
    submitting.start()
    assert begun.wait(20)
    known.erase()
    erased.set()
    submitting.join()
    known.hub.clock.advance(minutes=1)
    known.hub.core.erasures.go_on()
    assert known.erase()["state"] == "done"
    assert known.where() == set()


def test_two_who_erase_at_once_erase_each_thing_once(known: Desk) -> None:
    """Both are answered, and what both did is counted once."""
    core, mine = known.hub.core, known.hub.account.id
    core.require_schema()  # as every process does first
    before = core.accounts.balance(mine)
    known.hub.send(NINA, NINA.replace("+33", "0"), text="Demain", send_at=known.hub.clock.now() + timedelta(days=1))
    threads = [threading.Thread(target=core.erasures.erase, args=(mine, NINA)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with core.store.read() as connection:
        counted = [json.loads(one) for one in connection.execute(select(erasures.c.counts)).scalars()]
    assert sum(one["cancelled"] for one in counted) == 1
    assert core.accounts.balance(mine) == before
    assert known.where() == set()


def test_an_erasure_that_was_cut_short_goes_on_by_itself(known: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where it stood."""
    monkeypatch.setattr("hub.people.service.ANSWERED_WITHIN_S", -1.0)
    assert known.erase()["state"] == "running"
    known.hub.core.erasures.go_on()
    assert known.where() == set()


def test_waiting_mail_about_a_person_is_not_sent(known: Desk) -> None:
    """It would tell what was erased."""
    known.erase()
    assert known.hub.core.mails.figures().waiting == 0


def test_events_that_wait_are_told_without_number_and_words(known: Desk) -> None:
    """Their receiver still hears that something happened."""
    core, mine = known.hub.core, known.hub.account.id
    core.webhooks.create(mine, "https://shop.example/hub", [EventType.MESSAGE_INBOUND])
    known.write("Nina encore")
    assert known.erase()["erased"]["events"] == 1
    assert known.where() == set()
    assert known.where("Nina encore") == set()


def test_a_file_that_may_bring_the_person_back_is_waited_for(known: Desk) -> None:
    """Once it is stored, the contact goes again, and its line in the report."""
    core, mine = known.hub.core, known.hub.account.id
    (clients,) = core.lists.all(mine)
    file = core.imports.upload(mine, clients.id, "clients.csv", [f"{NINA}\n{NINA}\n".encode()], 1024)
    core.import_work.work_next()
    assert known.erase()["waits_for"] == ["imports"]
    core.imports.start(mine, file.id)
    while core.import_work.work_next():
        pass
    core.imports.forget()
    known.hub.clock.advance(minutes=1)
    core.erasures.go_on()
    assert known.where() == set()


def test_a_large_campaign_that_is_being_expanded_is_waited_for(known: Desk) -> None:
    """Its texts to the number are erased once they are there."""
    core, mine = known.hub.core, known.hub.account.id
    other = core.lists.create(mine, "Tous")
    core.lists.put(mine, other.id, [NewContact(OTHER)])
    known.hub.send(NINA, text="Grand", lists=(other.id,))
    assert known.erase()["waits_for"] == ["campaigns"]
    while core.expander.expand_next():
        pass
    known.hub.clock.advance(minutes=1)
    core.erasures.go_on()
    assert known.where() == set()


def test_a_longer_number_that_begins_alike_is_left_alone(desk: Desk) -> None:
    """It is somebody else's."""
    short, long = "+39333123456", "+393331234567"
    desk.hub.core.accounts.patch_settings(desk.hub.account.id, {"reply_email": "contact@salon.example"})
    for one in (short, long):
        desk.hub.send(one)
    desk.hub.drain()
    desk.write("De l'autre", long)
    desk.erase(short)
    assert len(desk.export(long)["mails"]) == 1


def test_what_is_no_number_is_refused(desk: Desk) -> None:
    """In the words of every other call."""
    response = desk.call("DELETE", "/people/12")
    assert (response.status_code, response.get_json()["errors"][0]["field"]) == (422, "number")


def test_a_landline_is_a_number_to_ask_about(desk: Desk) -> None:
    """Though nobody can be texted there."""
    assert desk.export("0142685300")["number"] == "+33142685300"


def test_the_log_of_an_erasure_names_no_number(known: Desk, logs: list[MutableMapping[str, Any]]) -> None:
    """It says how much."""
    known.erase()
    (line,) = [one for one in logs if one["event"] == "person_erased"]
    assert line["texts"] == 2
    assert NINA not in str(logs)


def test_texts_of_nobody_are_erased_for_the_whole_hub(known: Desk) -> None:
    """Where nobody knows whose they are, only the operator can."""
    core = known.hub.core
    core.accounts.create("Boutique Exemple", "FR")
    known.write("Qui ?", "+33612345600")
    assert core.erasures.erase_nobodys("+33612345600") == 1
    assert known.where("+33612345600") == set()
    assert CODE in str(known.hub.core.texts.latest(of_nobody=True))
