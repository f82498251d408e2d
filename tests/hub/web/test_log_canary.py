"""A canary's number, text and token go through every door of the process, and none of them is seen in its logs."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pytest
from flask import Blueprint

from hub import PermanentFailure, Rejected, TemporaryFailure, Throttled, Unknown, hookimpl
from hub.messages.model import DeliveryReceipt, FailureReason, ReceiptState
from hub.observe import configure_logging
from hub.plugin_manager import Plugins

from .conftest import CAMPAIGNS, Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hub.accounts.model import Account
    from hub.messages.model import Acceptance, Draft, MessageNotice, OutgoingMessage
    from hub.registry import Registry
    from hub.running import Hub
    from tests.conftest import HubMaker

NUMBER = "+33612998174"
NATIONAL = "06 12 99 81 74"
TEXT = "L'analyse \u00e9tait positive,\nvenez lundi"
TOKEN = "hub_live_c4n4ry-0f-n0b0dy_" + "A" * 18
WORDS = ("positive", "venez lundi", "c4n4ry")
DIGITS = "6129981"  # fewer would turn up in a row of ids by chance


@dataclass
class Songbird:
    """A plugin that raises with everything it was told in its message, wherever it is asked."""

    hub_api: int = 1

    @hookimpl
    def hub_check_message(self, draft: Draft) -> None:
        """Raise in a decision, on the text that asks for it."""
        if "#" in draft.text:
            raise LookupError(f"no rule for {draft.to}: {draft.text}, {draft}, {TOKEN}")

    @hookimpl
    def hub_campaign_accepted(self, hub: Hub, account: Account, acceptance: Acceptance) -> None:
        """Raise in a notice."""
        raise LookupError(f"{acceptance.messages} of {account} on {hub.timezone}, {TOKEN}")

    @hookimpl
    def hub_message_submitted(self, hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
        """Raise in a notice."""
        raise LookupError(f"{messages} at {at} on {hub.timezone}, {TOKEN}")

    @hookimpl
    def hub_message_settled(self, hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
        """Raise in a notice."""
        raise LookupError(f"{messages} at {at} on {hub.timezone}, {TOKEN}")

    @hookimpl
    def hub_register_blueprints(self, registry: Registry) -> None:
        """Bring a route that stumbles."""
        registry.add_blueprint(self.build)

    def build(self, _: Hub) -> Blueprint:
        """Make it."""
        routes = Blueprint("songbird", __name__, url_prefix="/songbird")
        routes.add_url_rule("/<path:song>", "sing", self.stumble, methods=["GET", "POST"])
        return routes

    def stumble(self, song: str) -> NoReturn:
        """Raise what nobody foresaw, because of something else that nobody foresaw."""
        try:
            int(f"{NUMBER} {song}")
        except ValueError as error:
            raise RuntimeError(f"no {NATIONAL} with Bearer {TOKEN} and text={TEXT!r}") from error
        raise AssertionError("that was no number")


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the process writes, in both forms of the log, down to the least level."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", stream)
    configure_logging("debug", request.param)
    return stream


@pytest.fixture
def caller(make: HubMaker, written: io.StringIO) -> Caller:
    """A caller on a hub with that plugin; `written` first, so that nothing is said before somebody listens."""
    assert not written.getvalue()
    plugins = Plugins()
    plugins.add(Songbird(), "songbird")
    return Caller(make(plugins=plugins))


def canaries_in(stream: io.StringIO) -> list[str]:
    """What shows of the canary; digits are looked for line by line, without what stands between them."""
    said = stream.getvalue()
    digits = ("".join(letter for letter in line.split("Z", 1)[-1] if letter.isdecimal()) for line in said.splitlines())
    return [word for word in WORDS if word in said] + [line for line in digits if DIGITS in line]


def heard(stream: io.StringIO, *events: str) -> None:
    """The log has these events, and nothing of the canary."""
    said = stream.getvalue()
    assert [event for event in events if event not in said] == []
    assert canaries_in(stream) == []


def test_what_is_accepted_is_not_logged(caller: Caller, written: io.StringIO) -> None:
    """Nor by a plugin that raises over it."""
    caller.hub.core.tokens.caller(caller.hub.token)
    answer = caller.send(NATIONAL, text=TEXT, headers={"Idempotency-Key": NUMBER, "User-Agent": NUMBER})
    assert answer.status_code == 201
    heard(written, "request", "listener_failed")


def test_what_a_rule_fails_over_is_not_logged(caller: Caller, written: io.StringIO) -> None:
    """The rule's own words hold the number and the whole text."""
    assert caller.send(NUMBER, text=f"{TEXT} #").status_code == 422
    heard(written, "request", "decision_failed")


