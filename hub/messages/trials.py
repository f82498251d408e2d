"""Test texts: an account looks at a text on its own phone before others get it, free of charge.

They go to one number only, which its owner has proved to have by a code; a few a day, whatever is asked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from hub.accounts.secrets import hash_password, password_matches
from hub.compliance.model import OutsideWindow, Purpose
from hub.errors import Conflict, RequestRefused, TooMany
from hub.ids import new_id
from hub.links.storing import new_code
from hub.messages import writing
from hub.messages.faults import recipient_fault, request_faults
from hub.messages.model import CampaignRequest, CampaignState, Recipient
from hub.messages.planning import Candidate, Planner
from hub.messages.summary import Summary
from hub.messages.tables import test_days, test_numbers
from hub.messages.verdicts import plan_all
from hub.messages.views import CODE, view_of, without_code
from hub.observe import hiding
from hub.sms.phone import parse_number
from hub.store.bulk import insert_new
from hub.switches import require_intake
from hub.templates.model import Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Select, Update

    from hub.accounts.model import Account
    from hub.messages.accept import Intake
    from hub.messages.model import MessageView
    from hub.messages.planning import PlannedMessage, Terms
    from hub.store.bulk import AnyRow

SOURCE = "test"
"""The source of test texts, and of the codes before them."""
TEXTS_A_DAY, CODES_A_DAY = 10, 5
CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5
_PAUSE = timedelta(minutes=1)
"""Between two codes: the first may still be on its way."""
_CODE_TEXTS = {
    "fr": "{code} : le code pour recevoir vos textes d'essai. Valable 10 minutes.",
    "en": "{code} is the code to receive your test texts. Valid for 10 minutes.",
}


@dataclass(frozen=True, slots=True)
class TestNumber:
    """The number that an account's test texts go to; `asked` is one that waits for its code, until `until`."""

    number: str | None = None
    verified_at: datetime | None = None
    asked: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trials:
    """Test texts and the numbers that they go to. A day begins at midnight in `zone`; `ring` says a route has work."""

    intake: Intake
    zone: ZoneInfo
    ring: Callable[[str], None]

    def number(self, account_id: int) -> TestNumber:
        """The account's own number."""
        with self.intake.store.read() as connection:
            row = connection.execute(_row_of(account_id)).first()
        return TestNumber() if row is None else _as_number(row, self.intake.clock.now())

    def ask(self, account_id: int, given: str) -> TestNumber:
        """Send a code to a number that is to become the account's own; the one before stays until it is confirmed.

        Raises RequestRefused for a number that cannot be texted, and TooMany.
        """
        now = self.intake.clock.now()
        account = self.intake.sender(account_id)
        code = f"{secrets.randbelow(10**6):06d}"
        language = account.settings.language or "fr"
        text = _CODE_TEXTS.get(language, _CODE_TEXTS["en"]).format(code=code)
        hashed = hash_password(code)
        terms, message = self._planned(account, Wording("", text), given, now)
        with self.intake.store.write("test_number") as connection:
            require_intake(connection)
            row = _locked(connection, account_id)
            _require_pause(row, now)
            self._count(connection, account_id, "code", CODES_A_DAY, now)
            asked = {"asked_number": message.recipient, "code_hash": hashed, "code_until": now + CODE_LASTS}
            connection.execute(_mine(account_id).values(**asked, code_tries=0))
            _insert_free(connection, replace(terms, text=without_code(text)), message, now, billing=CODE)
            kept = _locked(connection, account_id)
        self._ring(message)
        return _as_number(kept, now)

    def confirm(self, account_id: int, code: str) -> TestNumber:
        """Make the number that was asked for the account's own; raises RequestRefused for a wrong or old code."""
        now = self.intake.clock.now()
        hashed = self._take_a_try(account_id, now)
        if hashed is None:
            raise RequestRefused.because("code", "code_expired", "No code is waited for any more; ask for a new one.")
        if not password_matches(hashed, code):
            raise RequestRefused.because("code", "wrong_code", "This is not the code that was sent; look again.")
        with self.intake.store.write("test_number") as connection:
            row = _locked(connection, account_id)
            if row.code_hash == hashed:
                done = {"number": row.asked_number, "verified_at": now, **_NOTHING_ASKED}
                connection.execute(_mine(account_id).values(**done))
            kept = _locked(connection, account_id)
        return _as_number(kept, now)

    def _take_a_try(self, account_id: int, now: datetime) -> str | None:
        """The hash of the code that is waited for, a try of which is used up now; None where there is none left.

        Taken before anything is compared: whoever guesses in parallel has no more tries than others.
        """
        with self.intake.store.write("test_number") as connection:
            row = _locked(connection, account_id)
            if row.code_hash is None or row.code_until <= now or row.code_tries >= CODE_TRIES:
                return None
            connection.execute(_mine(account_id).values(code_tries=row.code_tries + 1))
            return str(row.code_hash)

    def send(self, account_id: int, wording: Wording) -> MessageView:
        """Send a text as it stands to the account's own number, at once and free of charge.

        Raises Conflict when there is none, RequestRefused for a text that cannot leave, TooMany.
        """
        now = self.intake.clock.now()
        account = self.intake.sender(account_id)
        number = self.number(account_id).number
        if number is None:
            message = "This account has no number of its own yet: POST /api/v1/account/test-number names one."
            raise Conflict(message, code="no_test_number")
        with hiding(lambda: (wording.text,)):
            terms, planned = self._planned(account, wording, number, now)
        with self.intake.store.write("test_text") as connection:
            require_intake(connection)
            _locked(connection, account_id)
            self._count(connection, account_id, "text", TEXTS_A_DAY, now)
            view = _insert_free(connection, terms, planned, now)
        self._ring(planned)
        return view

    def _planned(self, account: Account, wording: Wording, given: str, now: datetime) -> tuple[Terms, PlannedMessage]:
        intake = self.intake
        purpose = wording.purpose or Purpose.ALERT
        request = CampaignRequest(account.id, wording.text, (Recipient(given),), purpose, wording.sender, source=SOURCE)
        if faults := request_faults(request, now, intake.limits):
            raise RequestRefused(faults[0].message, faults=faults)
        terms = intake.terms(request, account, new_id(now), now)
        terms = replace(terms, outside_window=OutsideWindow.DEFER, require_consent=False)  # it is one's own number
        candidate = Candidate(0, given, parse_number(given, account.country), {})
        (planned,) = plan_all(intake.store, Planner(terms, new_code), [candidate], intake.plugins)
        if planned.violation:
            fault = recipient_fault(0, given, planned.violation, account.country)
            field = "number" if fault.field.startswith("recipients") else fault.field
            raise RequestRefused.because(field, fault.code, fault.message)
        # One's own phone may ring at any hour: what marketing waits for is no concern of a test.
        return terms, replace(planned, due_at=now, expires_at=now + intake.limits.alert_lifetime, deferred=False)

    def _count(self, connection: Connection, account_id: int, kind: str, most: int, now: datetime) -> None:
        """Count one more of the day; raises TooMany. The account's row is locked, so nobody counts beside."""
        local = now.astimezone(self.zone)
        day = {"account_id": account_id, "day": local.date().isoformat(), "kind": kind}
        connection.execute(delete(test_days).where(test_days.c.account_id == account_id, test_days.c.day < day["day"]))
        insert_new(connection, test_days, [{**day, "sent": 0}])
        mine = [test_days.c[name] == value for name, value in day.items()]
        more = update(test_days).where(*mine, test_days.c.sent < most).values(sent=test_days.c.sent + 1)
        if connection.execute(more).rowcount == 0:
            midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            message = f"{most} free texts of this kind went out today, which is the most; go on tomorrow."
            raise TooMany(message, retry_after=midnight - local)

    def _ring(self, message: PlannedMessage) -> None:
        self.ring(message.routes[0])


