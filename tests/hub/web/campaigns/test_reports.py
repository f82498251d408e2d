"""What became of a campaign, over HTTP."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from hub import InboundText
from hub.errors import TooMany
from hub.messages.model import DeliveryReceipt, FailureReason, MessageState, ReceiptState, Tally
from hub.messages.report import outcomes_of
from hub.testing.connector import carrier_id_of
from hub.web.resources.reports import progress
from hub.web.streams import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.hub.web.conftest import Caller

CAMPAIGNS = "/api/v1/campaigns"
NUMBERS = [f"+3361234567{digit}" for digit in range(6)]


def report(caller: Caller, campaign_id: str) -> dict[str, Any]:
    """The report of a campaign."""
    content: dict[str, Any] = caller.get(f"{CAMPAIGNS}/{campaign_id}/report").get_json()
    return content


def write(caller: Caller, number: str, text: str) -> None:
    """Somebody answers."""
    caller.hub.core.inbox.take("carrier", [InboundText(number, "36180", text, f"{number} {text}")])


def deliver(caller: Caller, ends: Mapping[str, str]) -> str:
    """Send to every number and let each text come to its end: the campaign."""
    sent = caller.send(*NUMBERS, "0123456789", "+32470123456").get_json()["id"]
    caller.hub.drain()
    caller.hub.clock.advance(minutes=90)
    messages = caller.hub.core.messages(caller.hub.account.id, sent)
    receipts = [receipt_of(message.id, ends[message.to]) for message in messages if message.to in ends]
    caller.hub.core.settler.receipts("carrier", receipts)
    return str(sent)


def receipt_of(message_id: str, end: str) -> DeliveryReceipt:
    """What the carrier says of a message: `delivered`, or a reason."""
    if end == "delivered":
        return DeliveryReceipt(carrier_id_of(message_id), ReceiptState.DELIVERED)
    if end == "expired":
        return DeliveryReceipt(carrier_id_of(message_id), ReceiptState.EXPIRED)
    return DeliveryReceipt(carrier_id_of(message_id), ReceiptState.UNDELIVERED, FailureReason(end))


def test_a_report_tells_received_from_not_received_and_why(caller: Caller) -> None:
    """And what was blocked, and what is still on its way."""
    ends = dict(zip(NUMBERS, ["delivered", "delivered", "unallocated", "network", "expired"], strict=False))
    said = report(caller, deliver(caller, ends))
    assert {name: said[name] for name in ("received", "not_received", "failed", "on_the_way", "blocked")} == {
        "received": 2,
        "not_received": 3,
        "failed": {"unallocated": 1, "network": 1, "expired": 1},
        "on_the_way": 2,
        "blocked": {"landline": 1},
    }


def test_a_report_tells_countries_and_hours_apart(caller: Caller) -> None:
    """Belgium has its own line; arrivals stand under the hour of their receipt."""
    said = report(caller, deliver(caller, {NUMBERS[0]: "delivered", "+32470123456": "delivered"}))
    assert {one["country"]: one["received"] for one in said["countries"]} == {"FR": 1, "BE": 1}
    hour = caller.hub.clock.now().replace(minute=0, second=0, microsecond=0)
    assert said["hours"] == [{"hour": hour.isoformat().replace("+00:00", "Z"), "received": 2}]


def test_a_report_counts_answers_and_opt_outs(caller: Caller) -> None:
    """Each list has its own."""
    sent = deliver(caller, {})
    write(caller, NUMBERS[0], "Oui")
    write(caller, NUMBERS[1], "STOP")
    said = report(caller, sent)
    assert (said["replies"], said["opt_outs"]) == (1, 1)
    for path, text in (("replies", "Oui"), ("opt-outs", "STOP")):
        page = caller.get(f"{CAMPAIGNS}/{sent}/{path}").get_json()
        assert [one["text"] for one in page["items"]] == [text]


def test_a_report_keeps_the_frozen_figures_beside_the_corrected_ones(caller: Caller) -> None:
    """48 hours after the last submission they stay; a receipt that comes later changes the others."""
    sent = deliver(caller, {NUMBERS[0]: "delivered"})
    caller.hub.clock.advance(hours=49)
    caller.hub.core.sweeper.give_up_waiting()
    caller.hub.core.sweeper.finish_campaigns()
    caller.hub.core.freezer.freeze_figures()
    caller.hub.core.settler.receipts("carrier", [receipt_of(f"{sent}-1", "delivered")])
    said = report(caller, sent)
    assert (said["received"], said["frozen"]["received"], said["corrected"]) == (2, 1, True)
    assert said["frozen"]["no_receipt"] == 6


def test_states_and_reasons_fall_into_classes() -> None:
    """Every state into one; a reason that nobody knows is another one."""
    tallies = [Tally(state, "strange", 1) for state in MessageState]
    outcomes = outcomes_of(tallies)
    assert outcomes.received == outcomes.no_receipt == outcomes.unknown == outcomes.cancelled == 1
    assert (outcomes.waiting, outcomes.on_the_way) == (4, 1)
    assert (outcomes.failed, outcomes.blocked) == ({"other": 2, "expired": 1}, {"strange": 1})


def test_campaigns_of_others_have_no_report(caller: Caller) -> None:
    """Neither has what never was."""
    sent = deliver(caller, {})
    _, token = caller.hub.core.accounts.create("Autre", "FR")
    caller.hub.token = token.secret
    for path in ("report", "messages.csv", "progress", "replies", "opt-outs"):
        assert caller.get(f"{CAMPAIGNS}/{sent}/{path}").status_code == 404
        assert caller.get(f"{CAMPAIGNS}/x/{path}").status_code == 404


# --- the file ---


def test_the_messages_of_a_campaign_are_a_file(caller: Caller, monkeypatch: Any) -> None:
    """All of them, in their order, however many pages are read for it."""
    monkeypatch.setattr("hub.web.resources.reports.ROWS_AT_ONCE", 3)
    sent = deliver(caller, {NUMBERS[0]: "delivered"})
    file = caller.get(f"{CAMPAIGNS}/{sent}/messages.csv")
    rows = list(csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig")), delimiter=";"))
    assert file.mimetype == "text/csv"
    assert [row["id"] for row in rows] == [f"{sent}-{place}" for place in range(8)]
    assert [rows[place]["state"] for place in (0, 1, 6)] == ["delivered", "submitted", "blocked"]


# --- progress ---


def events(caller: Caller, campaign_id: str, last: str = "") -> list[str]:
    """The events of a campaign's progress, those that come without a wait."""
    mine = caller.hub.account.id
    look: Callable[[], Any] = lambda: caller.hub.core.campaigns.get(mine, campaign_id)  # noqa: E731 - a name for it
    return [piece.decode() for piece in progress(look, last, lasts_s=0) if isinstance(piece, bytes)]


