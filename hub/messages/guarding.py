"""Guards on the way in: too many texts to one number are blocked, what is unusual is held for review.

Asked once per request, or per chunk of a large one, with a small constant number of statements.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import and_, bindparam, case, insert, select, update

from hub.accounts import ledger
from hub.compliance.model import Purpose, Violation
from hub.guard import counters
from hub.guard.model import Hold, Request, Spent, Traffic
from hub.guard.notices import HeldPart, address_of, hold_mail
from hub.guard.rules import PREFIX, has_jumped, prefixes_of, reason_to_hold
from hub.guard.tables import recent_texts
from hub.mailing.outbox import post
from hub.messages.model import CampaignState, MessageState
from hub.messages.summary import hold_of
from hub.messages.tables import campaigns, messages
from hub.sms.plans import home_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.guard.model import Figures, Spending
    from hub.guard.rules import Found
    from hub.messages.model import Acceptance
    from hub.messages.planning import PlannedMessage, Terms
    from hub.store.bulk import AnyRow

TOO_MANY = Violation(
    "too_many_to_recipient",
    "This number was texted too often within the hour. Try again later; the operator of the hub can raise the figure.",
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """What guards made of a request: its messages, some perhaps blocked now, and why it is held, if it is.

    `spending` is None where no guard watches; `found` is the reason of a hold of just now, None for one that was there
    before. What `is_reviewed` was released by a person: like what is held, it does not count towards any ceiling.
    """

    planned: Sequence[PlannedMessage]
    hold: Hold | None = None
    spending: Spending | None = None
    found: Found | None = None
    is_reviewed: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it is held from now on."""
        return self.found is not None


@dataclass(slots=True)
class Earlier:
    """What went before of a list that is only looked at, and of which nothing is stored: as if it had been.

    Credits that were set aside, and of them those that count towards ceilings, by country; whom an alert texts.
    """

    credits: int = 0
    spent: Counter[str] = field(default_factory=Counter)
    numbers: set[str] = field(default_factory=set)
    hold: Hold | None = None

    def add(self, terms: Terms, looked: Looked) -> None:
        """Add what was looked at now."""
        going = _by_country(looked.planned)
        self.credits += going.total()
        self.hold = looked.hold
        if not looked.hold:
            self.spent.update(going)
        if terms.purpose is Purpose.ALERT and looked.spending is not None:
            self.numbers.update(one.recipient for one in looked.planned if one.segments)

    def beside(self, spending: Spending) -> Spending:
        """What an account will have spent then."""
        by_country = {country: spending.by_country.get(country, Spent()) for country in self.spent}
        more = {
            country: Spent(spent.hour + self.spent[country], spent.day + self.spent[country])
            for country, spent in by_country.items()
        }
        today = spending.today + self.spent.total()
        return replace(spending, today=today, by_country={**spending.by_country, **more})


