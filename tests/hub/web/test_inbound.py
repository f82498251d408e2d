"""What people wrote, and who must not be texted, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub import CampaignRequest, InboundText, Purpose, Recipient
from hub.contacts.model import SuppressionKind

if TYPE_CHECKING:
    from .conftest import Caller

NINA = "+33612345678"
INBOUND, SUPPRESSIONS = "/api/v1/inbound", "/api/v1/suppressions"


def write(caller: Caller, *texts: str) -> None:
    """Nina writes."""
    for number, text in enumerate(texts):
        caller.hub.core.inbox.take("carrier", [InboundText(NINA, "36180", text, f"{number} {text}")])


def remove(caller: Caller, number: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Ask for a suppression to be taken away."""
    answer = caller.client.delete(f"{SUPPRESSIONS}/{number}", json=body, headers=caller.bearer)
    return answer.status_code, answer.get_json()


def test_what_people_wrote_is_listed_the_latest_first(caller: Caller) -> None:
    """With the message that it answers."""
    campaign = caller.send().get_json()["id"]
    caller.hub.drain()
    write(caller, "Oui", "STOP")
    items = caller.get(INBOUND).get_json()["items"]
    assert [(one["text"], one["kind"], one["number"], one["to"]) for one in items] == [
        ("STOP", "opt_out", NINA, "36180"),
        ("Oui", "text", NINA, "36180"),
    ]
    assert {one["message_id"] for one in items} == {f"{campaign}-0"}


def test_pages_of_texts_lead_to_each_other(caller: Caller) -> None:
    """Each text is on one of them."""
    write(caller, *(str(number) for number in range(5)))
    seen, cursor = [], None
    while True:
        page = caller.get(INBOUND, limit=2, **({"cursor": cursor} if cursor else {})).get_json()
        seen += [one["text"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


def test_texts_of_a_kind_can_be_asked_for(caller: Caller) -> None:
    """Of several at once."""
    write(caller, "Oui", "STOP", "non-stop")
    found = caller.get(INBOUND, kind=["review", "opt_out"]).get_json()["items"]
    assert [one["text"] for one in found] == ["non-stop", "STOP"]


def test_texts_of_nobody_are_not_shown(caller: Caller) -> None:
    """Only the operator sees them."""
    caller.hub.core.accounts.create("Boutique", "FR")
    write(caller, "Oui")
    assert caller.get(INBOUND).get_json() == {"items": [], "next": None}


def test_texts_of_another_account_are_not_shown(caller: Caller) -> None:
    """They answer what that one has sent."""
    other, _ = caller.hub.core.accounts.create("Boutique", "FR", credits_=10)
    caller.hub.core.accept(CampaignRequest(other.id, "Bonjour", (Recipient(NINA),), Purpose.ALERT))
    caller.hub.drain()
    write(caller, "Oui")
    assert [one.account_id for one in caller.hub.core.texts.latest()] == [other.id]
    assert caller.get(INBOUND).get_json() == {"items": [], "next": None}


def test_suppressions_of_another_account_are_not_shown(caller: Caller) -> None:
    """Whom that one must not text is its own business."""
    other, _ = caller.hub.core.accounts.create("Boutique", "FR")
    caller.hub.core.suppressions.add(other.id, NINA, SuppressionKind.OPT_OUT, source="hand")
    assert caller.get(SUPPRESSIONS).get_json() == {"items": [], "next": None}


@pytest.mark.parametrize(("method", "path"), [("get", INBOUND), ("get", SUPPRESSIONS), ("delete", f"{SUPPRESSIONS}/1")])
def test_nothing_is_shown_without_a_token(caller: Caller, method: str, path: str) -> None:
    """Nor taken away."""
    assert getattr(caller.client, method)(path, json={"proof": "x"}).status_code == 401


def test_suppressions_are_listed_in_pages_by_number(caller: Caller) -> None:
    """Both kinds of one number stand on one page."""
    add = caller.hub.core.suppressions.add
    for digit in "123":
        for kind in SuppressionKind:
            add(caller.hub.account.id, f"+3361234567{digit}", kind, source="hand")
    pages: list[list[tuple[str, str]]] = []
    cursor = None
    while not pages or cursor:
        page = caller.get(SUPPRESSIONS, limit=1, **({"cursor": cursor} if cursor else {})).get_json()
        pages.append([(one["number"][-1], one["kind"]) for one in page["items"]])
        cursor = page["next"]
    assert pages == [[(digit, "opt_out"), (digit, "unallocated")] for digit in "123"]


def test_a_suppression_shows_what_the_person_wrote(caller: Caller) -> None:
    """Whoever doubts it can read it."""
    write(caller, "Stop svp")
    (one,) = caller.get(SUPPRESSIONS).get_json()["items"]
    assert (one["number"], one["text"], one["source"]) == (NINA, "Stop svp", "inbound")


def test_a_suppression_is_removed_on_a_proof(caller: Caller) -> None:
    """Which is answered as it was recorded."""
    write(caller, "STOP")
    status, kept = remove(caller, "06 12 34 56 78", {"proof": "Formulaire signé le 4 janvier"})
    assert (status, kept["number"], kept["notice"], kept["source"]) == (
        200,
        NINA,
        "Formulaire signé le 4 janvier",
        "api",
    )
    assert caller.get(SUPPRESSIONS).get_json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"proof": ""}, 422), ({"proof": "  "}, 422), ({"proof": 1}, 422), ({"proof": "x"}, 200)],
)
def test_without_a_proof_nothing_is_removed(caller: Caller, body: dict[str, Any], status: int) -> None:
    """However it is left out."""
    write(caller, "STOP")
    answered, _ = remove(caller, NINA, body)
    left = caller.get(SUPPRESSIONS).get_json()["items"]
    assert (answered, bool(left)) == (status, status != 200)


def test_a_number_that_is_not_suppressed_is_not_found(caller: Caller) -> None:
    """Nor is one that another account must not text."""
    other, _ = caller.hub.core.accounts.create("Boutique", "FR")
    caller.hub.core.suppressions.add(other.id, NINA, SuppressionKind.OPT_OUT, source="hand")
    assert remove(caller, NINA, {"proof": "Formulaire"})[0] == 404
    assert [one.number for one in caller.hub.core.suppressions.all(other.id)] == [NINA]


def test_what_is_no_number_is_refused(caller: Caller) -> None:
    """With the reason."""
    status, problem = remove(caller, "12", {"proof": "Formulaire"})
    assert (status, problem["errors"][0]["field"]) == (422, "number")


def test_a_campaign_can_say_what_is_answered_to_its_answers(caller: Caller) -> None:
    """Once per number and day."""
    caller.send(auto_reply="Merci, c'est noté.")
    caller.hub.drain()
    write(caller, "Oui")
    caller.hub.core.desk.work_off(caller.hub.core)
    caller.hub.drain()
    assert caller.hub.carrier.taken[-1].text == "Merci, c'est noté."
