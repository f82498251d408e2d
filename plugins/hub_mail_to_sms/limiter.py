"""How often: mails per account and per sender, sign-in failures per client, in moving windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hub import TooMany

if TYPE_CHECKING:
    from hub_mail_to_sms.settings import MailSettings

_FAILURE_MINUTES = 15
_NAMES_PER_CLIENT = 5
"""How many names a client (an office behind one address) may have locked out before it is locked out whole."""


@dataclass
class Limiter:
    """Counts in memory: one listener process counts for itself."""

    settings: MailSettings
    _windows: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def take_mail(self, account_id: int, sender: str) -> None:
        """Count a mail to an account, and of the address that wrote it; raises TooMany past either limit."""
        per_sender = RateLimitItemPerMinute(self.settings.mails_per_minute_per_sender)
        if not self._windows.hit(per_sender, "sender", str(account_id), sender):
            raise _too_many(f"This sender wrote {per_sender.amount} mails in a minute")
        per_account = RateLimitItemPerMinute(self.settings.mails_per_minute)
        if not self._windows.hit(per_account, "account", str(account_id)):
            raise _too_many(f"The account sent {per_account.amount} mails in a minute")

    def check_sign_in(self, client: str, name: str) -> None:
        """Raise TooMany when this client failed too often lately, under this name or under many."""
        if not (
            self._windows.test(self._failures, "auth", client, name)
            and self._windows.test(self._failures_of_all, "auth", client)
        ):
            raise TooMany("Too many failed sign-ins", retry_after=timedelta(minutes=_FAILURE_MINUTES))

    def failed_sign_in(self, client: str, name: str) -> None:
        """Count a failed sign-in."""
        self._windows.hit(self._failures, "auth", client, name)
        self._windows.hit(self._failures_of_all, "auth", client)

    @property
    def _failures(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.settings.auth_failures, _FAILURE_MINUTES)

    @property
    def _failures_of_all(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.settings.auth_failures * _NAMES_PER_CLIENT, _FAILURE_MINUTES)


def _too_many(what: str) -> TooMany:
    return TooMany(f"{what}; please wait one.", retry_after=timedelta(minutes=1))
