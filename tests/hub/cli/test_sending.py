"""`hub send`, `hub messages`, `hub cancel`: here, and on a hub far away."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from werkzeug.serving import make_server

from hub.bootstrap import build
from hub.messages.campaigns import Campaigns
from hub.messages.tables import campaigns
from hub.store.engine import Store, sqlite_url
from hub.testing.clock import A_TUESDAY_MORNING
from hub.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hub.cli.conftest import CommandLine

TO = "0612345678"
SOON = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT12:00}"


def sent(cli: CommandLine, *words: str) -> str:
    """Send an alert; the campaign's id."""
    campaign: str = cli.json("send", "--alert", "--to", TO, "--text", "Bonjour", *words)["campaign_id"]
    return campaign


def test_a_text_is_accepted_and_what_it_costs_is_told(shop: CommandLine) -> None:
    """For a program: all of the hub's answer."""
    answer = shop.json("send", "--alert", "--to", TO, "--text", "Bonjour")
    assert (answer["state"], answer["accepted"], answer["blocked"], answer["credits"]) == ("accepted", 1, 0, 1)
    (message,) = answer["messages"]
    assert (message["to"], message["state"], message["encoding"]) == ("+33612345678", "pending", "GSM-7")


def test_a_person_reads_what_was_blocked_and_why(shop: CommandLine) -> None:
    """And what was rewritten."""
    said = shop("send", "--alert", "--to", f"{TO},0123456789", "--text", "C\u2019est bon\u2026").stdout.splitlines()
    assert said[0].endswith(": 1 accepted, 1 blocked,")
    assert said[1] == "  1 segment(s), 1 credit(s)."
    assert said[2].startswith("  0123456789: landline. ")
    assert [line for line in said if "was written" in line] != []


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "0612345678", "--to", "0612345679"),
        ("--to", "0612345678,0612345679"),
        ("--to", "0612345678;+33612345679"),
    ],
)
def test_numbers_are_given_one_by_one_or_in_a_list(shop: CommandLine, words: tuple[str, ...]) -> None:
    """As people paste them."""
    assert shop.json("send", "--alert", "--text", "Bonjour", *words)["accepted"] == 2


def test_a_text_is_an_advertisement_unless_it_is_said_to_be_an_alert(shop: CommandLine) -> None:
    """The careful default: lawful hours and the way out apply."""
    for words in ((), ("--marketing",), ("--alert",)):
        shop.json("send", "--to", TO, "--text", "Promo", *words)
    assert [one["purpose"] for one in shop.json("messages")["items"]] == ["alert", "marketing", "marketing"]


