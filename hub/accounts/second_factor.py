"""Codes of a person's telephone (TOTP, RFC 6238), asked for beside the password, and what replaces a lost telephone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hub.accounts.model import Enrolment
from hub.accounts.secrets import digest_of
from hub.accounts.tables import user_recovery_codes, user_totp
from hub.accounts.users import require_password, user_row
from hub.errors import Conflict, NotAuthenticated, NotFound
from hub.registry import SealedColumn
from hub.store.bulk import insert_new, insert_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store
    from hub.vault import Vault

TOTP_SECRETS = SealedColumn("user_totp", "user_id", clear=None, sealed="sealed", lookup="lookup")
ISSUER = "TextoHub"
DIGITS = 6
STEPS_OFF = 1
"""How many steps of 30 seconds a telephone's clock may be off, either way (RFC 6238, section 6)."""
RECOVERY_CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Those of a recovery code: 32, none of which is taken for another."""
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Sets codes up, takes them, and takes them away. Raises NotFound for a person who is not of that account."""

    store: Store
    clock: Clock
    vault: Callable[[], Vault]

    def begin(self, account_id: int, user_id: int, password: str) -> Enrolment:
        """A new secret for a person's telephone; nothing changes before `confirm`, and one begun before is forgotten.

        Raises NotAuthenticated for a wrong password, Conflict (`totp_on`) where codes are asked for already.
        """
        import pyotp

        with self.store.read() as connection:
            row = user_row(connection, account_id, user_id)
        require_password(row, password)
        secret, vault = pyotp.random_base32(), self.vault()
        kept = {"user_id": user_id, "sealed": vault.seal(secret), "lookup": vault.lookup(secret)}
        with self.store.write("user") as connection:
            user_row(connection, account_id, user_id)
            begun = (user_totp.c.user_id == user_id, user_totp.c.confirmed_at.is_(None))
            connection.execute(delete(user_totp).where(*begun))
            if not insert_new(connection, user_totp, [kept | {"made_at": self.clock.now()}]):
                raise Conflict("Codes are asked for already; take that away first.", code="totp_on")
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=row.email, issuer_name=ISSUER))

    def confirm(self, account_id: int, user_id: int, code: str) -> tuple[str, ...]:
        """Ask for codes from now on, on the proof of a first one; ten recovery codes, shown this once.

        Raises NotAuthenticated for a wrong code, Conflict (`totp_on`, `totp_not_begun`).
        """
        recovery = tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))
        now = self.clock.now()
        with self.store.write("user") as connection:
            user_row(connection, account_id, user_id)
            row = _locked(connection, user_id)
            if row is None or row.confirmed_at is not None:
                raise _not_now(row)
            values = {"confirmed_at": now, "last_step": self._step_of(row, code, now)}
            connection.execute(update(user_totp).where(user_totp.c.user_id == user_id).values(values))
            rows = [{"user_id": user_id, "digest": digest_of(_bare(one))} for one in recovery]
            insert_rows(connection, user_recovery_codes, rows)
        return recovery

    def remove(self, account_id: int, user_id: int, password: str, code: str) -> None:
        """Ask a person for codes no more, on the proof of their password and a code, or a recovery code.

        Raises NotAuthenticated, and NotFound where no codes are asked for.
        """
        with self.store.read() as connection:
            row = user_row(connection, account_id, user_id)
        require_password(row, password)
        if row.confirmed_at is None:
            raise NotFound("This person is not asked for codes.")
        with self.store.write("user") as connection:
            self._spend(connection, user_id, code)
            _forget(connection, user_id)

    def take_off(self, account_id: int, user_id: int) -> bool:
        """The same without any proof: the operator's, for who has lost all; whether there was something to take."""
        with self.store.write("user") as connection:
            user_row(connection, account_id, user_id)
            return _forget(connection, user_id)

    def use(self, user_id: int, code: str | None) -> None:
        """Take a code, or a recovery code, of a person who signs in: once. Raises NotAuthenticated."""
        if not code:
            message = "Type the code that your telephone shows, or a recovery code."
            raise NotAuthenticated(message, code="code_needed")
        with self.store.write("user") as connection:
            self._spend(connection, user_id, code)

    def _spend(self, connection: Connection, user_id: int, code: str) -> None:
        row, typed = _locked(connection, user_id), _bare(code)
        if row is None or row.confirmed_at is None:
            raise _wrong_code()
        if len(typed) == DIGITS:
            step = self._step_of(row, typed, self.clock.now())
            connection.execute(update(user_totp).where(user_totp.c.user_id == user_id).values(last_step=step))
            return
        one = (user_recovery_codes.c.user_id == user_id, user_recovery_codes.c.digest == digest_of(typed))
        if not connection.execute(delete(user_recovery_codes).where(*one)).rowcount:
            raise _wrong_code()

    def _step_of(self, row: AnyRow, code: str, at: datetime) -> int:
        """The step that a code is of; raises NotAuthenticated for one of no step near, and one that was used."""
        import pyotp
        from pyotp.exceptions import OTPVerificationError

        totp = pyotp.TOTP(self.vault().open(row.sealed), digits=DIGITS)
        try:
            step = totp.verify_and_get_timecode(_bare(code), for_time=at, valid_window=STEPS_OFF)
        except OTPVerificationError:
            raise _wrong_code() from None
        if row.last_step is not None and step <= row.last_step:
            raise NotAuthenticated("This code was used already; wait for the next one.", code="code_used")
        return step


def _locked(connection: Connection, user_id: int) -> AnyRow | None:
    return connection.execute(select(user_totp).where(user_totp.c.user_id == user_id).with_for_update()).first()


def _forget(connection: Connection, user_id: int) -> bool:
    connection.execute(delete(user_recovery_codes).where(user_recovery_codes.c.user_id == user_id))
    return connection.execute(delete(user_totp).where(user_totp.c.user_id == user_id)).rowcount == 1


def _new_recovery_code() -> str:
    """Eighty random bits, as people write them down."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _bare(code: str) -> str:
    """A code without the blanks and dashes that people type."""
    return "".join(letter for letter in code[:64].lower() if letter.isascii() and letter.isalnum())


def _not_now(row: AnyRow | None) -> Conflict:
    if row is None:
        return Conflict("Ask for a secret first.", code="totp_not_begun")
    return Conflict("Codes are asked for already; take that away first.", code="totp_on")


def _wrong_code() -> NotAuthenticated:
    return NotAuthenticated("This code is not right.", code="wrong_code")
