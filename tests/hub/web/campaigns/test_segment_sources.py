"""Campaigns to segments: who is meant is judged once, when a campaign is accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.model import Purpose
from hub.contacts.model import NewContact, SuppressionKind
from hub.errors import RequestRefused
from hub.failpoints import FailpointReached, armed
from hub.messages.model import CampaignRequest, CampaignState, DeliveryReceipt, ReceiptState, Recipient
from hub.testing.connector import carrier_id_of
from tests.hub.web.conftest import Caller

from .test_sources import CAMPAIGNS, FIGURES, NUMBERS, expand, listed, people, send, texts

if TYPE_CHECKING:
    from tests.conftest import HubMaker

IN_LYON = {"field": "info1", "op": "is", "value": "Lyon"}


@pytest.fixture
def caller(make: HubMaker) -> Caller:
    """A caller whose segments are read three contacts at a time."""
    return Caller(make(settings={"HUB_MESSAGES_CHUNK": "3"}))


@pytest.fixture
def clients(caller: Caller) -> int:
    """A list whose first seven contacts live in Lyon."""
    contacts = [NewContact(one, info1="Lyon" if place < 7 else "Lille") for place, one in enumerate(NUMBERS)]
    return listed(caller.hub.core, caller.hub.account.id, *contacts)


def segment(caller: Caller, list_id: int, rule: Any, name: str = "Visés") -> int:
    """Save who of a list is meant."""
    return caller.hub.core.segments.create(caller.hub.account.id, list_id, name, rule).id


def test_whom_a_segment_means_is_texted(caller: Caller, clients: int) -> None:
    """Each once and with their own fields; nobody else of the list."""
    answer = send(caller, segments=[segment(caller, clients, IN_LYON)], text="Salut [info1]")
    expand(caller.hub.core)
    assert answer.status_code == 202
    assert texts(caller, answer.get_json()["id"]) == dict.fromkeys(NUMBERS[:7], "Salut Lyon")


def test_who_stands_in_several_places_is_texted_once(caller: Caller, clients: int) -> None:
    """In the request, in two segments and in a list, as it came first; the rest is counted as left out."""
    both = [segment(caller, clients, IN_LYON), segment(caller, clients, {"not": {"suppressed": True}}, "Tous")]
    other = listed(caller.hub.core, caller.hub.account.id, *people(*NUMBERS), name="Autre")
    named = [{"to": NUMBERS[0], "fields": {"info1": "Nice"}}]
    body = {"segments": [*both, both[0]], "lists": [other], "recipients": named, "text": "Salut [info1]"}
    sent = send(caller, **body).get_json()["id"]
    expand(caller.hub.core)
    assert texts(caller, sent) == {
        NUMBERS[0]: "Salut Nice",
        **dict.fromkeys(NUMBERS[1:7], "Salut Lyon"),
        **dict.fromkeys(NUMBERS[7:], "Salut Lille"),
    }
    assert len(caller.hub.states(sent)) == 10


def test_simulating_a_segment_gives_what_sending_does(caller: Caller, clients: int) -> None:
    """With who comes twice, who said stop, and credits that run out."""
    core, mine = caller.hub.core, caller.hub.account.id
    core.accounts.add_credits(mine, -995)
    core.suppressions.add(mine, NUMBERS[2], SuppressionKind.OPT_OUT, source="test")
    one = segment(caller, clients, IN_LYON)
    body = {"purpose": "alert", "text": "Salut [info1]", "segments": [one], "lists": [clients]}
    foreseen = caller.client.post(f"{CAMPAIGNS}/simulate", json=body, headers=caller.bearer).get_json()
    sent = send(caller, **body).get_json()["id"]
    expand(core)
    said = caller.get(f"{CAMPAIGNS}/{sent}").get_json()
    assert {name: foreseen[name] for name in FIGURES} == {name: said[name] for name in FIGURES}
    assert (foreseen["looked_at"], foreseen["accepted"]) == (17, 5)


def test_who_is_meant_is_judged_when_the_campaign_is_accepted(caller: Caller, clients: int) -> None:
    """Whatever happens to people and to the rule before they are read; who left the list is not texted."""
    core, mine = caller.hub.core, caller.hub.account.id
    one = segment(caller, clients, IN_LYON)
    sent = send(caller, segments=[one]).get_json()["id"]
    core.segments.edit(mine, one, rule={"suppressed": True})
    core.lists.put(mine, clients, [NewContact(NUMBERS[3], info1="Nice"), NewContact(NUMBERS[9], info1="Lyon")])
    core.lists.remove(mine, clients, [NUMBERS[5]])
    expand(core)
    assert list(texts(caller, sent)) == [*NUMBERS[:5], NUMBERS[6]]


def test_a_campaign_does_not_change_whom_it_is_for(caller: Caller, clients: int) -> None:
    """Those who were not texted yet: the first have their texts before the last are read."""
    rule = {"not": {"texted_within_days": 7}}
    two = [segment(caller, clients, rule, name) for name in ("A", "B")]
    sent = send(caller, segments=two).get_json()["id"]
    while caller.hub.core.expander.expand_next():
        caller.hub.drain()
    assert list(texts(caller, sent)) == NUMBERS
    assert len(caller.hub.carrier.taken) == 10


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_while_a_segment_is_read_loses_and_doubles_nobody(caller: Caller, clients: int, moment: str) -> None:
    """The chunk in hand is written, or read again."""
    core = caller.hub.core
    sent = send(caller, segments=[segment(caller, clients, IN_LYON)]).get_json()["id"]
    core.expander.expand_next()
    with armed(f"expand.{moment}_commit=raise"), pytest.raises(FailpointReached):
        core.expander.expand_next()
    expand(core)
    assert list(texts(caller, sent)) == NUMBERS[:7]
    assert caller.get(f"{CAMPAIGNS}/{sent}").get_json()["accepted"] == 7


def test_a_list_that_is_deleted_ends_the_reading_of_its_segments(caller: Caller, clients: int) -> None:
    """What was read goes, and the campaign comes to its end."""
    core = caller.hub.core
    sent = send(caller, segments=[segment(caller, clients, IN_LYON)]).get_json()["id"]
    core.expander.expand_next()
    core.lists.delete(caller.hub.account.id, clients)
    expand(core)
    assert list(texts(caller, sent)) == NUMBERS[:3]
    assert caller.get(f"{CAMPAIGNS}/{sent}").get_json()["state"] == "accepted"


def test_a_segment_of_another_account_is_refused(caller: Caller) -> None:
    """Like one that never was, in sending and in simulating; nothing is stored."""
    core = caller.hub.core
    other, _ = core.accounts.create("Autre", "FR")
    theirs = core.segments.create(other.id, listed(core, other.id, *people(*NUMBERS)), "Leurs", IN_LYON).id
    for wanted in (theirs, 4711):
        body = {"purpose": "alert", "text": "Bonjour", "segments": [wanted]}
        for path in (CAMPAIGNS, f"{CAMPAIGNS}/simulate"):
            refused = caller.client.post(path, json=body, headers=caller.bearer)
            (fault,) = refused.get_json()["errors"]
            assert (refused.status_code, fault["field"], fault["code"]) == (422, "segments[0]", "no_such_segment")
    assert core.campaigns.latest() == ()


def test_a_campaign_to_more_than_it_may_have_is_refused(caller: Caller) -> None:
    """Counted over segments, lists and recipients."""
    core, mine = caller.hub.core, caller.hub.account.id
    intake = replace(core.intake, limits=replace(core.intake.limits, max_recipients=9))
    one = segment(caller, listed(core, mine, *people(*NUMBERS[:8])), {"not": {"suppressed": True}})
    recipients = tuple(map(Recipient, NUMBERS[8:]))
    with pytest.raises(RequestRefused) as refused:
        intake.accept(CampaignRequest(mine, "Bonjour", recipients, Purpose.ALERT, segments=(one,)))
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("segments", "too_many_recipients")
    accepted = intake.accept(CampaignRequest(mine, "Bonjour", recipients[1:], Purpose.ALERT, segments=(one,)))
    assert accepted.state is CampaignState.EXPANDING


def test_a_key_stands_for_its_segments_too(caller: Caller, clients: int) -> None:
    """The same key for another segment is another request; the same segment twice looks repeated."""
    one, two = (segment(caller, clients, IN_LYON, name) for name in "AB")
    headers = caller.bearer | {"Idempotency-Key": "k"}
    bodies = [{"purpose": "alert", "text": "Bonjour", "segments": [wanted]} for wanted in (one, one, two)]
    asked = [caller.client.post(CAMPAIGNS, json=body, headers=headers).status_code for body in bodies]
    assert [*asked, send(caller, segments=[one]).status_code] == [202, 202, 422, 409]


def test_those_whom_a_campaign_reached_are_known(caller: Caller, clients: int) -> None:
    """By its receipts: of a campaign, and since when."""
    core, mine = caller.hub.core, caller.hub.account.id
    sent = caller.hub.send(*NUMBERS[:3])
    caller.hub.drain()
    names = [one.id for one in sent.messages]
    ends = (ReceiptState.DELIVERED, ReceiptState.UNDELIVERED)
    receipts = [DeliveryReceipt(carrier_id_of(name), end) for name, end in zip(names, ends, strict=False)]
    core.settler.receipts("carrier", receipts)
    for rule in ({"received_campaign": sent.campaign_id}, {"received_within_days": 1}):
        assert core.segments.count_rule(mine, clients, rule) == 1
    caller.hub.clock.advance(days=2)
    assert core.segments.count_rule(mine, clients, {"received_within_days": 1}) == 0


def test_anothers_campaign_says_nothing_of_who_got_it(caller: Caller) -> None:
    """Not even that it is there."""
    core = caller.hub.core
    sent = caller.hub.send(*NUMBERS[:3])
    caller.hub.drain()
    core.settler.receipts("carrier", [DeliveryReceipt(carrier_id_of(sent.messages[0].id), ReceiptState.DELIVERED)])
    other, _ = core.accounts.create("Autre", "FR")
    theirs = listed(core, other.id, *people(*NUMBERS))
    assert core.segments.count_rule(other.id, theirs, {"received_campaign": sent.campaign_id}) == 0
