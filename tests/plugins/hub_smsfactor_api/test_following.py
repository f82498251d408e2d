"""What was sent, and what became of it: campaigns and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub import CommitInDoubt, HubError, InboundText, Paused, StoreUnavailable
from hub.contacts.model import SuppressionKind
from hub.messages.model import FailureReason, ReceiptState
from hub.testing.databases import KINDS
from hub_smsfactor_api.tables import references, tickets
from hub_smsfactor_api.tickets import Tickets, ticket_number

from .conftest import FRIEND, OTHER

if TYPE_CHECKING:
    from hub import CampaignRequest
    from hub.testing.databases import Databases

    from .conftest import Site

FIELDS = (
    "id",
    "sender",
    "text",
    "creation_date",
    "date",
    "cost",
    "lists",
    "status",
    "delivery_rate",
    "delivered",
    "error",
    "expired",
    "network_error",
    "stop",
    "npai",
    "total",
)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


def receipts(site: Site, ticket: str) -> list[dict[str, str]]:
    """What an old client pulls of a campaign."""
    found: list[dict[str, str]] = site.post("/dr", {"deliveryreport": {"message": {"ticket": ticket}}})["dr"]
    return found


def settle(site: Site, state: ReceiptState, reason: FailureReason | None = None) -> None:
    """Let the carrier take what waits, and report on all of it."""
    before = len(site.hub.carrier.taken)
    site.hub.drain()
    for one in site.hub.carrier.taken[before:]:
        site.hub.carrier.report(one.id, state, reason)


def write(site: Site, number: str, text: str) -> None:
    """Let somebody write back."""
    assert site.hub.carrier.sink is not None
    site.hub.carrier.sink.inbound([InboundText(f"+{number}", "36180", text, f"{number}-{text}")])
    site.hub.core.desk.work_off(site.hub.core)


def test_campaigns_are_listed_with_texts_for_figures(site: Site) -> None:
    """Every value but the lists is a text; the totals are numbers."""
    ticket = site.send()["ticket"]
    settle(site, ReceiptState.DELIVERED)
    reply = site.get("/campaigns")
    (one,) = reply["campaigns"]
    assert (one["id"], tuple(one)) == (ticket, FIELDS)
    assert {type(value) for name, value in one.items() if name not in {"lists", "sender"}} == {str}
    assert (reply["totalRecords"], reply["totalDisplayRecords"]) == (1, 1)


def test_campaigns_are_found_by_what_they_say_and_to_whom(site: Site) -> None:
    """The totals tell what was found, and of how many."""
    site.send(FRIEND, text="Bonjour Ana")
    site.send(FRIEND, OTHER, text="Au revoir")

    def found(**query: object) -> tuple[list[str], int, int]:
        reply = site.get("/campaigns", **query)
        return [one["text"] for one in reply["campaigns"]], reply["totalDisplayRecords"], reply["totalRecords"]

    assert found(text="ana") == (["Bonjour Ana"], 1, 2)
    assert found(destination=OTHER) == (["Au revoir"], 1, 2)
    assert found(sms_min=2) == (["Au revoir"], 1, 2)
    assert found(sms_max=1) == (["Bonjour Ana"], 1, 2)
    assert found(date_start="2027-01-01 00:00:00") == ([], 0, 2)
    assert found(sort="text") == (["Au revoir", "Bonjour Ana"], 2, 2)
    assert found(sort="-cost", length=1) == (["Au revoir"], 2, 2)
    assert found(sort="id", start=1) == (["Au revoir"], 2, 2)


@pytest.mark.parametrize("query", [{"sort": "colour"}, {"start": "x"}, {"date_start": "yesterday"}, {"length": "many"}])
def test_a_search_that_cannot_be_read_is_a_data_error(site: Site, query: dict[str, str]) -> None:
    """-7."""
    assert site.get("/campaigns", **query)["status"] == -7


def test_a_campaign_of_the_hubs_own_has_a_ticket_too(site: Site) -> None:
    """It came by mail, or over REST; asked again it has the same."""
    site.hub.send(text="Par mail")
    (one,) = site.get("/campaigns")["campaigns"]
    assert site.get(f"/campaign/{one['id']}")["campaign"][0]["text"] == "Par mail"
    assert site.get("/campaigns")["campaigns"][0]["id"] == one["id"]


def test_a_campaign_has_its_ticket_before_it_is_there(site: Site) -> None:
    """A receipt may come before the send is answered: it finds the ticket that the client will be told, and names."""
    rooms, mine, campaign = Tickets(site.hub.core), site.hub.account.id, site.hub.core.new_campaign_id()
    begun = rooms.begin(mine, campaign, {f"+{FRIEND}": "cmd-1"})
    assert rooms.of_campaigns(mine, [campaign])[campaign].number == ticket_number(begun)
    assert rooms.references(campaign, [f"+{FRIEND}"]) == {f"+{FRIEND}": "cmd-1"}


def test_a_crash_before_the_answer_leaves_the_campaign_its_ticket_and_names(site: Site) -> None:
    """It was accepted: the list of campaigns shows it, and receipts say what the client calls its recipients."""
    accept = site.hub.core.intake.accept

    def die(request: CampaignRequest) -> None:
        accept(request)
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.bootstrap.Core.accept", lambda _, request: die(request))
        assert site.send(FRIEND)["status"] == -99
    (one,) = site.get("/campaigns")["campaigns"]
    assert (one["text"], one["total"]) == ("Bonjour", "1")
    assert [row["gsmsmsid"] for row in receipts(site, one["id"])] == ["cmd-0"]


@pytest.mark.parametrize("error", [Paused("Nothing is taken in."), StoreUnavailable("The database is away.")])
def test_a_send_that_was_not_taken_leaves_no_ticket(site: Site, error: HubError) -> None:
    """Nor names: whoever tries again has new ones."""

    def refuse(_: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.bootstrap.Core.accept", lambda _, request: refuse(request))
        assert site.send(FRIEND)["status"] == -99
    with site.hub.core.read() as connection:
        assert [connection.execute(one.select()).all() for one in (tickets, references)] == [[], []]


def test_a_send_in_doubt_keeps_its_ticket(site: Site) -> None:
    """The campaign may be there: then its recipients have names, and else its ticket is nobody's."""

    def doubt(_: object) -> None:
        raise CommitInDoubt("Nobody knows.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.bootstrap.Core.accept", lambda _, request: doubt(request))
        assert site.send(FRIEND)["status"] == -99
    with site.hub.core.read() as connection:
        (ticket_id,) = connection.execute(select(tickets.c.id)).scalars()
    assert site.get(f"/campaign/{ticket_number(ticket_id)}")["status"] == -5


