"""The engine under everything at once: a state machine tries sequences that nobody thought of.

Accept, submit with carriers in every mood, receipts, opt-outs, cancelling, the clock, and crashes at every step,
in any order; after each step what must always hold is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select

from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.errors import Conflict, RequestRefused
from hub.messages.connector import NotSent, Rejected, Unknown
from hub.messages.model import DeliveryReceipt, FailureReason, MessageState, ReceiptState
from hub.messages.tables import messages
from hub.messages.views import message_id
from hub.store.engine import Store
from hub.testing.connector import carrier_id_of
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hub.bootstrap import Core
    from hub.messages.connector import Outcome
    from hub.messages.model import OutgoingMessage
    from hub.store.bulk import AnyRow
    from hub.testing.databases import Databases

NUMBERS = tuple(f"+3361234567{number}" for number in range(4))
MOODS: dict[str, Outcome | None] = {
    "yes": None,
    "no": Rejected(FailureReason.OTHER, "1", "no"),
    "later": NotSent("later", 5),
    "lost": Unknown("lost"),
}
MOODS_AND_ODDS = ("yes", "yes", *MOODS)
CRASHES = ("none", "none", "claimed", "written", "answered", "broken")
AT_THE_CARRIER = {
    MessageState.SUBMITTED,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
}
NEVER_LEFT = {MessageState.BLOCKED, MessageState.CANCELLED}
CAN_STAY = AT_THE_CARRIER | NEVER_LEFT | {MessageState.EXPIRED, MessageState.REJECTED, MessageState.NO_RECEIPT}


class Killed(BaseException):
    """The end of a worker."""


class Engine(RuleBasedStateMachine):
    """A hub on SQLite, and all that can happen to it."""

    databases: Databases
    differences_in: Callable[[Connection], list[str]]

    def __init__(self) -> None:
        super().__init__()
        self.hub = make_hub(
            Path(mkdtemp(dir=self.databases.folder)),
            self.databases.fresh("sqlite"),
            settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2", "HUB_MESSAGES_BATCH": "3"},
        )
        self.hub.carrier.capabilities = replace(self.hub.carrier.capabilities, batch_size=2)
        self.core = self._reopened()
        self.by_key: dict[str, str] = {}
        self.campaigns: list[str] = []
        self.seen: dict[str, MessageState] = {}

    def teardown(self) -> None:
        """However it went: with a carrier that is well, and time, everything comes to an end."""
        self._be_well()
        for seconds in (61, 61, 5, 49 * 3600, 49 * 3600, 49 * 3600):
            self.hub.clock.advance(seconds=seconds)
            self._sweep()
            self._drain()
        self.everything_agrees()
        assert {row.state for row in self._rows()} <= CAN_STAY
        balance = self.core.accounts.balance(self.hub.account.id)
        assert balance.available + balance.spent == 1000
        self.core.close()

    @initialize()
    def begin(self) -> None:
        """There is something to do."""
        self.accept(2, None, Purpose.ALERT, "Bonjour")
        self.accept(2, None, Purpose.ALERT, "x" * 200)

    @rule(
        count=st.integers(1, 4),
        key=st.sampled_from([None, "a", "b"]),
        purpose=st.sampled_from(Purpose),
        text=st.sampled_from(["Bonjour", "x" * 200]),
    )
    def accept(self, count: int, key: str | None, purpose: Purpose, text: str) -> None:
        """Someone sends; the same key has the same answer."""
        try:
            answer = self._send(NUMBERS[:count], key=key, purpose=purpose, text=text)
        except RequestRefused:
            return
        assert key is None or self.by_key.setdefault(key, answer) == answer
        if answer not in self.campaigns:
            self.campaigns.append(answer)

    @rule(moods=st.lists(st.sampled_from(MOODS_AND_ODDS), min_size=1, max_size=4), crash=st.sampled_from(CRASHES))
    def submit(self, moods: list[str], crash: str) -> None:
        """A worker submits; the carrier has its moods, and the worker may die at any step."""
        turns = iter(moods * 20)
        self.hub.carrier.answer = lambda _: MOODS[next(turns)]
        with pytest.MonkeyPatch.context() as patch:
            self._prepare(crash, patch)
            try:
                self._drain()
            except Killed:
                self.core = self._reopened()
        self._be_well()

    @rule(choice=st.integers(0, 10**6), state=st.sampled_from(ReceiptState), named=st.booleans(), twice=st.booleans())
    @precondition(lambda self: self.hub.carrier.taken)
    def receive(self, choice: int, state: ReceiptState, *, named: bool, twice: bool) -> None:
        """The carrier reports on something that it has, with or without our reference."""
        message = self.hub.carrier.taken[choice % len(self.hub.carrier.taken)]
        parts = range(1, len(message.parts) + 1) if len(message.parts) > 1 else [None]
        reference = message.id if named else None
        receipts = [
            DeliveryReceipt(carrier_id_of(message.id, part), state, client_ref=reference, to=message.to)
            for part in parts
        ]
        self.core.settler.receipts("carrier", receipts * (2 if twice else 1))

    @rule(choice=st.integers(0, 10**6))
    @precondition(lambda self: self.campaigns)
    def cancel(self, choice: int) -> None:
        """The owner thinks better of it."""
        try:
            self.core.campaigns.cancel(self.hub.account.id, self.campaigns[choice % len(self.campaigns)])
        except Conflict:
            return

    @rule(number=st.sampled_from(NUMBERS[2:]))
    def opt_out(self, number: str) -> None:
        """A person says stop."""
        self.core.suppressions.add(self.hub.account.id, number, SuppressionKind.OPT_OUT, source="test")

    @rule(seconds=st.sampled_from([0, 6, 61, 61, 130, 3600, 180_000]), jump_h=st.sampled_from([0, 0, 0, -1, 1]))
    def tick(self, seconds: int, jump_h: int) -> None:
        """Time passes, perhaps the clock is set, and the leader does its duties."""
        self.hub.clock.advance(seconds=seconds)
        self.hub.clock.set(self.hub.clock.now() + timedelta(hours=jump_h))
        self._sweep()

    @rule()
    def expand(self) -> None:
        """A worker expands a chunk."""
        self.core.expander.expand_next()

    @rule()
    def restart(self) -> None:
        """The process ends, and another begins."""
        self.core = self._reopened()

    @invariant()
    def everything_agrees(self) -> None:
        """Credits agree with messages, messages with the carrier, and nothing that was accepted is gone."""
        with self.core.read() as connection:
            assert self.differences_in(connection) == []
        rows = {message_id(row.campaign_id, row.position): row for row in self._rows()}
        assert self.seen.keys() <= rows.keys()
        assert max(self.hub.carrier.counts.values(), default=0) <= 1
        for name, row in rows.items():
            self._look_at(name, MessageState(row.state))

    def _look_at(self, name: str, state: MessageState) -> None:
        has_it = name in self.hub.carrier.counts
        assert has_it or state not in AT_THE_CARRIER
        assert not (has_it and state in NEVER_LEFT)
        assert self.seen.get(name) is not MessageState.DELIVERED or state is MessageState.DELIVERED
        self.seen[name] = state

    def _send(self, numbers: tuple[str, ...], *, key: str | None, purpose: Purpose, text: str) -> str:
        fixed = {"text": "Bonjour", "purpose": Purpose.ALERT} if key else {"text": text, "purpose": purpose}
        to = NUMBERS[:2] if key else numbers
        wishes: dict[str, Any] = {**fixed, "idempotency_key": key}
        return self.hub.send(*to, **wishes).campaign_id

    def _prepare(self, crash: str, patch: pytest.MonkeyPatch) -> None:
        def die(*_: object, **__: object) -> None:
            raise Killed

        def break_(_: object) -> None:
            raise RuntimeError

        if crash == "claimed":
            patch.setattr("hub.messages.dispatch.Dispatcher._submit_window", die)
        elif crash == "answered":
            patch.setattr("hub.messages.dispatch.Dispatcher._record", die)
        elif crash != "none":
            self.hub.carrier.before = die if crash == "written" else break_

    def _be_well(self) -> None:
        self.hub.carrier.before = lambda _: None
        self.hub.carrier.answer = _yes

    def _drain(self) -> None:
        for _ in range(10):
            if not self.core.dispatcher.drain("main"):
                return

    def _sweep(self) -> None:
        sweeper, settler = self.core.sweeper, self.core.settler
        while self.core.expander.expand_next():
            pass
        for duty in (
            sweeper.recover_leases,
            settler.retry_parked,
            sweeper.give_up_waiting,
            sweeper.finish_campaigns,
            sweeper.reroute,
            settler.forget_parked,
        ):
            duty()

    def _reopened(self) -> Core:
        """Another process on the same database, with all that it had open gone."""
        store = Store(self.hub.core.store.url.render_as_string(hide_password=False))
        event.listen(store.engine, "connect", _hurry)
        self.hub.core.store.close()
        self.hub.core = replace(self.hub.core, store=store)
        return self.hub.core

    def _rows(self) -> list[AnyRow]:
        with self.core.read() as connection:
            return list(connection.execute(select(messages)))


def _yes(_: OutgoingMessage) -> None:
    """A carrier that is well."""


def _hurry(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug on a test


def test_whatever_happens_in_whatever_order_nothing_is_lost_and_nobody_is_texted_twice(
    databases: Databases, find_differences: Callable[[Connection], list[str]]
) -> None:
    """The invariants hold after every step, and everything comes to its end."""
    machine = type("Engine", (Engine,), {"databases": databases, "differences_in": staticmethod(find_differences)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
