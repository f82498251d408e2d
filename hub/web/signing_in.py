"""Sign-in with a password: how often an address may try, and how often anybody may try for one person.

Nobody is locked out by strangers who guess: whoever signed in from an address within the month is counted there on
their own, and what is guessed from elsewhere does not concern them. Counted where all web processes share it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from limits import RateLimitItemPerHour, RateLimitItemPerMonth

from hub.accounts.secrets import digest_of
from hub.errors import NotAuthenticated, TooMany

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.accounts.model import User
    from hub.accounts.users import Users
    from hub.web.limiter import Limiter

_KNOWN = RateLimitItemPerMonth(1)
_GUESSED, _CAME = "guessed", "came"
MISSING = "code_needed"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Lets people in by address and password.

    `guesses` are the wrong passwords and codes within an hour for one person: from all strange addresses together, and
    from each known one.
    """

    users: Users
    limiter: Limiter
    guesses: int

    def sign_in(self, email: str, password: str, code: str | None, address: str) -> User:
        """Who signs in, from this network address. Raises NotAuthenticated, and TooMany past either limit.

        `code` is that of their telephone or a recovery code, where they have set that up (NotAuthenticated,
        `code_needed`, where it is missing).
        """
        with self.attempt(email, address):
            user = self.users.sign_in(email, password, code)
        self.limiter.windows.take(_KNOWN, _CAME, _digest(email), address)
        return user

    @contextmanager
    def attempt(self, email: str, address: str) -> Iterator[None]:
        """Count a guess at a person's password or code where the block raises NotAuthenticated; raises TooMany."""
        self.limiter.check_address(address)
        item, names = RateLimitItemPerHour(self.guesses), self._names(email, address)
        room = self.limiter.windows.look(item, *names)
        if not room.counted:
            message = "Too many wrong passwords or codes were tried; wait, and try again."
            raise TooMany(message, retry_after=timedelta(seconds=room.reset_s))
        try:
            yield
        except NotAuthenticated as error:
            if error.code != MISSING:
                self._failed(names, address)
            raise

    def _failed(self, names: tuple[str, ...], address: str) -> None:
        self.limiter.failed(address)
        room = self.limiter.windows.take(RateLimitItemPerHour(self.guesses), *names)
        if room.counted and not room.remaining:
            log.warning("password_guessed_at", address=address, failures=self.guesses)

    def _names(self, email: str, address: str) -> tuple[str, ...]:
        """What a guess is counted under: the person, and the address where they came from lately."""
        person = _digest(email)
        is_known = not self.limiter.windows.look(_KNOWN, _CAME, person, address).counted
        return (_GUESSED, person, address) if is_known else (_GUESSED, person)


def _digest(email: str) -> str:
    return digest_of(email.lower())
