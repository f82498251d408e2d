"""Take a campaign in: everything is decided and stored in one transaction, and only then is yes said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from hub.compliance.model import Purpose
from hub.errors import CommitInDoubt, Conflict, NotAllowed, RequestRefused
from hub.ids import new_id
from hub.links.files import require_files
from hub.links.rules import as_target, file_of
from hub.links.storing import new_code
from hub.messages import writing
from hub.messages.doubt import found_by_key
from hub.messages.faults import known_fields, recipient_fault, request_faults, request_notes
from hub.messages.guarding import tell_hold
from hub.messages.idempotency import check_key, claim_key, find_key
from hub.messages.model import Acceptance, CampaignRequest, CampaignState, Recipient
from hub.messages.planning import Candidate, PlannedMessage, Planner, Terms
from hub.messages.repeats import refuse_repeat, repeat_digest
from hub.messages.routing import names_of, routes_for
from hub.messages.sources import insert_meant, insert_sources, listed_fields, meant_by, require_sources
from hub.messages.summary import Summary
from hub.messages.verdicts import plan_all
from hub.messages.views import SHOWN, acceptance_of, view_of
from hub.observe import hiding
from hub.sms.encoding import prepare
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.switches import require_intake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.accounts.service import Accounts
    from hub.clock import Clock
    from hub.compliance.policies import PolicyBook
    from hub.messages.guarding import Guard, Looked
    from hub.messages.limits import Limits
    from hub.messages.routing import Route
    from hub.plugin_manager import Plugins
    from hub.sms.model import PhoneNumber
    from hub.store.engine import Store
    from hub.store.together import Together

ANSWERS = "answer"
"""The source of what the hub answers because the law asks for it."""


@dataclass(frozen=True, slots=True)
class LegalAnswer:
    """What the hub owes a person who wrote to `sender`, by `connector`, on behalf of an account."""

    account: Account
    number: PhoneNumber
    sender: str
    text: str
    connector: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Accepts campaigns. `announce` is called with each acceptance, after its commit.

    `wellness` says how well routes are, 0 to 1: those that are out are nobody's first choice.
    """

    store: Store
    clock: Clock
    accounts: Accounts
    policies: PolicyBook
    routes: Sequence[Route]
    limits: Limits
    plugins: Plugins
    announce: Callable[[Account, Acceptance, Collection[str]], None]
    guard: Guard
    together: Together
    wellness: Callable[[], Mapping[str, float]] = dict

    def accept(self, request: CampaignRequest) -> Acceptance:
        """Take a campaign in; it is committed when this returns.

        Raises RequestRefused (nothing was stored) with a fault per thing to mend, NotEnoughCredits when the
        account cannot pay for all of it, Paused while the operator takes nothing in, StoreUnavailable when the
        database did not take it, CommitInDoubt when nobody can tell. A request that was answered before is answered
        again even while paused.
        """
        with hiding(lambda: texts_of(request)):
            return self._accept(request)

    def _accept(self, request: CampaignRequest) -> Acceptance:
        now = self.clock.now()
        account = self.sender(request.account_id)
        if known := self._answered_before(request):
            return known
        terms = self.checked_terms(request, account, now)
        try:
            acceptance, routes = self._store(request, terms, account, now)
        except CommitInDoubt as doubt:
            if request.idempotency_key is None:
                raise
            acceptance = found_by_key(lambda: self._answered_before(request), terms.campaign_id, doubt)
            routes = {route.name for route in self.routes}
        if not acceptance.replayed:
            self.announce(account, acceptance, routes)
        return acceptance

    def checked_terms(self, request: CampaignRequest, account: Account, now: datetime) -> Terms:
        """What a request is planned on, once it is looked at as a whole; raises RequestRefused."""
        if faults := request_faults(request, now, self.limits):
            raise RequestRefused(faults[0].message, faults=faults)
        terms = self.terms(request, account, request.campaign_id or new_id(now), now)
        if any(map(file_of, request.links)):
            with self.store.read() as connection:
                require_files(connection, account.id, request.links)
        if not request.reads_lists:
            return terms
        with self.store.read() as connection:
            require_sources(connection, request, self.limits)
            return replace(terms, field_names=terms.field_names | listed_fields(connection, request, now))

    def expands_later(self, request: CampaignRequest) -> bool:
        """Whether a request is answered before its recipients are looked at, one by one."""
        return request.reads_lists or len(request.recipients) > self.limits.inline_recipients

    def answer(self, connection: Connection, answer: LegalAnswer, now: datetime) -> tuple[str, str] | None:
        """Keep an answer that the law asks for, in the caller's transaction: its campaign and route, None if no route.

        It overtakes everything, costs nothing, and asks neither opt-outs nor guards nor hours: the caller must.
        """
        policy = self.policies.get(answer.number.region)
        known_as = names_of(answer.account.id, answer.account.name)
        asked = (answer.number.region, Purpose.ALERT, known_as, answer.sender)
        fitting = [route for route in self.routes if route.takes(*asked)]
        if policy is None or not fitting:
            return None
        # The way that the person's text came is the one on which the number they wrote to is known.
        names = routes_for(fitting, *asked)
        home = {route.name for route in fitting if route.connector == answer.connector}
        request = CampaignRequest(
            answer.account.id,
            answer.text,
            (Recipient(answer.number.e164),),
            Purpose.ALERT,
            answer.sender,
            source=ANSWERS,
        )
        terms = self.terms(request, answer.account, new_id(now), now)
        message = PlannedMessage(
            0,
            answer.number.e164,
            policy.code,
            None,
            answer.sender,
            prepare(answer.text, terms.encoding, smart=self.limits.smart),
            now,
            now + self.limits.alert_lifetime,
            routes=tuple(sorted(names, key=lambda name: name not in home)),
        )
        writing.insert_answer(connection, request, terms, message, now)
        return terms.campaign_id, message.routes[0]

    def sender(self, account_id: int) -> Account:
        """The account, if it may send; raises NotFound and NotAllowed."""
        account = self.accounts.get(account_id)
        if account.locked:
            raise NotAllowed(
                "This account is locked: it cannot send. Ask the operator of the hub.", code="account_locked"
            )
        return account

    def _answered_before(self, request: CampaignRequest) -> Acceptance | None:
        if request.idempotency_key is None:
            return None
        check_key(request)
        with self.store.read() as connection:
            campaign_id = find_key(connection, request)
            return acceptance_of(connection, campaign_id, replayed=True) if campaign_id else None

    def _store(
        self, request: CampaignRequest, terms: Terms, account: Account, now: datetime
    ) -> tuple[Acceptance, set[str]]:
        if self.expands_later(request):
            return self._store_in_chunks(request, terms, account, now)
        return self._store_at_once(request, terms, account, now)

    def _store_at_once(
        self, request: CampaignRequest, terms: Terms, account: Account, now: datetime
    ) -> tuple[Acceptance, set[str]]:
        candidates, repeated = candidates_of(request.recipients, account.country, first=0)
        planner = Planner(terms, new_code)

        def draw_up(planned: Sequence[PlannedMessage]) -> tuple[Summary, list[dict[str, Any]]]:
            summary = Summary.of(planner, planned, repeated, request_notes(request))
            return summary, writing.rows_of(terms, planned)

        planned: Sequence[PlannedMessage] = plan_all(self.store, planner, candidates, self.plugins)
        refuse_if_nothing_goes(planned, account.country)
        drawn_up = draw_up(planned)

        def keep(connection: Connection) -> _Kept:
            require_intake(connection)
            # Before the key: two processes that each hold a key of one account would wait for each other's next.
            looked = self.guard.look(connection, account, terms, planned, now)
            if not claim_key(connection, request, terms.campaign_id, now):
                return _Kept(_answered_meanwhile(connection, request))
            refuse_repeat(connection, request, terms.repeat_digest, now, self.limits.repeat_within)
            if looked.planned is not planned:  # some were texted too often
                refuse_if_nothing_goes(looked.planned, account.country)
            summary, rows = drawn_up if looked.planned is planned else draw_up(looked.planned)
            writing.insert_campaign(connection, request, terms, CampaignState.ACCEPTED, summary, now)
            writing.insert_links(connection, terms, looked.planned, rows)
            writing.insert_messages(connection, rows)
            writing.reserve(connection, terms, looked.planned, now)
            self.guard.keep(connection, account, terms, looked, now)
            if looked.hold:
                return _Kept(acceptance_of(connection, terms.campaign_id), looked)
            views = [view_of(row) for row in rows[:SHOWN]]
            answer = summary.answer(terms.campaign_id, CampaignState.ACCEPTED, views)
            return _Kept(answer, looked, writing.routes_of(rows))

        kept = self.together.write(keep, order=(account.draws_on or account.id, account.id))
        if kept.looked:
            tell_hold(account, kept.answer, kept.looked)
        return kept.answer, kept.routes

    def _store_in_chunks(
        self, request: CampaignRequest, terms: Terms, account: Account, now: datetime
    ) -> tuple[Acceptance, set[str]]:
        with self.store.read() as connection:  # beside the transaction, or everybody waited while rules are asked
            meant = meant_by(connection, request, now, self.limits)
        with self.store.write("accept_list") as connection:
            require_intake(connection)
            self.guard.take_turn(connection, account, now)  # see refuse_repeat
            if not claim_key(connection, request, terms.campaign_id, now):
                return _answered_meanwhile(connection, request), set()
            refuse_repeat(connection, request, terms.repeat_digest, now, self.limits.repeat_within)
            summary = Summary(notes=request_notes(request), field_names=tuple(sorted(terms.field_names)))
            writing.insert_campaign(connection, request, terms, CampaignState.EXPANDING, summary, now)
            writing.insert_chunks(connection, terms.campaign_id, request.recipients, self.limits.chunk)
            first = insert_meant(connection, terms.campaign_id, meant, len(request.recipients), self.limits.chunk)
            insert_sources(connection, terms.campaign_id, request, first)
        return summary.answer(terms.campaign_id, CampaignState.EXPANDING, ()), set()

    def terms(self, request: CampaignRequest, account: Account, campaign_id: str, now: datetime) -> Terms:
        """What a request is planned on."""
        return Terms(
            account_id=request.account_id,
            campaign_id=campaign_id,
            source=request.source,
            purpose=request.purpose,
            text=request.text,
            sender=request.sender,
            wanted_at=max(now, request.send_at or now).astimezone(UTC),
            outside_window=request.outside_window or self.limits.outside_window,
            encoding=request.encoding or self.limits.encoding,
            field_names=known_fields(request.recipients),
            policies=self.policies,
            routes=self.routes,
            limits=self.limits,
            countries=account.countries,
            account=names_of(account.id, account.name),
            draws_on=account.draws_on,
            wellness=self.wellness(),
            repeat_digest=repeat_digest(request, account.country),
            require_consent=request.require_consent or asks_consent(request.purpose, account),
            links=tuple(as_target(url) or "" for url in request.links),
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of a request in the transaction that stores it; it was `looked` at unless it was known before."""

    answer: Acceptance
    looked: Looked | None = None
    routes: set[str] = field(default_factory=set)


def asks_consent(purpose: Purpose, account: Account) -> bool:
    """Whether an account's texts of a purpose go only to people whose consent is in the register, by its settings."""
    return purpose is Purpose.MARKETING and account.settings.require_consent


def texts_of(request: CampaignRequest) -> Iterator[str]:
    """What of a request is somebody's text: its own words, and what fills its fields."""
    yield request.text
    for recipient in request.recipients:
        yield from recipient.fields.values()


def candidates_of(recipients: Sequence[Recipient], region: str, *, first: int) -> tuple[list[Candidate], int]:
    """Parse recipients, and leave out who comes twice: the candidates, and how many were left out."""
    seen: set[str] = set()
    candidates = []
    for position, recipient in enumerate(recipients, start=first):
        number = parse_number(recipient.to, region)
        identity = recipient.to.strip() if isinstance(number, NumberRefusal) else number.e164
        if identity not in seen:
            seen.add(identity)
            candidates.append(Candidate(position, recipient.to, number, recipient.fields))
    return candidates, len(recipients) - len(candidates)


def refuse_if_nothing_goes(planned: Sequence[PlannedMessage], home: str) -> None:
    """Raise RequestRefused where no message may go, with a fault for each reason."""
    if any(message.violation is None for message in planned):
        return
    found = (
        recipient_fault(message.position, message.recipient, message.violation, home)
        for message in planned
        if message.violation
    )
    faults = list(dict.fromkeys(found))  # a sender's fault is the same for every recipient
    lead = faults[0].message if len(faults) == 1 else f"None of the {len(faults)} recipients can be texted."
    raise RequestRefused(lead, faults=faults, code=faults[0].code if len({f.code for f in faults}) == 1 else None)


def _answered_meanwhile(connection: Connection, request: CampaignRequest) -> Acceptance:
    campaign_id = find_key(connection, request)
    if campaign_id is None:
        message = "Another request with this idempotency key is being carried out; ask again in a moment."
        raise Conflict(message, code="idempotency_key_busy")
    return acceptance_of(connection, campaign_id, replayed=True)