_NOTHING_ASKED = {"asked_number": None, "code_hash": None, "code_until": None, "code_tries": 0}


def _row_of(account_id: int) -> Select[*tuple[Any, ...]]:
    return select(test_numbers).where(test_numbers.c.account_id == account_id)


def _mine(account_id: int) -> Update:
    return update(test_numbers).where(test_numbers.c.account_id == account_id)


def _locked(connection: Connection, account_id: int) -> AnyRow:
    """The account's row, made where there is none; its requests take turns."""
    insert_new(connection, test_numbers, [{"account_id": account_id}])
    return connection.execute(_row_of(account_id).with_for_update()).one()


def _require_pause(row: AnyRow, now: datetime) -> None:
    """Raise TooMany when the code before was sent less than a minute ago."""
    if row.code_until is None:
        return
    wait = row.code_until - CODE_LASTS + _PAUSE - now
    if wait > timedelta(0):
        raise TooMany("A code was sent a moment ago; it may still be on its way.", retry_after=wait)


def _as_number(row: AnyRow, now: datetime) -> TestNumber:
    waits = row.code_until is not None and row.code_until > now
    asked, until = (row.asked_number, row.code_until) if waits else (None, None)
    return TestNumber(row.number, row.verified_at, asked, until)


def _insert_free(
    connection: Connection, terms: Terms, message: PlannedMessage, at: datetime, *, billing: str = "free"
) -> MessageView:
    """Store a text that nobody pays for: a campaign of its own, that overtakes marketing."""
    request = CampaignRequest(
        terms.account_id, terms.text, (Recipient(message.recipient),), terms.purpose, terms.sender
    )
    summary = Summary(accepted=1, segments=message.segments)
    writing.insert_campaign(connection, request, terms, CampaignState.ACCEPTED, summary, at)
    writing.make_free(connection, terms.campaign_id)
    (row,) = writing.rows_of(terms, [message])
    row |= {"priority": writing.PRIORITY[Purpose.ALERT], "credits": 0, "billing": billing}
    writing.insert_links(connection, terms, [message], [row])
    writing.insert_messages(connection, [row])
    return view_of(row)
