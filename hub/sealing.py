"""The key and the database: the canary that proves they belong together, and what is sealed in which column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, exists, select, table, update
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import ConfigError, Conflict, Fault, StoreUnavailable
from hub.store.bulk import insert_new
from hub.store.tables import key_canaries
from hub.vault import (
    KEY_FILE,
    Vault,
    WrongKey,
    create_key_file,
    fingerprint_of,
    new_key,
    read_key_file,
    read_keys,
    replace_key_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, TableClause

    from hub.clock import Clock
    from hub.registry import SealedColumn
    from hub.store.engine import Store

SETTING = "[hub] secret_key"
BATCH = 500
_CANARY = "canary"
_SONG = "This hub's secrets are sealed with this key."


@dataclass(frozen=True, slots=True)
class Canary:
    """What the database says of its key: a known text sealed with it, and the key's fingerprint."""

    sealed: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Keyring:
    """Where the key is: in the setting, where that has something, else in the file of the data folder."""

    data_dir: Path
    setting: str = ""

    @property
    def path(self) -> Path:
        """The key file."""
        return self.data_dir / KEY_FILE

    @property
    def where(self) -> str:
        """Where the key is, for people."""
        return SETTING if self.setting else str(self.path)

    def stamp(self) -> object:
        """Something that differs once the keys may have changed: a process that runs reads them again."""
        try:
            return None if self.setting else self.path.stat().st_mtime_ns
        except OSError:
            return None

    def keys(self) -> tuple[str, ...] | None:
        """The keys there are; None when there are none. Raises WrongKey for what is no key."""
        return read_keys(self.setting, SETTING) if self.setting else read_key_file(self.path)


def open_vault(store: Store, ring: Keyring, clock: Clock) -> Vault:
    """The vault of a database, its key made with the database's first start.

    Raises ConfigError, and changes nothing, when the database was sealed with a key that is not here.
    """
    with store.read() as connection:
        canary = _canary(connection)
    try:
        if canary is not None:
            return require_fit(ring, canary)
        keys = ring.keys() or create_key_file(ring.path, [new_key()])
    except WrongKey as error:
        raise refusal(ring, str(error)) from error
    vault = Vault(keys)
    with store.write("first_key") as connection:
        row = {"name": _CANARY, "sealed": vault.seal(_SONG), "fingerprint": vault.fingerprint, "made_at": clock.now()}
        if insert_new(connection, key_canaries, [row]):
            return vault
    return open_vault(store, ring, clock)  # another process was quicker: its key counts


def require_fit(ring: Keyring, canary: Canary) -> Vault:
    """The vault, if its key is the one that the canary was sealed with. Raises WrongKey with how to mend it."""
    keys = ring.keys()
    if keys is None:
        raise WrongKey(
            f"The secret key is missing: {ring.path} is not there, and the database was sealed with the key "
            f"{canary.fingerprint}. Put that file back from your backup, or set {SETTING}. Nothing was changed."
        )
    vault = Vault(keys)
    if not fits(vault, canary):
        raise WrongKey(
            f"The secret key is wrong: {ring.where} holds {vault.fingerprint}, and the database was sealed with "
            f"{canary.fingerprint}. Put that key back from your backup. Nothing was changed."
        )
    return vault


def fits(vault: Vault, canary: Canary) -> bool:
    """Whether one of the keys opens the canary."""
    try:
        return vault.open(canary.sealed) == _SONG
    except WrongKey:
        return False


def find_canary(store: Store) -> Canary | None:
    """The canary of a database; None where there is none yet, nor a table for it. Raises StoreUnavailable."""
    try:
        with store.read() as connection:
            return _canary(connection)
    except SQLAlchemyError:
        return None
    except StoreUnavailable as error:
        if "no such table" in str(error):  # SQLite has one word for this and for a database that is away
            return None
        raise


def refusal(ring: Keyring, sentence: str) -> ConfigError:
    """A key that does not fit is a mistake of the set-up: exit code 2."""
    return ConfigError([Fault(ring.where, "wrong_key", sentence)])


def seal_clear(store: Store, vault: Vault, sealed: Sequence[SealedColumn]) -> int:
    """Seal what still stands in clear, as an older hub wrote it; how many rows."""
    return sum(_until_done(store, vault, one, _seal_some) for one in sealed if _has_clear(store, one))


