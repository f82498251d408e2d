"""Say what sending a campaign would do, by the same rules in the same order, and do none of it.

Nothing is written, no credits are set aside, no idempotency key is used up. What happens in between is not foreseen:
somebody opts out, another campaign takes the credits, the hour passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hub.accounts import ledger
from hub.messages.accept import candidates_of, refuse_if_nothing_goes, texts_of
from hub.messages.expand import cut_off
from hub.messages.faults import request_notes
from hub.messages.forecast import Simulation, Tally
from hub.messages.guarding import Earlier
from hub.messages.model import CampaignState
from hub.messages.planning import Planner
from hub.messages.repeats import find_repeat
from hub.messages.sources import meant_by, pages
from hub.messages.summary import Summary
from hub.messages.verdicts import plan_all
from hub.observe import hiding
from hub.sms.model import NumberRefusal
from hub.store.bulk import in_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from hub.accounts.model import Account
    from hub.messages.accept import Intake
    from hub.messages.guarding import Looked
    from hub.messages.model import CampaignRequest, Recipient
    from hub.messages.planning import PlannedMessage, Terms

BUDGET_S = 20.0
"""How long a simulation may take; what it has not come to by then, it says."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """Simulates campaigns."""

    intake: Intake
    budget_s: float = BUDGET_S

    def simulate(self, request: CampaignRequest) -> Simulation:
        """What accepting the request would answer now. Raises what accepting raises for a request to be mended."""
        with hiding(lambda: texts_of(request)):
            return self._simulate(request)

    def _simulate(self, request: CampaignRequest) -> Simulation:
        intake = self.intake
        now = intake.clock.now()
        account = intake.sender(request.account_id)
        terms = intake.checked_terms(request, account, now)
        with intake.store.read() as connection:
            payers = {account.id, *(() if account.draws_on is None else (account.draws_on,))}
            available = sum(one.available for one in ledger.balances_of(connection, payers).values())
            repeated = find_repeat(connection, account.id, terms.repeat_digest, now, intake.limits.repeat_within)
        run = _Run(intake, account, terms, now, available)
        if intake.expands_later(request):
            run.by_parts(request, intake.clock.monotonic() + self.budget_s)
        else:
            run.at_once(request)
        return run.result(request, available, repeated)


@dataclass
class _Run:
    """One simulation: what it has found so far. Numbers that came before are kept as bare integers."""

    intake: Intake
    account: Account
    terms: Terms
    now: datetime
    credits_left: int
    tally: Tally = field(default_factory=Tally)
    summary: Summary = field(default_factory=Summary)
    earlier: Earlier = field(default_factory=Earlier)
    looked_at: int = 0
    is_complete: bool = True
    _seen: set[int] = field(default_factory=set)

    def at_once(self, request: CampaignRequest) -> None:
        """As a campaign that is expanded before it is answered."""
        home = self.account.country
        candidates, repeated = candidates_of(request.recipients, home, first=0)
        planner = Planner(self.terms)
        planned = plan_all(self.intake.store, planner, candidates, self.intake.plugins)
        refuse_if_nothing_goes(planned, home)
        looked = self._peek(planned, is_cut=False)
        if looked.planned is not planned:
            refuse_if_nothing_goes(looked.planned, home)
        self._take(planner, looked, looked.planned, repeated, request_notes(request))
        self.looked_at = len(request.recipients)

    def by_parts(self, request: CampaignRequest, until: float) -> None:
        """As a large one, which is expanded chunk by chunk, as far as the credits reach."""
        self.summary = Summary(notes=request_notes(request))
        for chunk in self._chunks(request):
            if self.intake.clock.monotonic() > until:
                self.is_complete = False
                return
            self._part(chunk)
            self.looked_at += len(chunk)

    def result(self, request: CampaignRequest, available: int, repeated: str | None) -> Simulation:
        """What was found."""
        hold = self.earlier.hold
        state = CampaignState.HELD if hold else CampaignState.ACCEPTED
        acceptance = self.summary.answer("", state, (), hold=hold)
        is_cut = "insufficient_credit" in self.summary.blocked_by
        return Simulation(
            acceptance=acceptance,
            countries=self.tally.countries,
            longest=self.tally.longest,
            dear=self.tally.dear,
            saving=self.tally.saving,
            available=available,
            suffices=not is_cut and acceptance.credits <= available,
            duplicate_of=None if request.allow_repeat else repeated,
            looked_at=self.looked_at,
            is_complete=self.is_complete,
        )

    def _chunks(self, request: CampaignRequest) -> Iterator[Sequence[Recipient]]:
        intake, size = self.intake, self.intake.limits.chunk
        with intake.store.read() as connection:
            meant = meant_by(connection, request, self.now, intake.limits)
        yield from in_batches(request.recipients, size)
        yield from pages(intake.store, request, meant, size)

    def _part(self, chunk: Sequence[Recipient]) -> None:
        candidates, repeated = candidates_of(chunk, self.account.country, first=self.looked_at)
        fresh = [one for one in candidates if isinstance(one.number, NumberRefusal) or self._is_new(one.number.e164)]
        planner = Planner(self.terms)
        looked = self._peek(plan_all(self.intake.store, planner, fresh, self.intake.plugins), is_cut=True)
        going = looked.planned
        if sum(message.segments for message in going) > self.credits_left:
            going = cut_off(going, self.credits_left)
        self.credits_left -= sum(message.segments for message in going)
        self._take(planner, looked, going, repeated + len(candidates) - len(fresh))

    def _is_new(self, number: str) -> bool:
        value = int(number)
        if value in self._seen:
            return False
        self._seen.add(value)
        return True

    def _peek(self, planned: Sequence[PlannedMessage], *, is_cut: bool) -> Looked:
        with self.intake.store.read() as connection:
            return self.intake.guard.peek(
                connection, self.account, self.terms, planned, self.now, self.earlier, is_cut=is_cut
            )

    def _take(
        self,
        planner: Planner,
        looked: Looked,
        going: Sequence[PlannedMessage],
        repeated: int,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.summary = self.summary.plus(Summary.of(planner, going, repeated, notes))
        self.tally.add(going)
        self.earlier.add(self.terms, replace(looked, planned=going))