def test_a_blocked_recipient_does_not_stop_the_others(shop: CommandLine) -> None:
    """It is told why."""
    answer = shop.json("send", "--alert", "--to", f"{TO},0123456789", "--text", "Bonjour")
    assert [(one["state"], one["reason"]) for one in answer["messages"]] == [("pending", None), ("blocked", "landline")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--to", "12", "--text", "x"), "length"),
        (("--to", "abc", "--text", "x"), "unparsable"),
        (("--to", TO, "--text", ""), "empty_body"),
        (("--to", TO, "--text", "x" * 32_000), "too_long"),
        (("--to", TO, "--text", "x", "--at", "tomorrow"), "schedule_form"),
        (("--to", TO, "--text", "x", "--at", "9999-01-01"), "schedule_year"),
        (("--to", TO, "--text", "x", "--key", "k" * 300), "idempotency_key_form"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(shop: CommandLine, words: tuple[str, ...], code: str) -> None:
    """With exit code 1, and nothing is stored."""
    assert shop.refused("send", "--alert", *words)[0] == code
    assert shop.json("messages")["items"] == []


@pytest.mark.parametrize("words", [("--to", TO), ("--text", "x"), ("--to", TO, "--text", "x", "--colour", "red")])
def test_a_call_that_makes_no_sense_is_a_mistake_in_the_call(shop: CommandLine, words: tuple[str, ...]) -> None:
    """Exit code 2, and how it is used."""
    result = shop("send", *words)
    assert (result.exit_code, result.stderr.startswith("Usage: hub send")) == (2, True)


def test_what_the_account_cannot_pay_is_refused(shop: CommandLine) -> None:
    """It is said how much is missing."""
    shop("account", "credit", "1", "--", "-100")
    code, message = shop.refused("send", "--alert", "--to", TO, "--text", "Bonjour")
    assert (code, message) == ("insufficient_credit", "This costs 1 credits and the account has 0 left.")


def test_a_time_without_an_offset_is_the_hubs_own(shop: CommandLine) -> None:
    """Noon in Paris is before noon in UTC; with an offset it is what it says."""
    here = shop.json("send", "--alert", "--to", TO, "--text", "x", "--at", SOON)["messages"][0]["due_at"]
    there = shop.json("send", "--alert", "--to", TO, "--text", "x", "--at", f"{SOON}+00:00")["messages"][0]["due_at"]
    assert datetime.fromisoformat(here) < datetime.fromisoformat(there)
    assert there == f"{SOON}:00+00:00"


def test_the_same_key_sends_once(shop: CommandLine) -> None:
    """Whoever did not hear the answer may ask again."""
    assert sent(shop, "--key", "k1") == sent(shop, "--key", "k1")
    assert len(shop.json("messages")["items"]) == 1


def test_campaigns_are_listed_the_latest_first(shop: CommandLine) -> None:
    """For programs and for people; brackets in a text are no markup."""
    first = sent(shop)
    last = shop.json("send", "--alert", "--to", TO, "--text", "[/red] [bold]")["campaign_id"]
    assert [one["id"] for one in shop.json("messages")["items"]] == [last, first]
    shown = shop("messages").stdout
    assert ([one in shown for one in (first, last)], "[/red] [bold]" in shown) == ([True, True], True)


def test_a_campaign_is_listed_with_its_frozen_figures(shop: CommandLine) -> None:
    """A line under its messages, and one more when a later receipt corrected them."""
    campaign = sent(shop)
    store = Store(sqlite_url(shop.folder / "data"))
    figures = '[["delivered", null, 3], ["undelivered", "unallocated", 1]]'
    with store.write("test") as connection:
        row = {"figures": figures, "frozen_at": A_TUESDAY_MORNING, "corrected_at": A_TUESDAY_MORNING}
        connection.execute(update(campaigns).values(**row))
    store.close()
    *_, frozen, corrected = shop("messages", "--campaign", campaign).stdout.splitlines()
    assert frozen == "Figures of 2026-11-24 09:00 UTC: 3 delivered, 1 undelivered (unallocated)."
    assert corrected == "Corrected: a receipt that came later, last on 2026-11-24 09:00 UTC, changed them."
    view = shop.json("messages", "--campaign", campaign)["campaign"]
    assert view["figures"][1] == {"state": "undelivered", "reason": "unallocated", "count": 1}


def test_messages_of_a_campaign_are_listed_whole(shop: CommandLine) -> None:
    """However long the table gets; no cell is cut where it does not go to a terminal."""
    campaign = sent(shop)
    (item,) = shop.json("messages", "--campaign", campaign)["items"]
    assert (item["id"], item["to"], item["state"]) == (f"{campaign}-0", "+33612345678", "pending")
    assert f"{campaign}-0" in shop("messages", "--campaign", campaign).stdout


def test_what_is_in_doubt_is_listed_whoever_sent_it(shop: CommandLine) -> None:
    """The sandbox loses the answer of every number that ends so."""
    campaign = shop.json("send", "--alert", "--to", f"06 12 34 99 08, {TO}", "--text", "x")["campaign_id"]
    core = build(environ=shop.environ)
    core.dispatcher.drain("default")
    core.close()
    (item,) = shop.json("messages", "--unknown")["items"]
    assert (item["id"], item["to"], item["connector"]) == (f"{campaign}-0", "+33612349908", "sandbox")
    assert f"{campaign}-0" in shop("messages", "--unknown").stdout


def test_more_messages_than_a_page_holds_are_all_listed(shop: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where duplicates left gaps in their numbering."""
    monkeypatch.setattr(Campaigns.messages, "__kwdefaults__", {"after": -1, "limit": 2, "states": ()})
    numbers = ["0612345670", "0612345671", "0612345671", "0612345672", "0612345673", "0612345674"]
    campaign = shop.json("send", "--alert", "--text", "x", "--to", ",".join(numbers))["campaign_id"]
    found = [item["to"][-1] for item in shop.json("messages", "--campaign", campaign)["items"]]
    assert found == ["0", "1", "2", "3", "4"]


def test_an_unknown_campaign_is_not_found(shop: CommandLine) -> None:
    """Neither shown nor cancelled."""
    message = "There is no campaign 'nothing'."
    assert shop.refused("messages", "--campaign", "nothing") == ("not_found", message)
    assert shop.refused("cancel", "nothing") == ("not_found", message)


def test_what_has_not_left_is_cancelled_and_its_credits_come_back(shop: CommandLine) -> None:
    """Once, however often it is cancelled."""
    campaign = sent(shop)
    said = [shop("cancel", campaign).stdout for _ in range(2)]
    assert said == ["1 message(s) will not be sent.\n"] * 2
    assert shop.json("account", "list")[0]["available"] == 100


def test_what_has_left_cannot_be_cancelled(shop: CommandLine) -> None:
    """It is said so, and paid for."""
    campaign = sent(shop)
    core = build(None, environ=shop.environ)
    core.dispatcher.drain("default")
    core.close()
    assert shop.refused("cancel", campaign)[0] == "already_sent"


def test_a_cancelled_campaign_is_answered_to_programs(shop: CommandLine) -> None:
    """As it stands then."""
    answer = shop.json("cancel", sent(shop))
    assert (answer["state"], answer["by_state"]) == ("cancelled", {"cancelled": 1})


@pytest.fixture
def far_away(shop: CommandLine) -> Iterator[tuple[str, str]]:
    """The web process of the shop's hub, and a token for it."""
    token = shop.json("account", "token", "1")["token"]
    core = build(None, environ=shop.environ)
    server = make_server("127.0.0.1", 0, create_app(core))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", token
    server.shutdown()
    thread.join()
    server.server_close()
    core.close()


def test_a_text_is_sent_over_a_hub_far_away(shop: CommandLine, far_away: tuple[str, str]) -> None:
    """By its REST API, with a token; and followed there."""
    url, token = far_away
    remote = ("--url", url, "--token", token)
    answer = shop.json("send", "--alert", "--to", TO, "--text", "Bonjour", "--key", "k1", *remote)
    again = shop.json("send", "--alert", "--to", TO, "--text", "Bonjour", "--key", "k1", *remote)
    assert (answer["accepted"], again["id"]) == (1, answer["id"])
    (item,) = shop.json("messages", "--campaign", answer["id"], *remote)["items"]
    assert item["to"] == "+33612345678"
    assert item["id"] in shop("messages", "--campaign", answer["id"], *remote).stdout


def test_a_hub_far_away_says_what_it_did(shop: CommandLine, far_away: tuple[str, str]) -> None:
    """In a line."""
    url, token = far_away
    said = shop("send", "--alert", "--to", TO, "--text", "Bonjour", "--url", url, "--token", token).stdout
    assert said.endswith(": 1 accepted, 0 blocked, 1 credit(s).\n")


def test_a_hub_far_away_refuses_in_its_own_words(shop: CommandLine, far_away: tuple[str, str]) -> None:
    """A wrong token, an unknown campaign, and none at all."""
    url, token = far_away
    assert shop.refused("send", "--to", TO, "--text", "x", "--url", url, "--token", "wrong")[0] == "not_authenticated"
    assert shop.refused("messages", "--campaign", "x", "--url", url, "--token", token)[0] == "not_found"
    assert shop.refused("messages", "--url", url, "--token", token)[0] == "missing"


class _Odd(BaseHTTPRequestHandler):
    """Answers as no hub does."""

    answer: bytes
    status: int

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b"<html>Welcome</html>"),
        (200, b'{"pages": 3}'),
        (200, b"[]"),
        (500, b'{"message": "oops"}'),
        (302, b"null"),
        (404, b""),
    ],
)
def test_what_is_no_hub_is_said_to_be_none(shop: CommandLine, status: int, answer: bytes) -> None:
    """A wrong address is a sentence, not a crash."""
    handler = type("Odd", (_Odd,), {"status": status, "answer": answer})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        code, message = shop.refused("messages", "--campaign", "x", "--url", url)
        thread.join()
    assert (code, message.startswith(f"{url} does not answer as a hub does")) == ("HubError", True)


def test_nobody_there_is_said_so(shop: CommandLine) -> None:
    """A port where nobody listens."""
    with HTTPServer(("127.0.0.1", 0), _Odd) as server:
        url = f"http://127.0.0.1:{server.server_port}"
    code, message = shop.refused("messages", "--campaign", "x", "--url", url)
    assert (code, message.startswith(f"Nobody answers at {url}")) == ("HubError", True)


class _Mute(_Odd):
    """Hangs up on whoever asks."""

    def do_GET(self) -> None:
        """Answer nothing."""
        self.close_connection = True


def test_an_answer_that_never_came_leaves_the_request_in_doubt(shop: CommandLine) -> None:
    """Nobody can say whether the hub took it."""
    with HTTPServer(("127.0.0.1", 0), _Mute) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        code, message = shop.refused("messages", "--campaign", "x", "--url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
    assert (code, "nobody knows" in message) == ("HubError", True)


def test_a_text_has_one_purpose(shop: CommandLine) -> None:
    """To inform or to sell."""
    assert shop.refused("send", "--to", TO, "--text", "x", "--alert", "--marketing")[0] == "two_purposes"
