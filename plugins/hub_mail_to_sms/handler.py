"""Decide about one mail, from its raw form to the reply: everything is settled before the reply to DATA."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import structlog

from hub import CampaignRequest, HubError, Purpose, Recipient, RequestRefused, StoreUnavailable
from hub.plugin_kit import failpoint, local_to_utc, split_numbers
from hub_mail_to_sms import replies
from hub_mail_to_sms.addressees import Directory
from hub_mail_to_sms.headers import DIGESTED
from hub_mail_to_sms.hosting import with_files
from hub_mail_to_sms.loops import is_automatic
from hub_mail_to_sms.mail import Mail, ReadingLimits, UnreadableMail
from hub_mail_to_sms.reading import read_mail
from hub_mail_to_sms.settings import Accept, Answers
from hub_mail_to_sms.subject import read_subject
from hub_mail_to_sms.verification import CannotTellNow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub import Hub
    from hub_mail_to_sms.addresses import Addresses
    from hub_mail_to_sms.limiter import Limiter
    from hub_mail_to_sms.settings import MailSettings
    from hub_mail_to_sms.subject import Subject
    from hub_mail_to_sms.verification import Verifier

TURN_WITHIN_S = 15.0
"""How long a mail waits for its turn; a store that hangs keeps the one before it for a third of that."""
SOURCE = "mail"
_COUNTRY_KEPT_S = 60.0
_CODE = len("554 5.1.3")

log = structlog.get_logger(__name__)


class Thread(TypedDict):
    """Which mail asked, and who wrote it."""

    thread: str | None
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail as the listener hands it over: who it is for (None: whoever is verified), and how it came.

    `peer` is the IP address that it came from; `envelope_from` is `<>` for a bounce. `people` are the numbers whose
    own addresses it was sent to; then `sender` is the one that they are answered from, and `proven` whether the hub
    made those addresses.
    """

    raw: bytes
    account_id: int | None
    signed_in: bool
    peer: str
    envelope_from: str | None
    people: tuple[str, ...] = ()
    sender: str | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Turns mails into campaigns. Thread-safe: each mail is decided in a thread of its own.

    As many as there are `turns` are stored at once: one on SQLite. Two threads at it only take the interpreter
    from each other, statement by statement, while one of them holds the database's lock and the other sleeps ever
    longer before it asks again. A server leaves time for a second one between a question and its answer.
    """

    hub: Hub
    settings: MailSettings
    addresses: Addresses
    limiter: Limiter
    verifier: Verifier
    turns: threading.Semaphore = field(default_factory=threading.Semaphore)
    _countries: dict[int, tuple[str, float]] = field(default_factory=dict)

    @property
    def directory(self) -> Directory:
        """Whom addresses are for."""
        return Directory(self.hub, self.addresses, self.settings.way)

    def decide(self, delivery: Delivery) -> str:
        """The reply to a mail; what it accepted is committed by then."""
        failpoint("mail.before_decision")
        reply = self._reply(delivery)
        failpoint("mail.before_answer")
        if not reply.startswith("2"):
            log.info("mail_refused", account=delivery.account_id, code=reply[:_CODE])
        return reply

    def _reply(self, delivery: Delivery) -> str:
        try:
            mail = read_mail(delivery.raw, ReadingLimits(total=self.settings.max_size_kb * 1024))
            return self._decide(delivery, mail)
        except UnreadableMail as error:
            return replies.unreadable(error)
        except CannotTellNow:
            return replies.CANNOT_VERIFY
        except HubError as error:
            return replies.refused(error)

    def _decide(self, delivery: Delivery, mail: Mail) -> str:
        account_id = self._account(delivery, mail)
        reason = is_automatic(mail.automatic, delivery.envelope_from, signed_in=delivery.signed_in)
        if reason is not None and (account_id is not None or delivery.proven):
            log.info("mail_dropped", reason=reason, account=account_id)
            return replies.DROPPED.format(reason=reason)
        if account_id is None:
            return replies.NOT_VERIFIED
        self.limiter.take_mail(account_id, mail.from_address or (delivery.envelope_from or "").lower())
        key = _key_of(mail, delivery.raw)
        if delivery.people:
            return self._answer(account_id, delivery, mail, key)
        return self._send(account_id, mail, key)

    def _account(self, delivery: Delivery, mail: Mail) -> int | None:
        """Who pays; None when the mail had to be verified and is not."""
        if delivery.signed_in:
            return delivery.account_id
        if self.settings.way is not Accept.VERIFIED:
            must_be_known = delivery.proven and self.settings.answers is Answers.KNOWN
            return delivery.account_id if not must_be_known or self._is_own(delivery, mail) else None
        owner = self.addresses.sender_account(mail.from_address)
        if owner is None and delivery.proven and self._is_own(delivery, mail):
            owner = delivery.account_id
        if owner is None or delivery.account_id not in (None, owner):
            return None  # before the verifier is asked: strangers must not keep it busy
        return owner if self.verifier.is_genuine(delivery.raw, mail.from_address, delivery.peer) else None

    def _is_own(self, delivery: Delivery, mail: Mail) -> bool:
        """Whether the mail says that it is from an address of the account's: anybody can write that."""
        if delivery.account_id is None or not mail.from_address:
            return False
        said = self.hub.account(delivery.account_id).settings
        own = {(address or "").lower() for address in (said.reply_email, said.notice_email)}
        return mail.from_address in own or self.addresses.sender_account(mail.from_address) == delivery.account_id

    def _answer(self, account_id: int, delivery: Delivery, mail: Mail, key: str | None) -> str:
        """Text the people whose addresses the mail was sent to; its subject is not read."""
        if not mail.text.strip():
            return replies.no_text(mail)
        request = CampaignRequest(
            account_id=account_id,
            text=mail.text,
            recipients=tuple(Recipient(number) for number in delivery.people),
            purpose=Purpose.ALERT if delivery.proven else self.settings.purpose,
            sender=delivery.sender,
            source=SOURCE,
            idempotency_key=key and _key_for(key, delivery.people),
            **_thread_of(mail),
        )
        return self._accepted(request, mail)

    def _send(self, account_id: int, mail: Mail, key: str | None) -> str:
        subject = read_subject(mail.subject)
        if subject.problems:
            return replies.bad_options([problem.message for problem in subject.problems])
        if not any(map(str.isdigit, subject.numbers_text)):
            return replies.no_number(subject.numbers_text)
        if not mail.text.strip():
            return replies.no_text(mail)
        return self._accepted(self._request(account_id, mail, subject, key), mail)

    def _accepted(self, request: CampaignRequest, mail: Mail) -> str:
        with self._its_turn():
            request, notes = with_files(self.hub, request, mail)
            answer = self.hub.accept(request)
        campaign = answer.campaign_id
        log.info("mail_accepted", account=request.account_id, campaign=campaign, accepted=answer.accepted)
        return replies.accepted(answer, notes)

    def _request(self, account_id: int, mail: Mail, subject: Subject, key: str | None) -> CampaignRequest:
        numbers = split_numbers(subject.numbers_text, self._country_of(account_id))
        if len(numbers) > self.settings.max_recipients:
            raise RequestRefused.because(
                "Subject",
                "too_many_recipients",
                f"The subject has {len(numbers)} numbers; the most is {self.settings.max_recipients}.",
            )
        options = subject.options
        return CampaignRequest(
            account_id=account_id,
            text=mail.text,
            recipients=tuple(Recipient(number) for number in numbers),
            purpose=Purpose(options.purpose) if options.purpose else self.settings.purpose,
            sender=options.sender,
            send_at=self._moment(options.at),
            source=SOURCE,
            idempotency_key=key,
            **_thread_of(mail),
        )

    def _country_of(self, account_id: int) -> str:
        """The account's country, which is not asked for at every mail."""
        country, good_until = self._countries.get(account_id, ("", 0.0))
        if time.monotonic() >= good_until:
            country = self.hub.account(account_id).country
            self._countries[account_id] = country, time.monotonic() + _COUNTRY_KEPT_S
        return country

    @contextmanager
    def _its_turn(self) -> Iterator[None]:
        if not self.turns.acquire(timeout=TURN_WITHIN_S):
            raise StoreUnavailable("The mails before this one are not done yet.")
        try:
            yield
        finally:
            self.turns.release()

    def _moment(self, at: datetime | None) -> datetime | None:
        if at is None or at.tzinfo:
            return at
        return local_to_utc(at, self.hub.timezone)


def _thread_of(mail: Mail) -> Thread:
    """What lets a person's answer become an answer to this mail."""
    named = mail.message_id if mail.message_id and not mail.message_id.startswith(DIGESTED) else None
    return {"thread": named, "reply_to": mail.from_address or None}


def _key_for(key: str, people: tuple[str, ...]) -> str:
    """The key of a mail to these people: a mail server may hand the same mail over once for each of them."""
    return f"answer:{hashlib.sha256(' '.join((key, *sorted(people))).encode()).hexdigest()}"


def _key_of(mail: Mail, raw: bytes) -> str | None:
    """What makes a repeat of the mail known: its Message-ID, else all of it if it is dated, else nothing."""
    if mail.message_id or "date" not in mail.automatic.present:
        return mail.message_id
    return f"raw:{hashlib.sha256(raw).hexdigest()}"