def test_what_a_rule_fails_over_later_is_not_logged(make: HubMaker, written: io.StringIO) -> None:
    """In the middle of a large campaign, when nobody waits for an answer any more."""
    plugins = Plugins()
    plugins.add(Songbird(), "songbird")
    caller = Caller(make(plugins=plugins, settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"}))
    recipients = (
        {"to": number, "fields": {"name": "positive, c4n4ry, venez lundi"}} for number in (NUMBER, "0612998175")
    )
    assert caller.send(*recipients, text="# #name#").status_code == 202
    while caller.hub.core.expander.expand_next():
        pass
    heard(written, "request", "decision_failed")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (f'{{"text": "{NATIONAL}'.encode(), 400),
        (f'{{"{NUMBER}": "positive", "{NUMBER}": 1}}'.encode(), 400),
        (f'{{"text": "positive", "{NUMBER}": "c4n4ry"}}'.encode(), 422),
        (f'{{"text": "positive", "recipients": ["{NUMBER};ext=1"]}}'.encode(), 422),
        (b'{"text": "positive", "recipients": ["06 12 99 81 74 9"]}', 422),
        (b'{"text": "positive, \\ud800", "recipients": ["0612998174"]}', 422),
        (f'["{NUMBER}", "positive"]'.encode(), 400),
        (NUMBER.encode() + b"\xff", 400),
    ],
)
def test_what_is_refused_is_not_logged(caller: Caller, written: io.StringIO, body: bytes, status: int) -> None:
    """Whatever is wrong with it."""
    assert caller.post(body).status_code == status
    heard(written, "request")


def test_what_stands_in_an_address_is_not_logged(caller: Caller, written: io.StringIO) -> None:
    """Path, query, headers: of routes there are, and of routes there are not."""
    for path in (f"{CAMPAIGNS}/{NUMBER}", f"/api/v1/messages?campaign={NUMBER}&cursor=c4n4ry", f"/{NUMBER}/positive"):
        headers = {"X-Request-Id": NUMBER, "Referer": NUMBER, "Cookie": "c4n4ry=1"}
        assert caller.client.get(path, headers=caller.bearer | headers).status_code in {404, 422}
    heard(written, "request")


def test_a_wrong_token_is_not_logged(caller: Caller, written: io.StringIO) -> None:
    """Nor one that is guessed too often, nor one that is shown as something else."""
    shown = [f"Bearer {TOKEN}", TOKEN, f"Basic {TOKEN}", *[f"Bearer {TOKEN}{number}" for number in range(31)]]
    statuses = {
        caller.client.get("/api/v1/account", headers={"Authorization": one}).status_code for one in (*shown, *shown)
    }
    assert statuses == {401, 429}
    heard(written, "request", "sign_ins_refused")


def test_a_stumble_is_logged_without_what_it_stumbled_over(caller: Caller, written: io.StringIO) -> None:
    """500: the traceback is there, the names and the values are not."""
    answer = caller.client.post(f"/songbird/{NUMBER}", json={"text": TEXT}, headers=caller.bearer)
    assert answer.status_code == 500
    assert canaries_in(io.StringIO(answer.text)) == []
    heard(written, "request_failed", "RuntimeError", "ValueError")