@dataclass(frozen=True, slots=True)
class Guard:
    """Looks at what is about to be accepted, and keeps what it counts by. A day begins at midnight in `zone`."""

    figures: Figures
    zone: ZoneInfo

    def look(
        self,
        connection: Connection,
        account: Account,
        terms: Terms,
        planned: Sequence[PlannedMessage],
        now: datetime,
        campaign: AnyRow | None = None,
    ) -> Looked:
        """Look at planned messages. `campaign` is the row of one that was stored earlier and is expanded now.

        First of all the account's day is opened, or its books are taken where no guard watches: from there to the end
        of the transaction its requests take turns, and nothing else of theirs may be locked before.
        """
        if account.draws_on is not None:  # sub-accounts of one parent take turns at its books
            ledger.lock_books(connection, {account.draws_on})
        figures = self.figures.of(account.limits)
        held_before = None if campaign is None else hold_of(campaign)
        if not figures.enabled:
            ledger.lock_books(connection, {account.id})
            return Looked(planned, held_before)
        spending = counters.open_day(connection, account.id, self.day(now), now)
        planned = _without_too_many(connection, figures, account.id, planned, now)
        is_reviewed = campaign is not None and campaign.released_at is not None
        if held_before or is_reviewed:
            return Looked(planned, held_before, spending, is_reviewed=is_reviewed)
        found = self._reason(connection, account, terms, planned, spending, now, is_cut=campaign is not None)
        return Looked(planned, Hold(found.reason, found.message, now) if found else None, spending, found)

    def take_turn(self, connection: Connection, account: Account, now: datetime) -> None:
        """Let one request of an account go on at a time, as `look` does, where nothing is looked at yet."""
        if self.figures.of(account.limits).enabled:
            counters.open_day(connection, account.id, self.day(now), now)
        else:
            ledger.lock_books(connection, {account.id})

    def peek(
        self,
        connection: Connection,
        account: Account,
        terms: Terms,
        planned: Sequence[PlannedMessage],
        now: datetime,
        earlier: Earlier,
        *,
        is_cut: bool,
    ) -> Looked:
        """What `look` would find, without a lock and without a trace; `earlier` went before in the same list."""
        figures = self.figures.of(account.limits)
        if not figures.enabled:
            return Looked(planned)
        spending = earlier.beside(counters.day_so_far(connection, account.id, self.day(now), now))
        planned = _without_too_many(connection, figures, account.id, planned, now)
        if earlier.hold:
            return Looked(planned, earlier.hold, spending)
        found = self._reason(connection, account, terms, planned, spending, now, is_cut=is_cut, earlier=earlier)
        return Looked(planned, Hold(found.reason, found.message, now) if found else None, spending, found)

    def keep(self, connection: Connection, account: Account, terms: Terms, looked: Looked, now: datetime) -> None:
        """Keep what was looked at, once its messages are stored: who was texted, what was spent, what is held."""
        if looked.hold:
            _hold(connection, terms, looked.planned, looked.hold)
        if looked.found:
            self._write_to(connection, account, terms, looked.planned, looked.found, now)
        if looked.spending is None or not looked.planned:
            return
        connection.execute(_REMEMBER, _range(terms, looked.planned))
        spent = _by_country(looked.planned)
        if spent and not looked.hold and not looked.is_reviewed:
            self._spend(connection, account, looked.spending, spent, now)

    def day(self, now: datetime) -> date:
        """The day that credits of this moment count for."""
        return now.astimezone(self.zone).date()

    def _reason(
        self,
        connection: Connection,
        account: Account,
        terms: Terms,
        planned: Sequence[PlannedMessage],
        spending: Spending,
        now: datetime,
        *,
        is_cut: bool,
        earlier: Earlier | None = None,
    ) -> Found | None:
        """Why a person should look at it first; `is_cut` when it goes as far as the credits reach, as a list does."""
        earlier = earlier or Earlier()
        figures = self.figures.of(account.limits)
        costs = [message.segments for message in planned if message.violation is None]
        cost = sum(costs)
        if figures.low_balance:
            available = ledger.balance(connection, terms.account_id).available - earlier.credits
            spending = replace(spending, available=available)
            cost = min(cost, spending.available or 0) if is_cut else cost
        if not cost:
            return None
        watched = _watched(figures, terms, planned)
        traffic = _traffic(connection, figures, terms.account_id, watched, now, earlier.numbers)
        home = home_plan(account.country)
        abroad = {country: more for country, more in _by_country(planned).items() if country not in home}
        request = Request(cost, max(costs), watched, abroad)
        return reason_to_hold(figures, request, spending, traffic)

    def _spend(
        self, connection: Connection, account: Account, before: Spending, spent: Counter[str], now: datetime
    ) -> None:
        after = replace(before, today=before.today + spent.total())
        jumped = has_jumped(self.figures.of(account.limits), after)
        if counters.add_to_day(connection, account.id, self.day(now), before, spent, now=now, has_jumped=jumped):
            log.warning("spending_jumped", account=account.id, credits=after.today, before=list(before.before))

    def _write_to(
        self,
        connection: Connection,
        account: Account,
        terms: Terms,
        planned: Sequence[PlannedMessage],
        found: Found,
        now: datetime,
    ) -> None:
        """Leave a mail to the account, kept if the hold is kept."""
        costs = [message.segments for message in planned if message.violation is None]
        since = now.astimezone(self.zone)
        mail = hold_mail(account, found, HeldPart(terms.campaign_id, terms.source, len(costs), sum(costs), since))
        if mail is not None:
            post(connection, [mail], now)


