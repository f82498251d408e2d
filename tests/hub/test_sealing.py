"""A database and its key belong together, and no hub goes on with another one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, select

from hub import sealing
from hub.bootstrap import build
from hub.errors import ConfigError, Conflict
from hub.failpoints import FailpointReached, armed
from hub.registry import SealedColumn
from hub.sealing import Keyring
from hub.testing.clock import FakeClock
from hub.vault import Vault, new_key, read_key_file, replace_key_file

if TYPE_CHECKING:
    from pathlib import Path

    from hub.store.engine import Store
    from hub.testing.hub import TestHub

BOXES = Table(
    "boxes",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("clear", String(32)),
    Column("sealed", Text),
    Column("lookup", String(64)),
)
BOX = SealedColumn("boxes", "id", clear="clear", sealed="sealed", lookup="lookup")


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    """The key of a data folder."""
    return Keyring(tmp_path)


@pytest.fixture
def boxes(store: Store) -> Store:
    """A database in which an older hub has kept 1100 secrets in clear."""
    with store.write("test") as connection:
        BOXES.create(connection)
        connection.execute(BOXES.insert(), [{"id": number, "clear": f"secret-{number}"} for number in range(1100)])
    return store


def opened(store: Store, vault: Vault) -> list[str]:
    """Every secret, as the vault opens it."""
    with store.read() as connection:
        rows = connection.execute(select(BOXES.c.sealed).order_by(BOXES.c.id)).scalars().all()
    return [vault.open(row) for row in rows]


def found_by(store: Store, vault: Vault, text: str) -> list[int]:
    """Whose secret a text is."""
    with store.read() as connection:
        query = select(BOXES.c.id).where(BOXES.c.lookup.in_(vault.lookups(text)))
        return list(connection.execute(query).scalars())


SECRETS = [f"secret-{number}" for number in range(1100)]


def test_the_key_is_made_with_the_first_start_and_then_stays(store: Store, ring: Keyring) -> None:
    """The database knows its fingerprint."""
    first = sealing.open_vault(store, ring, FakeClock())
    canary = sealing.find_canary(store)
    assert canary is not None
    assert (canary.fingerprint, read_key_file(ring.path)) == (first.fingerprint, first.keys)
    assert sealing.open_vault(store, ring, FakeClock()).keys == first.keys


def test_a_missing_key_is_refused_and_none_is_made(store: Store, ring: Keyring) -> None:
    """The refusal names the file, the fingerprint and the mend (F32)."""
    vault = sealing.open_vault(store, ring, FakeClock())
    ring.path.unlink()
    with pytest.raises(ConfigError, match=f"{ring.path} is not there.*{vault.fingerprint}.*Put that file back"):
        sealing.open_vault(store, ring, FakeClock())
    assert not ring.path.exists()


def test_a_wrong_key_is_refused_and_left_as_it_is(store: Store, ring: Keyring) -> None:
    """Somebody may have put the wrong backup back (F32)."""
    sealing.open_vault(store, ring, FakeClock())
    other = new_key()
    replace_key_file(ring.path, [other])
    with pytest.raises(ConfigError, match="The secret key is wrong"):
        sealing.open_vault(store, ring, FakeClock())
    assert ring.path.read_text() == f"{other}\n"


def test_a_key_file_that_is_damaged_is_refused(store: Store, ring: Keyring) -> None:
    """It may be half a key (F32)."""
    sealing.open_vault(store, ring, FakeClock())
    ring.path.write_text("x")
    with pytest.raises(ConfigError, match="holds no usable key"):
        sealing.open_vault(store, ring, FakeClock())


def test_a_hub_with_a_wrong_key_touches_nothing(hub: TestHub) -> None:
    """Neither bringing the database up to date nor starting a process goes on (F32)."""
    fingerprint = hub.core.vault.fingerprint
    hub.core.keyring.path.unlink()
    for act in (hub.core.upgrade, hub.core.require_schema):
        with pytest.raises(ConfigError, match=fingerprint):
            act()
    assert not hub.core.keyring.path.exists()


def test_the_setting_counts_before_the_file(store: Store, ring: Keyring) -> None:
    """Several machines share it, and no file is made."""
    shared = Keyring(ring.data_dir, new_key())
    vault = sealing.open_vault(store, shared, FakeClock())
    assert (vault.keys, ring.path.exists()) == ((shared.setting,), False)
    with pytest.raises(ConfigError, match=r"\[hub\] secret_key"):
        sealing.open_vault(store, Keyring(ring.data_dir, new_key()), FakeClock())


def test_a_key_of_which_the_database_never_heard_is_used(store: Store, ring: Keyring) -> None:
    """A crash between the file and the commit leaves one, and it is good."""
    with armed("first_key.before_commit=raise"), pytest.raises(FailpointReached):
        sealing.open_vault(store, ring, FakeClock())
    kept = read_key_file(ring.path)
    assert sealing.open_vault(store, ring, FakeClock()).keys == kept


def test_what_stands_in_clear_is_sealed(boxes: Store, ring: Keyring) -> None:
    """All of it, once; it is found as before, and nothing in clear is left."""
    vault = sealing.open_vault(boxes, ring, FakeClock())
    assert [sealing.seal_clear(boxes, vault, [BOX]) for _ in range(2)] == [1100, 0]
    assert (opened(boxes, vault), found_by(boxes, vault, "secret-7")) == (SECRETS, [7])
    with boxes.read() as connection:
        assert connection.execute(select(BOXES.c.id).where(BOXES.c.clear.is_not(None))).all() == []


def test_a_changed_key_seals_everything_again(boxes: Store, ring: Keyring) -> None:
    """The old key stays until it is told to go, and then opens nothing any more."""
    old = sealing.open_vault(boxes, ring, FakeClock())
    sealing.seal_clear(boxes, old, [BOX])
    meanwhile, count = sealing.rotate(boxes, ring, FakeClock(), [BOX])
    assert (count, meanwhile.keys[1:]) == (1100, old.keys)
    new, _ = sealing.finish(boxes, ring, FakeClock(), [BOX])
    assert (new.keys, read_key_file(ring.path)) == (meanwhile.keys[:1], meanwhile.keys[:1])
    assert (opened(boxes, new), found_by(boxes, new, "secret-7")) == (SECRETS, [7])
    assert found_by(boxes, old, "secret-7") == []


def test_a_key_is_changed_in_steps(boxes: Store, ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others that write wait for some rows, not for all: a crash after the first step has sealed so many."""
    old = sealing.open_vault(boxes, ring, FakeClock())
    sealing.seal_clear(boxes, old, [BOX])
    monkeypatch.setattr(sealing, "BATCH", 400)
    with armed("reseal.after_commit=raise"), pytest.raises(FailpointReached):
        sealing.rotate(boxes, ring, FakeClock(), [BOX])
    _, left = sealing.rotate(boxes, ring, FakeClock(), [BOX])
    assert left == len(SECRETS) - 400


