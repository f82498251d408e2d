"""Who may send: secret addresses, sealed and renewable at once when they leak, and trusted From addresses."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hub import Conflict, NotFound, RequestRefused
from hub.plugin_kit import insert_new
from hub_mail_to_sms.settings import settings_of
from hub_mail_to_sms.tables import mail_addresses as addresses
from hub_mail_to_sms.tables import mail_senders as senders

if TYPE_CHECKING:
    from hub import Hub

ANYBODY = "sms"
"""The local part for those who sign in or are verified: it is no secret."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""No 0, O, 1 or l: people copy addresses by hand."""
_LENGTH = 20

_ADDRESS = re.compile(r"[^\s\"<>@,;:()\[\]\\]+@[^\s\"<>@,;:()\[\]\\]+")
_LONGEST_ADDRESS = 254
"""RFC 5321, section 4.5.3.1.3 (erratum 1690 of RFC 3696)."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of accounts."""

    hub: Hub

    def address_of(self, account_id: int) -> str:
        """An account's secret address; made now when it has none yet."""
        found = self._local_part(account_id)
        if found is None:
            row = self._row(account_id, _new_secret())  # before the transaction: the vault's first use writes, too
            with self.hub.write() as connection:
                insert_new(connection, addresses, [row])
            found = self._local_part(account_id)
        return f"{found}@{self._domain}"

    def renew(self, account_id: int) -> str:
        """Give an account a new secret address; the old one is worth nothing from now on."""
        secret = _new_secret()
        row = self._row(account_id, secret)
        with self.hub.write() as connection:
            if insert_new(connection, addresses, [row]) == 0:
                connection.execute(update(addresses).where(addresses.c.account_id == account_id).values(row))
        return f"{secret}@{self._domain}"

    def account_of(self, local_part: str) -> int | None:
        """The account whose secret this is; None when it is nobody's."""
        hashes = self.hub.vault.lookups(local_part.lower())
        with self.hub.read() as connection:
            query = select(addresses.c.account_id).where(addresses.c.lookup.in_(hashes))
            return connection.execute(query).scalar_one_or_none()

    def allow(self, account_id: int, address: str) -> None:
        """Trust mail from that address, once it is verified.

        Raises RequestRefused when it is no address, Conflict when another account trusts it already.
        """
        address = _checked(address)
        row = {"address": address, "account_id": account_id, "created_at": self.hub.clock.now()}
        with self.hub.write() as connection:
            if insert_new(connection, senders, [row]) == 1:
                return
            owner = connection.execute(select(senders.c.account_id).where(senders.c.address == address)).scalar_one()
        if owner != account_id:
            raise Conflict(f"{address} may send for another account already.", code="address_taken")

    def disallow(self, account_id: int, address: str) -> None:
        """Trust that address no longer. Raises NotFound when the account does not trust it."""
        mine = (senders.c.account_id == account_id) & (senders.c.address == address.strip().lower())
        with self.hub.write() as connection:
            if connection.execute(delete(senders).where(mine)).rowcount == 0:
                raise NotFound(f"{address} was not trusted.")

    def allowed(self, account_id: int) -> tuple[str, ...]:
        """The From addresses that an account trusts."""
        query = select(senders.c.address).where(senders.c.account_id == account_id).order_by(senders.c.address)
        with self.hub.read() as connection:
            return tuple(connection.execute(query).scalars())

    def sender_account(self, address: str) -> int | None:
        """The account that trusts this From address."""
        with self.hub.read() as connection:
            query = select(senders.c.account_id).where(senders.c.address == address.lower())
            return connection.execute(query).scalar_one_or_none()

    @property
    def _domain(self) -> str:
        return settings_of(self.hub).domain

    def _local_part(self, account_id: int) -> str | None:
        with self.hub.read() as connection:
            query = select(addresses.c.sealed).where(addresses.c.account_id == account_id)
            sealed = connection.execute(query).scalar_one_or_none()
        return self.hub.vault.open(sealed) if sealed else None

    def _row(self, account_id: int, secret: str) -> dict[str, object]:
        vault = self.hub.vault
        return {
            "account_id": account_id,
            "local_part": None,
            "sealed": vault.seal(secret),
            "lookup": vault.lookup(secret),
            "created_at": self.hub.clock.now(),
        }


def _new_secret() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _checked(address: str) -> str:
    address = address.strip().lower()
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise RequestRefused.because("SENDER", "not_an_address", f"{address!r} is not an e-mail address.")
    return address
