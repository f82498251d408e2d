"""How often: mails per account and per sender, sign-in failures per client, in moving windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hub import TooMany
from hub_mail_to_sms.windows import Windows

if TYPE_CHECKING:
    from hub_mail_to_sms.settings import MailSettings

_MINUTE = timedelta(minutes=1)
_FAILURES_COUNT_FOR = timedelta(minutes=15)
_NAMES_PER_CLIENT = 5
"""How many names a client (an office behind one address) may have locked out before it is locked out whole."""
_LONGEST_NAME = 100
"""Letters of a name that are told apart: strangers choose it, and it stays in memory for a while."""


@dataclass
class Limiter:
    """Counts in memory: one listener process counts for itself."""

    settings: MailSettings
    mails: Windows = field(default_factory=lambda: Windows(_MINUTE.total_seconds()))
    failures: Windows = field(default_factory=lambda: Windows(_FAILURES_COUNT_FOR.total_seconds()))

    def take_mail(self, account_id: int, sender: str) -> None:
        """Count a mail to an account, and of the address that wrote it; raises TooMany past either limit."""
        per_sender, per_account = self.settings.mails_per_minute_per_sender, self.settings.mails_per_minute
        if self.mails.count(account_id) >= per_account:  # first: a stranger's many addresses must not be kept then
            raise _too_many(f"The account sent {per_account} mails in a minute")
        if not self.mails.hit((account_id, sender), per_sender):
            raise _too_many(f"This sender wrote {per_sender} mails in a minute")
        if not self.mails.hit(account_id, per_account):
            raise _too_many(f"The account sent {per_account} mails in a minute")

    def check_sign_in(self, client: str, name: str) -> None:
        """Raise TooMany when this client failed too often lately, under this name or under many."""
        most = self.settings.auth_failures
        if (
            self.failures.count((client, name[:_LONGEST_NAME])) >= most
            or self.failures.count(client) >= most * _NAMES_PER_CLIENT
        ):
            raise TooMany("Too many failed sign-ins", retry_after=_FAILURES_COUNT_FOR)

    def failed_sign_in(self, client: str, name: str) -> None:
        """Count a failed sign-in."""
        self.failures.hit((client, name[:_LONGEST_NAME]))
        self.failures.hit(client)


def _too_many(what: str) -> TooMany:
    return TooMany(f"{what}; please wait one.", retry_after=_MINUTE)