def test_each_end_is_counted_where_it_belongs(site: Site) -> None:
    """A network's fault is not an expired text, nor a number that is nobody's."""
    reasons = [
        (ReceiptState.DELIVERED, None),
        (ReceiptState.EXPIRED, None),
        (ReceiptState.UNDELIVERED, FailureReason.NETWORK),
        (ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),
        (ReceiptState.UNDELIVERED, FailureReason.BARRED),
    ]
    ticket = site.send(*(f"3361234567{place}" for place in range(5)))["ticket"]
    site.hub.drain()
    for one, (state, reason) in zip(list(site.hub.carrier.taken), reasons, strict=True):
        site.hub.carrier.report(one.id, state, reason)
    (report,) = site.get(f"/campaign/{ticket}")["campaign"]
    figures = [report[name] for name in ("delivered", "expired", "network_error", "npai", "error", "delivery_rate")]
    assert figures == ["1", "1", "1", "1", "1", "20.00"]


def test_the_npais_of_a_campaign_are_put_on_the_list(site: Site) -> None:
    """Then they are texted no more."""
    ticket = site.send(FRIEND, OTHER)["ticket"]
    settle(site, ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED)
    rows = site.get(f"/campaign/{ticket}/npai")["npais"]
    assert [one["destination"] for one in rows] == [FRIEND, OTHER]
    assert site.put(f"/campaign/{ticket}/npai") == {"status": 1, "message": "OK", "NPAI": 2}
    assert site.send(FRIEND)["npai"] == 1


def test_a_stop_is_among_the_campaigns_stops_and_on_the_blacklist(site: Site) -> None:
    """With the ticket of the campaign that it answered."""
    ticket = site.send(FRIEND)["ticket"]
    settle(site, ReceiptState.DELIVERED)
    write(site, FRIEND, "STOP")
    assert [one["destination"] for one in site.get(f"/campaign/{ticket}/blacklist")["stops"]] == [FRIEND]
    (entry,) = site.get("/blacklist")["list"]
    assert (entry["destination"], entry["campaign_id"]) == (FRIEND, int(ticket))
    assert site.get(f"/campaign/{ticket}")["campaign"][0]["stop"] == "1"


def test_the_answers_to_a_campaign_are_its_mo(site: Site) -> None:
    """A stop is not among them."""
    ticket = site.send(FRIEND, OTHER)["ticket"]
    settle(site, ReceiptState.DELIVERED)
    write(site, FRIEND, "Oui merci")
    write(site, OTHER, "STOP")
    replies = site.get(f"/campaign/{ticket}/mo")["replies"]
    assert [(one["destination"], one["message"]) for one in replies] == [(FRIEND, "Oui merci")]


@pytest.mark.parametrize("part", ["", "/blacklist", "/npai", "/mo"])
def test_a_campaign_of_another_account_is_nobodys(site: Site, part: str) -> None:
    """Like one that does not exist, and one whose id is none."""
    _, token = site.hub.core.accounts.create("Boutique Exemple", "FR")
    ticket = site.send()["ticket"]
    strange = site.call("GET", f"/campaign/{ticket}{part}", headers={"Authorization": f"Bearer {token.secret}"})
    nothing = [site.get(f"/campaign/{one}{part}") for one in ("999999", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "-1", "0")]
    assert {one["status"] for one in (strange, *nothing)} == {-5}


def test_a_suppression_by_hand_has_no_campaign(site: Site) -> None:
    """`campaign_id` is null."""
    site.hub.core.suppressions.add(site.hub.account.id, f"+{FRIEND}", SuppressionKind.OPT_OUT, source="api")
    (entry,) = site.get("/blacklist")["list"]
    assert (entry["campaign_id"], entry["batch_id"], entry["user_information"]) == (None, None, [])