def test_a_database_that_fails_does_not_tell_what_it_was_given(
    caller: Caller, written: io.StringIO, database_url: str
) -> None:
    """500 for a table that is gone: the statement is logged, its values are not."""
    assert database_url.startswith("sqlite")
    with caller.hub.core.write() as connection:
        connection.exec_driver_sql("ALTER TABLE messages RENAME COLUMN text TO words")
    assert caller.send(NUMBER, text=TEXT).status_code in {500, 503}
    heard(written, "request")


def broken(messages: Sequence[OutgoingMessage]) -> NoReturn:
    """Break over a batch, as a library does that quotes what it sends."""
    raise OSError(f"POST https://hub:c4n4ry@carrier.example/?to={messages[0].to} broke: {messages[0].text}")


def later(messages: Sequence[OutgoingMessage]) -> NoReturn:
    """Put a batch off."""
    raise Throttled(f"slow down: {messages}")


def down(messages: Sequence[OutgoingMessage]) -> NoReturn:
    """Put a batch off, with its text as JSON."""
    raise TemporaryFailure(f'busy: {{"message": {messages[0].text!r}, "to": "{messages[0].to[1:]}"}}')


def never(messages: Sequence[OutgoingMessage]) -> NoReturn:
    """Refuse everything."""
    raise PermanentFailure(f"login password=c4n4ry for {NATIONAL} refused, {messages[0].parts}")


@pytest.mark.parametrize(
    ("breaks", "event"),
    [(broken, "submit_broke"), (later, "carrier_not_now"), (down, "carrier_not_now"), (never, "carrier_refuses_us")],
)
def test_a_connector_that_fails_tells_the_log_no_more_than_that(
    caller: Caller, written: io.StringIO, breaks: Callable[[Sequence[OutgoingMessage]], NoReturn], event: str
) -> None:
    """However much of the batch its error quotes."""
    assert caller.send(NUMBER, text=TEXT).status_code == 201
    caller.hub.carrier.before = breaks
    caller.hub.drain()
    heard(written, event)


@pytest.mark.parametrize("breaks", [broken, down, never])
def test_why_a_route_was_left_quotes_no_more_than_that_either(
    caller: Caller, written: io.StringIO, breaks: Callable[[Sequence[OutgoingMessage]], NoReturn]
) -> None:
    """It is kept, logged as the route opens, and shown by `hub routes`."""
    caller.send(NUMBER, text=TEXT)
    caller.hub.carrier.before = breaks
    for _ in range(3):
        caller.hub.drain()
        caller.hub.clock.advance(seconds=6)
        caller.send(NUMBER, text=TEXT)
    reason = caller.hub.core.route_health.states()["main"].reason
    assert (reason is None, canaries_in(io.StringIO(str(reason)))) == (False, [])
    heard(written, "route_opened")


@pytest.mark.parametrize(
    "answer", [Rejected(FailureReason.OTHER, NUMBER, f"{NUMBER}: {TEXT}"), Unknown(f"{NUMBER}: {TEXT}"), None]
)
def test_an_answer_and_a_receipt_are_not_logged(
    caller: Caller, written: io.StringIO, answer: Rejected | Unknown | None
) -> None:
    """A no, a doubt, a yes; receipts that fit, that fit nothing, and that come twice."""
    caller.send(NUMBER, text=TEXT)
    caller.hub.carrier.answer = lambda _: answer
    caller.hub.drain()
    sink = caller.hub.carrier.sink
    assert sink is not None
    ours = [message.id for message in caller.hub.carrier.taken]
    for carrier_id in (NUMBER, *[f"c-{one}" for one in ours]):
        receipt = DeliveryReceipt(carrier_id, ReceiptState.DELIVERED, to=NUMBER, raw=f"to:{NUMBER} text:{TEXT}")
        sink.receipts([receipt, receipt])
    heard(written, "listener_failed")
