"""Campaigns whose recipients come from several places: the request itself, a text of numbers, contact lists."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hub.contacts.model import NewContact
from hub.store.engine import Store
from tests.hub.web.conftest import Caller

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from hub.bootstrap import Core
    from tests.conftest import HubMaker

CAMPAIGNS = "/api/v1/campaigns"
NUMBERS = [f"+3361234567{digit}" for digit in range(10)]
FEW = {"HUB_MESSAGES_CHUNK": "3"}
FIGURES = ("accepted", "blocked", "deferred", "segments", "credits")


@pytest.fixture
def caller(make: HubMaker) -> Caller:
    """A caller whose lists are read three contacts at a time."""
    return Caller(make(settings=FEW))


def listed(core: Core, account_id: int, *contacts: NewContact, name: str = "Clients") -> int:
    """Make a list of these contacts."""
    made = core.lists.create(account_id, name)
    core.lists.put(account_id, made.id, contacts)
    return made.id


def people(*numbers: str) -> list[NewContact]:
    """Contacts without fields."""
    return [NewContact(number) for number in numbers]


def send(caller: Caller, **body: Any) -> TestResponse:
    """Post a campaign to what the body names."""
    told = {"purpose": "alert", "text": "Bonjour"}
    return caller.client.post(CAMPAIGNS, json=told | body, headers=caller.bearer)


def expand(core: Core) -> None:
    """Let a worker read what is to be read."""
    while core.expander.expand_next():
        pass


def texts(caller: Caller, campaign_id: str) -> dict[str, str]:
    """What each number gets."""
    return {one.to: one.text for one in caller.hub.core.messages(caller.hub.account.id, campaign_id)}


def test_a_text_of_numbers_is_a_list_of_recipients(caller: Caller) -> None:
    """However they are parted."""
    sent = send(caller, recipients="06 12 34 56 70, 0612345671;0612345672\n+33612345673")
    assert (sent.status_code, list(texts(caller, sent.get_json()["id"]))) == (201, NUMBERS[:4])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("to;prenom\n0612345670;Nina\n0612345671;Max\n", ["Nina", "Max"]),
        ('prenom,mobile\r\nNina,0612345670\r\n\r\n"Max, le grand",0612345671', ["Nina", "Max, le grand"]),
        ("\ufeffcolonne\tprenom\n0612345670\tNina\n0612345671\tMax", ["Nina", "Max"]),
    ],
)
def test_a_file_brings_numbers_and_fields(caller: Caller, file: str, expected: list[str]) -> None:
    """Its first line names the columns; separators and quotes are those of spreadsheets."""
    sent = send(caller, file=file, text="#prenom#")
    assert (sent.status_code, list(texts(caller, sent.get_json()["id"]).values())) == (201, expected)


def test_a_file_without_names_of_columns_brings_info1_to_info4(caller: Caller) -> None:
    """And stands behind the recipients of the request."""
    named = [{"to": NUMBERS[0], "fields": {"info1": "demande"}}]
    sent = send(caller, recipients=named, file="0612345670;fichier\n0612345671;Max;reste", text="[info1] [info2]")
    assert texts(caller, sent.get_json()["id"]) == {NUMBERS[0]: "demande ", NUMBERS[1]: "Max reste"}


def test_a_file_with_two_columns_of_numbers_is_refused(caller: Caller) -> None:
    """Nobody can tell which is meant."""
    refused = send(caller, file="mobile;telephone\n0612345670;0123456789")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "no_number_column")


@pytest.mark.parametrize("file", ["6" * 200_000, 'to\n"' + "0612345670\n" * 20_000], ids=["a line", "an open quote"])
def test_a_file_with_a_field_without_end_is_refused(caller: Caller, file: str) -> None:
    """It is hardly text with one number per line."""
    refused = send(caller, file=file)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "line_too_long")


def test_a_list_is_taken_at_once_and_read_afterwards(caller: Caller) -> None:
    """The answer is 202; each contact is texted once, its fields filled in."""
    mine = caller.hub.account.id
    contacts = [
        NewContact(number, info1=f"n° {place}", fields={"ville": "Lyon"}) for place, number in enumerate(NUMBERS)
    ]
    one = listed(caller.hub.core, mine, *contacts)
    sent = send(caller, lists=[one], text="Le [info1] à #ville#")
    assert (sent.status_code, sent.get_json()["state"], sent.get_json()["accepted"]) == (202, "expanding", 0)
    expand(caller.hub.core)
    assert texts(caller, sent.get_json()["id"]) == {
        number: f"Le n° {place} à Lyon" for place, number in enumerate(NUMBERS)
    }


def test_a_number_in_several_places_is_texted_once_as_it_came_first(caller: Caller) -> None:
    """Recipients before lists, lists in their order; a note says how many were left out."""
    mine = caller.hub.account.id
    first = listed(
        caller.hub.core, mine, NewContact(NUMBERS[0], info1="liste 1"), NewContact(NUMBERS[1], info1="liste 1")
    )
    second = listed(caller.hub.core, mine, *(NewContact(one, info1="liste 2") for one in NUMBERS[:4]), name="Autres")
    named = [{"to": NUMBERS[0], "fields": {"info1": "demande"}}]
    sent = send(caller, recipients=named, lists=[first, second, first], text="[info1]").get_json()["id"]
    expand(caller.hub.core)
    assert texts(caller, sent) == {
        NUMBERS[0]: "demande",
        NUMBERS[1]: "liste 1",
        NUMBERS[2]: "liste 2",
        NUMBERS[3]: "liste 2",
    }
    assert caller.get(f"{CAMPAIGNS}/{sent}").get_json()["accepted"] == 4


def test_a_contact_counts_that_is_there_when_its_page_is_read(caller: Caller) -> None:
    """Who comes later, behind what was read, is texted; who left before is not."""
    core, mine = caller.hub.core, caller.hub.account.id
    one = listed(core, mine, *people(*NUMBERS[:6]))
    sent = send(caller, lists=[one]).get_json()["id"]
    core.expander.expand_next()  # the first three
    core.lists.put(mine, one, people(NUMBERS[9]))
    expand(core)
    assert list(texts(caller, sent)) == [*NUMBERS[:6], NUMBERS[9]]


def test_of_a_list_that_is_deleted_no_more_is_read(caller: Caller) -> None:
    """What was read goes, and the campaign comes to its end."""
    core, mine = caller.hub.core, caller.hub.account.id
    one = listed(core, mine, *people(*NUMBERS))
    sent = send(caller, lists=[one]).get_json()["id"]
    core.expander.expand_next()
    core.lists.delete(mine, one)
    expand(core)
    assert list(texts(caller, sent)) == NUMBERS[:3]
    assert caller.get(f"{CAMPAIGNS}/{sent}").get_json()["state"] == "accepted"


def test_of_a_campaign_that_is_cancelled_no_more_is_read(caller: Caller) -> None:
    """And nothing of it goes."""
    core, mine = caller.hub.core, caller.hub.account.id
    sent = send(caller, lists=[listed(core, mine, *people(*NUMBERS))]).get_json()["id"]
    core.expander.expand_next()
    assert caller.client.post(f"{CAMPAIGNS}/{sent}/cancel", headers=caller.bearer).status_code == 200
    assert not core.expander.expand_next()
    assert set(caller.hub.states(sent)) == {"cancelled"}


def test_two_workers_read_each_page_once(caller: Caller) -> None:
    """Each number gets one text, and the counts agree."""
    core, mine = caller.hub.core, caller.hub.account.id
    many = [f"+336{number:08d}" for number in range(12_000_000, 12_000_100)]
    sent = send(caller, lists=[listed(core, mine, *people(*many))], recipients=many[:7]).get_json()["id"]
    other = replace(core, store=Store(core.store.url.render_as_string(hide_password=False)))
    threads = [threading.Thread(target=expand, args=(one,)) for one in (core, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expand(core)
    other.store.close()
    found = Counter(one.to for one in core.messages(mine, sent))
    assert found == Counter(many)
    assert caller.get(f"{CAMPAIGNS}/{sent}").get_json()["accepted"] == 100


def test_what_the_credits_do_not_pay_is_blocked(caller: Caller) -> None:
    """As far down the list as they reach."""
    core, mine = caller.hub.core, caller.hub.account.id
    core.accounts.add_credits(mine, -995)
    sent = send(caller, lists=[listed(core, mine, *people(*NUMBERS))]).get_json()["id"]
    expand(core)
    said = caller.get(f"{CAMPAIGNS}/{sent}").get_json()
    assert (said["accepted"], said["blocked"]) == (5, 5)


def test_a_list_of_another_account_is_refused(caller: Caller) -> None:
    """Like one that never was; nothing is stored."""
    other, _ = caller.hub.core.accounts.create("Autre", "FR")
    theirs = listed(caller.hub.core, other.id, *people(*NUMBERS))
    for wanted in (theirs, 4711):
        refused = send(caller, lists=[wanted])
        assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "lists[0]")
    assert caller.hub.core.campaigns.latest() == ()


def test_without_any_recipient_nothing_is_sent(caller: Caller) -> None:
    """The problem names the field."""
    refused = send(caller)
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "no_recipient")


def test_the_same_list_twice_in_a_row_looks_repeated(caller: Caller) -> None:
    """As the same recipients do."""
    one = listed(caller.hub.core, caller.hub.account.id, *people(*NUMBERS))
    assert [send(caller, lists=[one]).status_code for _ in range(2)] == [202, 409]


def test_a_key_stands_for_its_lists_too(caller: Caller) -> None:
    """The same key for another list is another request."""
    core, mine = caller.hub.core, caller.hub.account.id
    lists = [listed(core, mine, *people(*NUMBERS), name=name) for name in ("A", "B")]
    headers = caller.bearer | {"Idempotency-Key": "k"}
    bodies = [{"purpose": "alert", "text": "Bonjour", "lists": [one]} for one in (lists[0], lists[0], lists[1])]
    asked = [caller.client.post(CAMPAIGNS, json=body, headers=headers) for body in bodies]
    assert [one.status_code for one in asked] == [202, 202, 422]
    assert asked[0].get_json()["id"] == asked[1].get_json()["id"]


def test_simulating_lists_gives_what_sending_does(caller: Caller) -> None:
    """With duplicates, numbers that cannot be texted, fields and credits that run out."""
    core, mine = caller.hub.core, caller.hub.account.id
    core.accounts.add_credits(mine, -993)
    first = listed(core, mine, *(NewContact(one, info1="a" * 100) for one in NUMBERS[:7]), NewContact("+33123456789"))
    second = listed(core, mine, *people(*NUMBERS, "+32470123456"), name="Autres")
    body = {"purpose": "marketing", "text": "Bonjour [info1]", "lists": [first, second], "recipients": [NUMBERS[9]]}
    foreseen = caller.client.post(f"{CAMPAIGNS}/simulate", json=body, headers=caller.bearer).get_json()
    sent = send(caller, **body).get_json()["id"]
    expand(core)
    said = caller.get(f"{CAMPAIGNS}/{sent}").get_json()
    assert {name: foreseen[name] for name in FIGURES} == {name: said[name] for name in FIGURES}
    assert foreseen["suffices"] is False


def test_a_replay_of_a_campaign_of_lists_shows_its_numbers(caller: Caller) -> None:
    """Though the request named none of them."""
    one = listed(caller.hub.core, caller.hub.account.id, *people(*NUMBERS[:2]))
    headers = caller.bearer | {"Idempotency-Key": "k"}
    body = {"purpose": "alert", "text": "Bonjour", "lists": [one]}
    caller.client.post(CAMPAIGNS, json=body, headers=headers)
    expand(caller.hub.core)
    again = caller.client.post(CAMPAIGNS, json=body, headers=headers).get_json()
    assert [shown["input"] for shown in again["messages"]] == NUMBERS[:2]