def test_progress_tells_how_a_campaign_stands(caller: Caller) -> None:
    """With an id, by which who comes again hears only what is new."""
    sent = deliver(caller, {NUMBERS[0]: "delivered"})
    first = events(caller, sent)
    assert '"by_state":{"blocked":1,"delivered":1,"submitted":6}' in first[1]
    last = first[1].split("\n")[0].removeprefix("id: ")
    assert events(caller, sent, last) == ["retry: 1000\n\n"]
    caller.hub.core.settler.receipts("carrier", [receipt_of(f"{sent}-1", "delivered")])
    assert '"delivered":2' in events(caller, sent, last)[1]


def test_progress_ends_when_the_campaign_does(caller: Caller) -> None:
    """And who comes again with the last event's id is told to stay away."""
    sent = deliver(caller, dict.fromkeys([*NUMBERS, "+32470123456"], "delivered"))
    caller.hub.core.sweeper.finish_campaigns()
    path = f"{CAMPAIGNS}/{sent}/progress"
    heard = caller.get(path)
    last = heard.text.split("id: ")[1].split("\n")[0]
    again = caller.client.get(path, headers=caller.bearer | {"Last-Event-ID": last})
    assert heard.mimetype == "text/event-stream"
    assert heard.text.rstrip().endswith("event: end\ndata: {}")
    assert again.status_code == 204


def test_an_answer_of_progress_comes_to_its_end(caller: Caller) -> None:
    """After 15 seconds of waits, with a sign of life where nothing changes."""
    sent = deliver(caller, {})
    view = caller.hub.core.campaigns.get(caller.hub.account.id, sent)
    pieces = list(progress(lambda: view, "", clock=lambda: 0.0))
    waits = [piece for piece in pieces if isinstance(piece, float)]
    assert (sum(waits), pieces.count(b": still here\n\n")) == (14.0, 2)


def test_an_account_follows_four_at_once() -> None:
    """Who has left gives the place back; others have their own."""
    places = Places()
    leave = [places.take(1) for _ in range(4)]
    places.take(2)
    with pytest.raises(TooMany):
        places.take(1)
    leave.pop()()
    places.take(1)


def test_a_fifth_is_told_to_wait(caller: Caller) -> None:
    """With 429, and when to come again; what had ended counts no more."""
    sent = deliver(caller, {})
    path = f"{CAMPAIGNS}/{sent}/progress"
    for _ in range(5):
        assert caller.client.get(path, headers=caller.bearer, buffered=True).status_code == 200  # read to its end
    kept = [caller.client.get(path, headers=caller.bearer, buffered=False) for _ in range(4)]
    refused = caller.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    for one in kept:
        one.close()
    assert caller.client.get(path, headers=caller.bearer, buffered=True).status_code == 200