def test_what_an_old_process_sealed_meanwhile_is_not_lost(boxes: Store, ring: Keyring) -> None:
    """Finishing seals it again before the old key goes."""
    old = sealing.open_vault(boxes, ring, FakeClock())
    sealing.seal_clear(boxes, old, [BOX])
    sealing.rotate(boxes, ring, FakeClock(), [BOX])
    with boxes.write("test") as connection:
        late = {"id": 5000, "sealed": old.seal("late"), "lookup": old.lookup("late")}
        connection.execute(BOXES.insert(), [late])
    new, count = sealing.finish(boxes, ring, FakeClock(), [BOX])
    assert (count, opened(boxes, new)[-1], found_by(boxes, new, "late")) == (1, "late", [5000])


@pytest.mark.parametrize("point", ["reseal.before_commit", "reseal.after_commit", "reseal_canary.before_commit"])
def test_a_crash_while_the_key_changes_loses_nothing(boxes: Store, ring: Keyring, point: str) -> None:
    """The file holds both keys then, and doing it again ends it."""
    vault = sealing.open_vault(boxes, ring, FakeClock())
    sealing.seal_clear(boxes, vault, [BOX])
    with armed(f"{point}=raise"), pytest.raises(FailpointReached):
        sealing.rotate(boxes, ring, FakeClock(), [BOX])
    after = sealing.open_vault(boxes, ring, FakeClock())
    assert (opened(boxes, after), found_by(boxes, after, "secret-7")) == (SECRETS, [7])
    again, _ = sealing.rotate(boxes, ring, FakeClock(), [BOX])
    assert again.keys == after.keys


def test_a_setting_must_bring_the_new_key_itself(boxes: Store, ring: Keyring) -> None:
    """The hub cannot write it; with both in it, everything is sealed with the first."""
    old, new = new_key(), new_key()
    sealing.seal_clear(boxes, sealing.open_vault(boxes, Keyring(ring.data_dir, old), FakeClock()), [BOX])
    with pytest.raises(Conflict, match="in front of the old one"):
        sealing.rotate(boxes, Keyring(ring.data_dir, old), FakeClock(), [BOX])
    _, count = sealing.rotate(boxes, Keyring(ring.data_dir, f"{new} {old}"), FakeClock(), [BOX])
    assert (count, opened(boxes, Vault((new,)))) == (1100, SECRETS)


def test_a_running_hub_reads_a_key_that_was_changed(hub: TestHub) -> None:
    """Another process changed it: this one opens what was sealed since."""
    before = hub.core.vault
    other = build(None, environ={"HUB_HUB_DATA_DIR": str(hub.core.data_dir), "HUB_HUB_REDIS_URL": "none"})
    vault, _ = sealing.rotate(hub.core.store, other.keyring, hub.clock, [])
    other.close()
    assert before.fingerprint != vault.fingerprint == hub.core.vault.fingerprint


def test_a_database_that_was_copied_without_its_key_is_refused(hub: TestHub, tmp_path: Path) -> None:
    """Even in a data folder that has a key of its own (F32)."""
    hub.core.vault  # noqa: B018 - its key is made now
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(ConfigError, match="missing"):
        sealing.open_vault(hub.core.store, Keyring(elsewhere), hub.clock)
    shutil.copy(hub.core.keyring.path, elsewhere / "secret.key")
    assert sealing.open_vault(hub.core.store, Keyring(elsewhere), hub.clock).keys == hub.core.vault.keys
