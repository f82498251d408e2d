"""The engine under everything at once: a state machine tries sequences that nobody thought of.

Requests good and bad, carriers in every mood, receipts in any order, meddling, both ways of the clock, and a crash
at any failpoint, in any order; after each step what must always hold is looked at.
"""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, func, select

from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.errors import Conflict, RequestRefused
from hub.failpoints import FailpointReached, armed
from hub.messages.idempotency import KEPT_FOR
from hub.messages.model import DeliveryReceipt, MessageState, ReceiptState
from hub.messages.tables import campaigns, messages
from hub.messages.views import message_id
from hub.observe import configure_logging
from hub.processes.scheduler import Scheduler
from hub.store.engine import Store
from hub.testing.clock import A_TUESDAY_MORNING
from hub.testing.connector import carrier_id_of
from hub.testing.hub import make_hub

from .moods import Moody, Notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.bootstrap import Core
    from hub.messages.model import OutgoingMessage
    from hub.store.bulk import AnyRow
    from hub.testing.databases import Databases

pytestmark = pytest.mark.slow

CREDITS = 1000
TEXTS = ("Bonjour", "x" * 200)
NUMBERS = tuple(f"+3361234567{number}" for number in range(5))
MANY = 3
"""More than are expanded at once."""
ALMOST_FORGOTTEN = KEPT_FOR - timedelta(hours=3)


def _around(*transactions: str) -> tuple[str, ...]:
    return tuple(f"{name}.{when}" for name in transactions for when in ("before_commit", "after_commit"))


AT_ACCEPT = _around("accept", "accept_list")
AT_EXPAND = _around("expand")
AT_SUBMIT = (
    *_around("claim", "announce", "record", "give_back", "receipts"),
    "submit.before_call",
    "submit.after_call",
)
AT_RECEIPT = _around("receipts", "look_again")
AT_TICK = (
    *_around(
        "lease", "recover_leases", "give_up", "finish_campaigns", "freeze", "retry_parked", "forget_parked", "expand"
    ),
    *("tick.leading", "tick.duty_done"),
)
AT_MEDDLING = _around("cancel", "suppress", "lock")
REFUSED: tuple[dict[str, Any], ...] = (
    {"text": ""},
    {"text": "x" * 5000},
    {"numbers": ("abc",)},
    {"numbers": ("+33123456789",)},
    {"idempotency_key": ""},
    {"send_at": A_TUESDAY_MORNING - timedelta(days=1)},
)

A_MOOD = st.sampled_from(("yes", "yes", "yes", *Moody.MOODS))
ECHOES = ("echo", "part_echo")
A_REPORT = st.tuples(
    st.integers(0, 9),
    st.sampled_from(ReceiptState),
    st.sampled_from(("id", "name", "part", "nobody", *ECHOES)),
)