def rotate(store: Store, ring: Keyring, clock: Clock, sealed: Sequence[SealedColumn]) -> tuple[Vault, int]:
    """Seal everything with another key; the vault, and how many secrets were sealed again.

    In a key file a new key is put first; a setting must have it already. The old keys stay until `finish`: a process
    that has not read the new key yet goes on with the old one. A crash at any moment leaves keys that open
    everything, and doing it again goes on from there.
    """
    vault = open_vault(store, ring, clock)
    if not _is_begun(store, vault):
        if ring.setting:
            raise Conflict(f"{SETTING} must hold the new key in front of the old one; `hub secrets new-key` makes one.")
        vault = Vault((new_key(), *vault.keys))
        replace_key_file(ring.path, vault.keys)
    return vault, _reseal(store, vault, clock, sealed)


def finish(store: Store, ring: Keyring, clock: Clock, sealed: Sequence[SealedColumn]) -> tuple[Vault, int]:
    """Forget the old keys, once every process has read the new one; what was sealed with them is sealed again."""
    vault = open_vault(store, ring, clock)
    count = _reseal(store, vault, clock, sealed)
    if not ring.setting:
        vault = Vault(vault.keys[:1])
        replace_key_file(ring.path, vault.keys)
    return vault, count


def _reseal(store: Store, vault: Vault, clock: Clock, sealed: Sequence[SealedColumn]) -> int:
    count = sum(_until_done(store, vault, one, _reseal_all) for one in sealed)
    with store.write("reseal_canary") as connection:
        new = {"sealed": vault.seal(_SONG), "fingerprint": vault.fingerprint, "made_at": clock.now()}
        connection.execute(update(key_canaries).where(key_canaries.c.name == _CANARY).values(new))
    return count


def _is_begun(store: Store, vault: Vault) -> bool:
    """Whether a change of the key was begun and not ended: the first key is not the canary's."""
    canary = find_canary(store)
    return canary is not None and canary.fingerprint in map(fingerprint_of, vault.keys[1:])


def _has_clear(store: Store, one: SealedColumn) -> bool:
    if one.clear is None:
        return False
    home = _table(one)
    with store.read() as connection:
        return bool(connection.execute(select(exists().where(home.c[one.clear].is_not(None)))).scalar_one())


def _until_done(store: Store, vault: Vault, one: SealedColumn, some: Any) -> int:
    done = 0
    while count := some(store, vault, one):
        done += count
    return done


def _seal_some(store: Store, vault: Vault, one: SealedColumn) -> int:
    home, clear = _table(one), one.clear or ""  # those that have none do not come here
    with store.write("seal_clear") as connection:
        in_clear = select(home.c[one.key], home.c[clear]).where(home.c[clear].is_not(None)).limit(BATCH)
        rows = connection.execute(in_clear.with_for_update()).all()
        for key, text in rows:
            _put(connection, one, key, vault, text, {clear: None})
    return len(rows)


def _reseal_all(store: Store, vault: Vault, one: SealedColumn) -> int:
    """Go through a column once, some rows in each transaction: others must not wait for all of it."""
    done, keys = _reseal_some(store, vault, one, [])
    while keys:
        count, keys = _reseal_some(store, vault, one, keys)
        done += count
    return done


def _reseal_some(store: Store, vault: Vault, one: SealedColumn, before: Sequence[Any]) -> tuple[int, list[Any]]:
    """Those whose keyed hash is not the first key's, in the rows that come after `before`; how many, and which rows.

    The hash of one that is sealed anew is the first key's.
    """
    home, done = _table(one), 0
    with store.write("reseal") as connection:
        rows = connection.execute(_page(one, home, before)).all()
        for key, sealed, lookup in rows:
            text = vault.open(sealed)
            if lookup != vault.lookup(text):
                _put(connection, one, key, vault, text, {})
                done += 1
    return done, [row[0] for row in rows]


def _page(one: SealedColumn, home: TableClause, before: Sequence[Any]) -> Any:
    query = select(home.c[one.key], home.c[one.sealed], home.c[one.lookup]).where(home.c[one.sealed].is_not(None))
    if before:
        query = query.where(home.c[one.key] > before[-1])
    return query.order_by(home.c[one.key]).limit(BATCH).with_for_update()


def _put(
    connection: Connection, one: SealedColumn, key: object, vault: Vault, text: str, others: dict[str, None]
) -> None:
    home = _table(one)
    values = {one.sealed: vault.seal(text), one.lookup: vault.lookup(text), **others}
    connection.execute(update(home).where(home.c[one.key] == key).values(values))


def _table(one: SealedColumn) -> TableClause:
    return table(one.table, *(column(name) for name in (one.key, one.clear, one.sealed, one.lookup) if name))


def _canary(connection: Connection) -> Canary | None:
    query = select(key_canaries.c.sealed, key_canaries.c.fingerprint).where(key_canaries.c.name == _CANARY)
    row = connection.execute(query).first()
    return None if row is None else Canary(row.sealed, row.fingerprint)
