"""The engine under everything at once: a state machine tries sequences that nobody thought of.

Accept, submit with carriers in every mood, receipts, opt-outs, cancelling, the clock, and crashes at every step,
in any order; after each step what must always hold is looked at.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
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

TEXTS = ("Bonjour", "x" * 200)
NUMBERS = tuple(f"+3361234567{number}" for number in range(4))
MOODS: dict[str, Outcome | None] = {
    "yes": None,
    "no": Rejected(FailureReason.OTHER, "1", "no"),
    "later": NotSent("later", 5),
    "lost": Unknown("lost"),
}
CRASHES = ("claimed", "written", "answered", "broken")
REQUESTS = st.tuples(
    st.integers(1, 4), st.sampled_from([None, None, "a", "b"]), st.sampled_from(Purpose), st.sampled_from(TEXTS)
)
REPORTS = st.tuples(st.integers(0, 9), st.sampled_from(ReceiptState), st.booleans(), st.booleans())
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

    @rule(
        requests=st.lists(REQUESTS, max_size=2),
        meddling=st.sampled_from(("nothing", "nothing", "cancel", "opt_out", "expand")),
        moods=st.lists(st.sampled_from(("yes", "yes", *MOODS)), min_size=1, max_size=4),
        crash=st.sampled_from(("none", "none", *CRASHES)),
        reports=st.lists(REPORTS, max_size=3),
        seconds=st.sampled_from((1, 16, 61, 61, 200, 3600, -3600, 180_000)),
    )
    def live_on(
        self,
        requests: list[tuple[int, str | None, Purpose, str]],
        meddling: str,
        moods: list[str],
        crash: str,
        reports: list[tuple[int, ReceiptState, bool, bool]],
        seconds: int,
    ) -> None:
        """Requests come, someone meddles, a worker submits and may die, the carrier reports, time passes.

        One rule for all of it: machines with many rules try few of them in one run.
        """
        for one in requests:
            self._accept(*one)
        self._meddle(meddling)
        self._submit(moods, crash)
        for report in reports:
            self._receive(*report)
        self.hub.clock.advance(seconds=seconds)
        self._sweep()

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

    def _accept(self, count: int, key: str | None, purpose: Purpose, text: str) -> None:
        """The same key is always used for the same request, and must have the same answer."""
        to = NUMBERS[:2] if key else NUMBERS[:count]
        wishes: dict[str, Any] = {"idempotency_key": key} if key else {"purpose": purpose, "text": text}
        try:
            answer = self.hub.send(*to, **wishes).campaign_id
        except RequestRefused:
            return
        assert key is None or self.by_key.setdefault(key, answer) == answer
        if answer not in self.campaigns:
            self.campaigns.append(answer)

    def _meddle(self, how: str) -> None:
        if how == "opt_out":
            self.core.suppressions.add(self.hub.account.id, NUMBERS[-1], SuppressionKind.OPT_OUT, source="test")
        elif how == "expand":
            self.core.expander.expand_next()
        elif how == "cancel" and self.campaigns:
            with suppress(Conflict):
                self.core.campaigns.cancel(self.hub.account.id, self.campaigns[-1])

    def _submit(self, moods: list[str], crash: str) -> None:
        turns = iter(moods * 40)
        self.hub.carrier.answer = lambda _: MOODS[next(turns)]
        with pytest.MonkeyPatch.context() as patch:
            self._prepare(crash, patch)
            try:
                self._drain()
            except Killed:
                self.core = self._reopened()
        self._be_well()

    def _receive(self, choice: int, state: ReceiptState, named: bool, twice: bool) -> None:  # noqa: FBT001 - drawn together
        taken = self.hub.carrier.taken
        if not taken:
            return
        message = taken[choice % len(taken)]
        parts = range(1, len(message.parts) + 1) if len(message.parts) > 1 else [None]
        reference = message.id if named else None
        receipts = [
            DeliveryReceipt(carrier_id_of(message.id, part), state, client_ref=reference, to=message.to)
            for part in parts
        ]
        self.core.settler.receipts("carrier", receipts * (2 if twice else 1))

    def _prepare(self, crash: str, patch: pytest.MonkeyPatch) -> None:
        def die(*_: object, **__: object) -> None:
            raise Killed

        def break_(_: object) -> None:
            raise RuntimeError

        if crash == "claimed":
            patch.setattr("hub.messages.dispatch.Dispatcher._submit_window", die)
        elif crash == "answered":
            patch.setattr("hub.messages.dispatch.Dispatcher._record_at_once", die)
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
            max_examples=20,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