def _act(name: str, *words: st.SearchStrategy[Any], dying_at: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """An act, its words, and the failpoint at which it ends; often none."""
    crash = st.none() | st.sampled_from(dying_at) if dying_at else st.none()
    return st.tuples(st.just(name), st.tuples(*words), crash)


_SUBMIT = _act("submit", st.lists(A_MOOD, min_size=1, max_size=4), dying_at=AT_SUBMIT)
ACTIONS = st.one_of(
    _act("accept", st.integers(1, 2), st.sampled_from(Purpose), st.sampled_from(TEXTS), dying_at=AT_ACCEPT),
    _act("accept", st.integers(MANY, 5), st.sampled_from(Purpose), st.sampled_from(TEXTS), dying_at=AT_ACCEPT),
    _act("accept_by_key", st.sampled_from("ab"), dying_at=AT_ACCEPT),
    _act("be_refused", st.sampled_from(REFUSED)),
    _SUBMIT,
    _SUBMIT,
    _act("receive", st.lists(A_REPORT, min_size=1, max_size=3), st.booleans(), dying_at=AT_RECEIPT),
    _act("lose", st.sampled_from(TEXTS), dying_at=AT_SUBMIT),
    _act("echo_what_was_lost", st.sampled_from(ReceiptState), st.sampled_from(ECHOES), dying_at=AT_RECEIPT),
    _act("expand", dying_at=AT_EXPAND),
    _act("tick", dying_at=AT_TICK),
    _act("wait_and_tick", dying_at=AT_TICK),
    _act("wait_two_days", dying_at=AT_TICK),
    _act("cancel", dying_at=AT_MEDDLING),
    _act("opt_out", dying_at=AT_MEDDLING),
    _act("lock", st.booleans(), dying_at=AT_MEDDLING),
    _act("wait", st.sampled_from((1, 16, 200, 3600, 49 * 3600))),
    _act("set_clock", st.sampled_from((-3600, 3600))),
)

AT_THE_CARRIER = {MessageState.SUBMITTED, MessageState.DELIVERED, MessageState.UNDELIVERED}
NEVER_LEFT = {MessageState.BLOCKED, MessageState.CANCELLED}
CAN_STAY = AT_THE_CARRIER | NEVER_LEFT | {MessageState.EXPIRED, MessageState.REJECTED, MessageState.NO_RECEIPT}


class Engine(RuleBasedStateMachine):
    """A hub on SQLite, and all that can happen to it."""

    databases: Databases
    differences_in: Callable[[Connection], list[str]]
    said: io.StringIO
    on_unknown: str

    def __init__(self) -> None:
        super().__init__()
        self.notices = Notices()
        self.carrier = Moody()
        self.hub = make_hub(
            Path(mkdtemp(dir=self.databases.folder)),
            self.databases.fresh("sqlite"),
            settings={
                "HUB_MESSAGES_INLINE_RECIPIENTS": str(MANY - 1),
                "HUB_MESSAGES_CHUNK": "2",
                "HUB_MESSAGES_BATCH": "3",
                "HUB_ROUTE_MAIN_ON_UNKNOWN": self.on_unknown,
            },
            carrier=self.carrier,
            bring={"notices": self.notices},
        )
        self._reopen()
        self.by_key: dict[str, tuple[str, datetime]] = {}
        self.promised: list[str] = []
        self.perhaps = 0
        self.seen: dict[str, MessageState] = {}
        self.delivered: set[str] = set()
        self.named: set[str] = set()
        self.frozen: dict[str, str] = {}

    def teardown(self) -> None:
        """However it went: with a carrier that is well, and time, everything comes to an end."""
        self.core.accounts.lock(self.hub.account.id, locked=False)
        self.carrier.turn()
        for seconds in (3700, 61, 61, 3600, 5, 49 * 3600, 49 * 3600, 49 * 3600, 61):
            self.hub.clock.advance(seconds=seconds)
            self.tick()
            self._drain()
        self.everything_agrees()
        assert {row.campaign_id for row in self._rows()} <= self.frozen.keys()
        for message in self.carrier.taken:
            self._report(_receipts(message, ReceiptState.DELIVERED, "id"))
        self.everything_agrees()
        assert {row.state for row in self._rows()} <= CAN_STAY
        balance = self.core.accounts.balance(self.hub.account.id)
        assert balance.available + balance.spent == CREDITS
        self.core.close()

    @rule(actions=st.lists(ACTIONS, min_size=3, max_size=8))
    def live_on(self, actions: list[tuple[str, tuple[Any, ...], str | None]]) -> None:
        """Do one thing after another, and die in the middle of some.

        One rule for all of it: machines with many rules try few of them in one run.
        """
        for act, words, crash in actions:
            self._do(act, words, crash)
            self.everything_agrees()

    def _do(self, act: str, words: Sequence[Any], crash: str | None) -> None:
        with armed(f"{crash}=raise" if crash else ""):
            try:
                getattr(self, act)(*words)
            except FailpointReached:
                self.perhaps += act.startswith("accept")
                self.carrier.doubt(self._names_of(MessageState.SUBMITTING))
                self._reopen()
        self.carrier.turn()

    # --- what can happen ---

    def accept(self, count: int, purpose: Purpose, text: str) -> None:
        """A client asks for something, and keeps the answer."""
        with suppress(RequestRefused):
            self.promised.append(self.hub.send(*NUMBERS[:count], purpose=purpose, text=text).campaign_id)

    def accept_by_key(self, key: str) -> None:
        """The same key is always used for the same request, and must have the same answer."""
        with suppress(RequestRefused):
            answer = self.hub.send(*NUMBERS[:2], idempotency_key=key).campaign_id
            now = self.hub.clock.now()
            known, at = self.by_key.get(key, (answer, now))
            assert known == answer or now - at > ALMOST_FORGOTTEN
            self.by_key[key] = (answer, at if known == answer else now)
            self.promised.append(answer)

    def be_refused(self, wishes: dict[str, Any]) -> None:
        """A client asks for what cannot be; nothing comes of it."""
        before = self._count(campaigns)
        words = dict(wishes)
        with pytest.raises(RequestRefused):
            self.hub.send(*words.pop("numbers", NUMBERS[:1]), **words)
        assert self._count(campaigns) == before

    def submit(self, moods: list[str]) -> None:
        """A worker hands over what is due, to a carrier in these moods."""
        self.carrier.turn(moods, self._report_early)
        self._drain()

    def receive(self, reports: list[tuple[int, ReceiptState, str]], twice: bool) -> None:  # noqa: FBT001 - drawn
        """The carrier reports on what it took, or on what is nobody's."""
        taken = self.carrier.taken
        receipts = [
            one
            for choice, state, about in reports
            if taken
            for one in _receipts(taken[choice % len(taken)], state, about)
        ]
        self._report(receipts * (2 if twice else 1))

    def lose(self, text: str) -> None:
        """A carrier takes an alert, and its answer is lost."""
        self.accept(1, Purpose.ALERT, text)
        self.submit(["taken_and_lost"])

    def echo_what_was_lost(self, state: ReceiptState, about: str) -> None:
        """The carrier reports on what it took and gave no answer for; it echoes sixteen bits of our reference."""
        lost = set(self._names_of(MessageState.UNKNOWN))
        for message in self.carrier.taken:
            if message.id in lost:
                self._report(_receipts(message, state, about))

    def expand(self) -> None:
        """A worker expands a chunk."""
        self.core.expander.expand_next()

    def tick(self) -> None:
        """A scheduler ticks; lists are expanded."""
        self.scheduler.tick()
        while self.core.expander.expand_next():
            pass

    def wait_and_tick(self) -> None:
        """What a dead worker held has run out, and is taken back."""
        self.hub.clock.advance(seconds=61)
        self.tick()

    def wait_two_days(self) -> None:
        """Carriers have had their time: what is silent ends, and figures are frozen."""
        self.hub.clock.advance(hours=49)
        self.tick()
        self.wait_and_tick()

    def cancel(self) -> None:
        """A client cancels what it asked for last."""
        if self.promised:
            with suppress(Conflict):
                self.core.campaigns.cancel(self.hub.account.id, self.promised[-1])

    def opt_out(self) -> None:
        """A person wants no more texts."""
        self.core.suppressions.add(self.hub.account.id, NUMBERS[-1], SuppressionKind.OPT_OUT, source="test")

    def lock(self, locked: bool) -> None:  # noqa: FBT001 - drawn
        """An operator locks the account, or unlocks it."""
        self.core.accounts.lock(self.hub.account.id, locked=locked)

    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.hub.clock.advance(seconds=seconds)

    def set_clock(self, seconds: int) -> None:
        """Somebody sets the clock; durations do not notice."""
        self.hub.clock.set(self.hub.clock.now() + timedelta(seconds=seconds))

    # --- what must always hold ---

    @invariant()
    def everything_agrees(self) -> None:
        """Credits agree with messages, messages with the carrier, and nothing that was accepted is gone."""
        with self.core.read() as connection:
            assert self.differences_in(connection) == []
            kept = set(connection.execute(select(campaigns.c.id)).scalars())
        assert set(self.promised) <= kept
        assert len(kept) <= len(set(self.promised)) + self.perhaps
        balance = self.core.accounts.balance(self.hub.account.id)
        assert balance.available + balance.reserved + balance.spent == CREDITS
        rows = {message_id(row.campaign_id, row.position): row for row in self._rows()}
        assert self.seen.keys() <= rows.keys()
        for name, row in rows.items():
            self._look_at(name, MessageState(row.state), row.segments)
        self._look_at_figures(rows.values())
        assert self.notices.disorder() == []
        assert not [number for number in NUMBERS if number[-9:] in self.said.getvalue()]

    def _look_at_figures(self, rows: Iterable[AnyRow]) -> None:
        """What is frozen stays as it is, is of all messages, and is true or marked as corrected."""
        now: dict[str, Counter[tuple[str, str | None]]] = defaultdict(Counter)
        for row in rows:
            now[row.campaign_id][row.state, row.reason] += 1
        with self.core.read() as connection:
            found = list(connection.execute(select(campaigns).where(campaigns.c.figures.is_not(None))))
        for row in found:
            assert self.frozen.setdefault(row.id, row.figures) == row.figures
            then = {(state, reason): count for state, reason, count in json.loads(row.figures)}
            assert sum(then.values()) == now[row.id].total()
            assert row.corrected_at or then == now[row.id]

    def _look_at(self, name: str, state: MessageState, segments: int) -> None:
        if state is MessageState.DELIVERED and name not in self.named:
            parts = range(1, segments + 1) if segments > 1 else (None,)
            assert {carrier_id_of(name, part) for part in parts} <= self.delivered
        times = self.carrier.counts[name]
        assert times <= 1 + (self.carrier.doubts[name] if self.on_unknown == "resend" else 0)
        assert times or state not in AT_THE_CARRIER
        assert not (times and self.on_unknown == "hold" and state in NEVER_LEFT)
        assert self.seen.get(name) is not MessageState.DELIVERED or state is MessageState.DELIVERED
        self.seen[name] = state

    # --- behind the scenes ---

    def _drain(self) -> None:
        for _ in range(10):
            if not self.core.dispatcher.drain("main"):
                return

    def _report_early(self, message: OutgoingMessage) -> None:
        self._report(_receipts(message, ReceiptState.DELIVERED, "id"))

    def _report(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Hand receipts over, and remember what arrived by the carrier's word, and what it called by our name."""
        self.delivered.update(one.carrier_id for one in receipts if one.state is ReceiptState.DELIVERED)
        self.named.update(one.client_ref for one in receipts if one.client_ref)
        self.core.settler.receipts("carrier", receipts)

    def _reopen(self) -> None:
        """Another process on the same database, with all that it had open gone."""
        store = Store(self.hub.core.store.url.render_as_string(hide_password=False))
        event.listen(store.engine, "connect", _hurry)
        self.hub.core.store.close()
        self.hub.core = replace(self.hub.core, store=store)
        self.core: Core = self.hub.core
        self.scheduler = Scheduler(self.core)

    def _rows(self) -> list[AnyRow]:
        with self.core.read() as connection:
            return list(connection.execute(select(messages)))

    def _names_of(self, state: MessageState) -> list[str]:
        return [message_id(row.campaign_id, row.position) for row in self._rows() if row.state == state]

    def _count(self, table: Any) -> int:
        with self.core.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _receipts(message: OutgoingMessage, state: ReceiptState, about: str) -> list[DeliveryReceipt]:
    numbered = list(range(1, len(message.parts) + 1)) if len(message.parts) > 1 else [None]
    if about == "nobody":
        return [DeliveryReceipt("somebody else's", state, to=message.to)]
    some = numbered[:1] if about.startswith("part") else numbered
    name = message.id if about == "name" else None
    echoed = message.short_ref if about.endswith("echo") else None
    ids = [carrier_id_of(message.id, one) for one in some]
    return [DeliveryReceipt(one, state, client_ref=name, to=message.to, short_ref=echoed) for one in ids]


def _hurry(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug on a test


def run(
    databases: Databases, find_differences: Callable[[Connection], list[str]], on_unknown: str, *, examples: int
) -> None:
    """Run so many lives of an engine on a route with that policy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", said := io.StringIO())
        configure_logging("debug", "json")
        words = {"databases": databases, "differences_in": staticmethod(find_differences), "said": said}
        run_state_machine_as_test(
            type("Engine", (Engine,), {**words, "on_unknown": on_unknown}),
            settings=settings(
                max_examples=examples,
                stateful_step_count=6,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
                phases=[Phase.generate],  # making a failure smaller takes minutes: add Phase.shrink by hand
                print_blob=True,
            ),
        )


@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
def test_whatever_happens_in_whatever_order_nothing_is_lost_and_nobody_is_texted_twice(
    databases: Databases, find_differences: Callable[[Connection], list[str]], on_unknown: str
) -> None:
    """The invariants hold after every step, and everything comes to its end."""
    run(databases, find_differences, on_unknown, examples=10)


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
def test_whatever_happens_in_many_lives_nothing_is_lost_and_nobody_is_texted_twice(
    databases: Databases, find_differences: Callable[[Connection], list[str]], on_unknown: str
) -> None:
    """The same, five times as long."""
    run(databases, find_differences, on_unknown, examples=100)