def tell_hold(account: Account, acceptance: Acceptance, looked: Looked) -> None:
    """Say in the log, once it is committed, that a campaign waits for somebody to look at it."""
    if looked.hold and looked.is_new:
        log.warning(
            "campaign_held",
            account=account.id,
            campaign=acceptance.campaign_id,
            reason=looked.hold.reason.value,
            messages=acceptance.accepted,
            credits=acceptance.credits,
        )
        if address_of(account.settings) is None:
            log.warning("account_not_told", account=account.id, campaign=acceptance.campaign_id)


def _without_too_many(
    connection: Connection, figures: Figures, account_id: int, planned: Sequence[PlannedMessage], now: datetime
) -> Sequence[PlannedMessage]:
    most = figures.recipient_per_hour
    if not most:
        return planned
    numbers = [message.recipient for message in planned if message.violation is None]
    often = counters.texted_too_often(connection, account_id, numbers, most, now)
    if not often:
        return planned
    return [
        replace(one, violation=TOO_MANY) if one.violation is None and one.recipient in often else one for one in planned
    ]


def _by_country(planned: Sequence[PlannedMessage]) -> Counter[str]:
    """The credits of what goes, by country."""
    spent: Counter[str] = Counter()
    for message in planned:
        if message.violation is None:
            spent[message.country or ""] += message.segments
    return spent


def _watched(figures: Figures, terms: Terms, planned: Sequence[PlannedMessage]) -> tuple[str, ...]:
    """The numbers of a small alert; long lists and marketing go to people whose numbers somebody collected."""
    if terms.purpose is not Purpose.ALERT:
        return ()
    numbers = tuple(message.recipient for message in planned if message.violation is None)
    return numbers if len(numbers) <= figures.watched else ()


def _traffic(
    connection: Connection,
    figures: Figures,
    account_id: int,
    watched: Sequence[str],
    now: datetime,
    earlier: Collection[str],
) -> Traffic:
    if not watched:
        return Traffic()
    numbers = counters.numbers_like(connection, account_id, watched, figures.prefix_per_hour, now)
    blocks = prefixes_of(watched)
    numbers |= {number for number in earlier if number[:PREFIX] in blocks}
    texts = counters.texts_if_crowded(connection, account_id, figures, numbers | set(watched), now)
    return Traffic(numbers, None if texts is None else texts + len(earlier))


def _hold(connection: Connection, terms: Terms, planned: Sequence[PlannedMessage], hold: Hold) -> None:
    """Hold what of a campaign was stored in this transaction: nobody else has seen it yet."""
    why = {"reason": hold.reason, "detail": hold.message}
    if planned:
        waiting = update(messages).where(_STORED, messages.c.state == MessageState.PENDING)
        connection.execute(waiting.values(state=MessageState.HELD, **why), _range(terms, planned))
    goes_on = campaigns.c.state == CampaignState.EXPANDING
    state = case((goes_on, CampaignState.EXPANDING), else_=CampaignState.HELD)
    held = {"held_at": hold.since, "hold_reason": hold.reason, "hold_detail": hold.message}
    connection.execute(update(campaigns).where(campaigns.c.id == terms.campaign_id).values(state=state, **held))


_STORED = and_(
    messages.c.campaign_id == bindparam("campaign"), messages.c.position.between(bindparam("first"), bindparam("last"))
)
"""The rows of planned messages: a campaign's positions, of which a chunk has a range of its own."""
# Copied inside the database: nothing travels, whatever the number.
_REMEMBER = insert(recent_texts).from_select(
    ["account_id", "recipient", "campaign_id"],
    select(messages.c.account_id, messages.c.recipient, messages.c.campaign_id).where(_STORED, messages.c.credits > 0),
)


def _range(terms: Terms, planned: Sequence[PlannedMessage]) -> dict[str, str | int]:
    positions = [message.position for message in planned]
    return {"campaign": terms.campaign_id, "first": min(positions), "last": max(positions)}
