"""The client on the hub's own web application, over a wire: its refusals, pages, second tries."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from hub.client import (
    Changed,
    Client,
    Forbidden,
    InDoubt,
    Nobody,
    NoHub,
    NotPaid,
    Patience,
    Problem,
    Refused,
    Stumbled,
    TooOften,
    Unknown,
)
from hub.client.wire import Wire
from hub.contacts.model import SuppressionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.hub import TestHub

TO = "06 12 34 56 78"
PROBLEM = {"type": "/problems/paused", "title": "Paused", "status": 503, "detail": "Later.", "code": "paused"}
ACCOUNT = {"name": "Salon Exemple", "country": "FR", "balance": {"available": 1, "reserved": 0, "spent": 0}}


def test_a_refusal_names_its_faults(client: Client) -> None:
    """With the code, the field and the sentence of the API, and what to ask the operator about."""
    with pytest.raises(Refused) as refused:
        client.campaigns.send("Bonjour", ["01 23 45 67 89"], purpose="alert")
    (fault,) = refused.value.faults
    assert (refused.value.status, fault.field, fault.code) == (422, "recipients[0].to", "landline")
    assert "only mobiles" in str(refused.value)
    assert refused.value.request_id
    assert refused.value.type.endswith("/problems/landline")


def test_what_is_too_dear_says_what_is_missing(client: Client, hub: TestHub) -> None:
    """In credits."""
    hub.core.accounts.add_credits(hub.account.id, -1000)
    with pytest.raises(NotPaid) as refused:
        client.campaigns.send("Bonjour", [TO], purpose="alert")
    assert (refused.value.needed, refused.value.available) == (1, 0)


def test_a_wrong_token_is_unknown(client: Client) -> None:
    """Whatever is asked."""
    client.wire.token = "hub_live_wrong"
    with pytest.raises(Unknown):
        client.account.get()


def test_a_token_for_less_may_not(client: Client) -> None:
    """One for looking does not send."""
    client.wire.token = client.tokens.create("till", scope="read").secret
    with pytest.raises(Forbidden) as refused:
        client.campaigns.send("Bonjour", [TO])
    assert refused.value.code == "scope_missing"


def test_without_a_key_each_call_sends(client: Client) -> None:
    """The key that the client makes is for its own further tries."""
    assert client.campaigns.send("A", [TO], purpose="alert").id != client.campaigns.send("B", [TO], purpose="alert").id


def test_a_campaign_is_cancelled(client: Client) -> None:
    """And says so."""
    sent = client.campaigns.send("Bonjour", [TO], purpose="alert")
    assert client.campaigns.cancel(sent.id).by_state == {"cancelled": 1}


def test_a_list_goes_on_after_its_first_page(client: Client) -> None:
    """The iterator asks for the next page by itself; here pages have two items."""
    for name in ("a", "b", "c", "d", "e"):
        client.lists.create(name)
    assert [one.name for one in client.lists._pages(type(client.lists.get(1)), "/lists", limit=2)] == list("abcde")


def test_a_suppression_is_lifted_on_a_proof(client: Client, hub: TestHub) -> None:
    """It is on the list before, and off it after."""
    hub.core.suppressions.add(hub.account.id, "+33612345678", SuppressionKind.OPT_OUT, source="test")
    assert [one.number for one in client.suppressions.all()] == ["+33612345678"]
    client.suppressions.lift("+33612345678", "Signed in the shop on 4 January 2027")
    assert list(client.suppressions.all()) == []


def test_an_edit_of_what_somebody_else_changed_is_refused(client: Client) -> None:
    """The tag that the client sends is the one it read."""
    with pytest.raises(Changed):
        client.wire.call("PATCH", "/account/settings", body={"language": "fr"}, headers={"If-Match": '"old"'})


@dataclass
class Script:
    """A server that answers by a list: a status and a body each, or None to hang up; the last one again and again."""

    answers: list[tuple[int, Any] | None]
    retry_after: str | None = None
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """What the server does with a request."""
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script.heard.append((self.command, dict(self.headers)))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                if said is None:
                    self.close_connection = True
                    return
                body = json.dumps(said[1]).encode()
                self.send_response(said[0])
                if script.retry_after and said[0] >= 400:
                    self.send_header("Retry-After", script.retry_after)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the standard library calls it so

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@dataclass
class Talk:
    """A scripted server, a wire to it, and the pauses that were made."""

    script: Script
    wire: Wire
    pauses: list[float]


@pytest.fixture
def talk() -> Iterator[Any]:
    """Make talks."""
    servers = []

    def make(*answers: tuple[int, Any] | None, retry_after: str | None = None) -> Talk:
        script = Script(list(answers), retry_after)
        server = ThreadingHTTPServer(("127.0.0.1", 0), script.handler())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        pauses: list[float] = []
        wire = Wire(f"http://127.0.0.1:{server.server_port}", "t", Patience(tries=3), pauses.append)
        return Talk(script, wire, pauses)

    yield make
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_looks_is_tried_again(talk: Any) -> None:
    """After a broken line and a stumbling proxy, with longer pauses each time."""
    made = talk(None, (503, PROBLEM | {"code": "commit_in_doubt"}), (200, ACCOUNT))
    assert made.wire.json("GET", "/account") == ACCOUNT
    assert [0.3 < one < 0.7 for one in made.pauses] == [True, False]
    assert 0.7 < made.pauses[1] < 1.3


def test_what_has_a_key_is_tried_again_with_the_same(talk: Any) -> None:
    """So it happens once."""
    made = talk(None, (409, PROBLEM | {"code": "idempotency_key_busy"}), (201, {}))
    made.wire.json("POST", "/campaigns", body={}, headers={"Idempotency-Key": "k"})
    assert [headers["Idempotency-Key"] for _, headers in made.script.heard] == ["k", "k", "k"]


def test_what_may_have_happened_is_not_tried_again(talk: Any) -> None:
    """Without a key nobody knows."""
    made = talk(None)
    with pytest.raises(InDoubt):
        made.wire.json("POST", "/lists", body={"name": "a"})
    assert len(made.script.heard) == 1


def test_of_what_the_hub_kept_nothing_it_is_tried_again(talk: Any) -> None:
    """Whatever it was; and the hub says when."""
    made = talk((503, PROBLEM), (201, {}), retry_after="7")
    made.wire.json("POST", "/lists", body={"name": "a"})
    assert made.pauses == [7.0]


@pytest.mark.parametrize(("status", "kind"), [(503, Stumbled), (429, TooOften)])
def test_it_gives_up_in_the_end(talk: Any, status: int, kind: type[Problem]) -> None:
    """With the last answer."""
    made = talk((status, PROBLEM))
    with pytest.raises(kind):
        made.wire.json("GET", "/account")
    assert len(made.script.heard) == 3


def test_a_no_is_not_asked_twice(talk: Any) -> None:
    """It would be the same."""
    made = talk((422, PROBLEM | {"code": "missing"}))
    with pytest.raises(Refused):
        made.wire.json("GET", "/account")
    assert len(made.script.heard) == 1


def test_what_a_newer_hub_says_besides_is_passed_over(talk: Any) -> None:
    """A field more is no reason to fail; one less is."""
    made = talk((200, ACCOUNT | {"colour": "blue"}), (200, {"name": "Salon Exemple"}))
    with Client(made.wire.url, "t") as client:
        assert client.account.get().name == "Salon Exemple"
        with pytest.raises(NoHub):
            client.account.get()


def test_a_simulation_is_read(talk: Any) -> None:
    """Its figures and whether the credits suffice."""
    said = {"state": "accepted", "accepted": 2, "blocked": 0, "deferred": 0, "segments": 2, "credits": 2}
    said |= {"blocked_by": {}, "notes": [], "available": 1, "suffices": False, "complete": True, "saving": None}
    made = talk((200, said))
    with Client(made.wire.url, "t") as client:
        found = client.campaigns.simulate("Bonjour", [TO], purpose="alert")
    assert (found.credits, found.suffices, made.script.heard[0][0]) == (2, False, "POST")


def test_nobody_there_is_said_so() -> None:
    """A port where nobody listens; and the token is in no sentence."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
    wire = Wire(url, "hub_live_secret", Patience(tries=2), lambda _: None)
    with pytest.raises(Nobody, match="Nobody answers at"):
        wire.json("GET", "/account")
    assert "secret" not in repr(wire)
