"""Sign-in with an account's name or id and one of its API tokens."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import NotAuthenticated

if TYPE_CHECKING:
    from aiosmtpd.smtp import LoginPassword

    from hub import Hub
    from hub_mail_to_sms.limiter import Limiter


@dataclass(frozen=True, slots=True)
class SignIn:
    """Checks credentials. Thread-safe, and reads the database: not to be called in the event loop."""

    hub: Hub
    limiter: Limiter

    def account_of(self, credentials: LoginPassword, client: str) -> int:
        """The id of the account that these credentials open.

        Raises NotAuthenticated, TooMany when the client failed too often before, StoreUnavailable.
        """
        name = _folded(credentials.login.decode(errors="replace"))
        self.limiter.check_sign_in(client, name)
        try:
            account = self.hub.authenticate(credentials.password.decode(), client)
        except (NotAuthenticated, UnicodeDecodeError):
            self.limiter.failed_sign_in(client, name)
            raise NotAuthenticated("The account or the token is not right.") from None
        if name not in (_folded(account.name), str(account.id)):
            self.limiter.failed_sign_in(client, name)
            raise NotAuthenticated("The account or the token is not right.")
        return account.id


def _folded(name: str) -> str:
    """The name without regard to case, and to how its accents are written."""
    return unicodedata.normalize("NFC", name.strip()).casefold()
