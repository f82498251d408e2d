"""A backup comes back whole, and nothing is sent a second time out of it (F33)."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.making import make_backup
from hub.backup.manifest import BadBackup, describe, write_manifest
from hub.backup.restoring import restore_backup
from hub.compliance.model import Purpose
from hub.errors import Conflict, HubError
from hub.failpoints import FailpointReached, armed
from hub.messages.model import CampaignRequest, DeliveryReceipt, MessageState, ReceiptState, Recipient
from hub.messages.tables import messages
from hub.processes.heartbeat import Heart
from hub.switches import Cause, Way
from hub.testing.connector import carrier_id_of
from hub.testing.hub import make_hub
from hub.vault import WrongKey, new_key, replace_key_file
from tests.hub.backup.looking import differences_in, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.backup.conftest import Elsewhere

MANY = [f"+336123{number:05}" for number in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backup is."""
    return tmp_path / "backup"


def test_everything_comes_back_with_sending_paused(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Rows, credits, accounts and their tokens; the switch says why."""
    campaign = hub.send(*MANY).campaign_id
    manifest = make_backup(hub.core, folder)
    other = elsewhere()
    done = restore_backup(other.core, folder)
    assert (done.manifest, done.audit, done.review.waiting) == (manifest, (), len(MANY))
    assert other.core.authenticate(hub.token).name == "Salon Exemple"
    assert rows_of(other.core) == {(campaign, place): "pending" for place in range(len(MANY))}
    assert [(one.way, one.cause) for one in other.core.switches.all()] == [(Way.OUT, Cause.RESTORED)]


def test_nothing_is_sent_before_somebody_decides(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Every message had left after the backup; plain resuming is refused."""
    hub.send(*MANY)
    make_backup(hub.core, folder)
    hub.drain()
    other = elsewhere()
    restore_backup(other.core, folder)
    assert other.drain() == 0
    with pytest.raises(Conflict, match="--drop-restored"):
        other.core.switches.resume([Way.OUT])
    assert (other.drain(), other.carrier.taken) == (0, [])


def test_what_is_dropped_is_never_sent(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """It is unknown, for it may have left, and new messages are sent once more."""
    campaign = hub.send(*MANY).campaign_id
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    new = other.core.accept(_request(hub, "+33612999999"))
    dropped = other.core.restored.drop()
    other.core.switches.resume([Way.OUT])
    other.drain()
    states = rows_of(other.core)
    assert (dropped, {states[campaign, place] for place in range(len(MANY))}) == (len(MANY), {MessageState.UNKNOWN})
    assert [one.id for one in other.carrier.taken] == [f"{new.campaign_id}-0"]
    assert differences_in(other.core) == []


def test_a_late_receipt_still_settles_what_was_dropped(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """The carrier echoes our reference: the text had left after the backup, and is charged once."""
    campaign = hub.send().campaign_id
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    other.core.restored.drop()
    name = f"{campaign}-0"
    receipt = DeliveryReceipt(carrier_id_of(name), ReceiptState.DELIVERED, client_ref=name)
    other.core.settler.receipts("carrier", [receipt])
    assert rows_of(other.core) == {(campaign, 0): "delivered"}
    assert differences_in(other.core) == []


def test_what_was_due_later_cannot_have_left_and_is_cancelled(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Its credits come back at once."""
    hub.send(send_at=hub.clock.now() + timedelta(days=2))
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    other.core.restored.drop()
    assert set(rows_of(other.core).values()) == {MessageState.CANCELLED}
    assert (differences_in(other.core), other.core.accounts.balance(hub.account.id).reserved) == ([], 0)


def test_what_is_resent_leaves_once_each(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Who knows that nothing had left says so."""
    hub.send(*MANY)
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    other.core.restored.resend()
    other.core.switches.resume([Way.OUT])
    other.drain()
    assert Counter(one.to for one in other.carrier.taken) == Counter(MANY)
    assert differences_in(other.core) == []


@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
def test_what_was_on_the_wire_is_unknown_and_never_sent_again(
    make: HubMaker, elsewhere: Elsewhere, folder: Path, on_unknown: str
) -> None:
    """Whatever the route says of a crash: this was none. What was only claimed waits like the rest."""
    hub = make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": on_unknown})
    campaign = hub.send(*MANY[:3]).campaign_id
    with hub.core.store.write("test") as connection:
        for place, state in enumerate((MessageState.SUBMITTING, MessageState.CLAIMED)):
            held = {"state": state, "owner": "x", "lease_until": hub.clock.now(), "connector": "carrier"}
            connection.execute(update(messages).where(messages.c.position == place).values(held))
    make_backup(hub.core, folder)
    other = elsewhere()
    done = restore_backup(other.core, folder)
    other.clock.advance(timedelta(hours=1))
    other.core.sweeper.recover_leases()
    assert (done.review.in_doubt, done.review.waiting) == (1, 2)
    assert [rows_of(other.core)[campaign, place] for place in range(3)] == ["unknown", "pending", "pending"]


def test_a_list_that_was_not_expanded_is_reviewed_too(make: HubMaker, elsewhere: Elsewhere, folder: Path) -> None:
    """It may have been expanded and sent since; dropped, nobody on it is texted."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "8"})
    hub.send(*MANY)
    hub.core.expander.expand_next()
    make_backup(hub.core, folder)
    other = elsewhere()
    done = restore_backup(other.core, folder)
    assert (done.review.waiting, done.review.lists) == (8, 2)
    other.core.expander.expand_next()
    assert other.core.restored.drop() == 16
    assert not other.core.expander.expand_next()
    other.core.switches.resume([Way.OUT])
    assert (other.drain(), differences_in(other.core)) == (0, [])


def test_a_backup_is_not_put_over_a_database_in_use(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Unless that is said; then a file that stood there is kept beside it."""
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    other.core.accounts.create("Second", "FR")
    with pytest.raises(HubError, match="--overwrite"):
        restore_backup(other.core, folder)
    assert len(other.core.accounts.all()) == 2
    done = restore_backup(other.core, folder, overwrite=True)
    assert len(other.core.accounts.all()) == 1
    assert (done.kept is not None and done.kept.exists()) is other.core.store.is_sqlite


def test_a_database_without_accounts_may_be_replaced(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """A hub that was only just set up."""
    make_backup(hub.core, folder)
    other = elsewhere(with_key_of=hub)
    other.core.upgrade()
    restore_backup(other.core, folder)
    assert [account.name for account, _ in other.core.accounts.all()] == ["Salon Exemple"]


def test_what_is_half_restored_waits_for_the_same_command(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Nothing leaves in between, whatever is said; on SQLite there is nothing yet (F33)."""
    hub.send(*MANY)
    make_backup(hub.core, folder)
    other = elsewhere()
    with armed("restore.before_commit=raise"), pytest.raises(FailpointReached):
        restore_backup(other.core, folder)
    if not other.core.store.is_sqlite:
        for decide in (other.core.restored.drop, other.core.restored.resend, lambda: _resume_out(other)):
            with pytest.raises(Conflict, match="run it again"):
                decide()
        assert other.drain() == 0
    assert restore_backup(other.core, folder).review.waiting == len(MANY)
    other.core.restored.drop()
    _resume_out(other)
    assert (other.drain(), differences_in(other.core)) == (0, [])


def test_each_database_that_was_replaced_is_kept(hub: TestHub, folder: Path) -> None:
    """Two within the same second, too; on PostgreSQL there is no file to keep."""
    make_backup(hub.core, folder)
    kept = [restore_backup(hub.core, folder, overwrite=True).kept for _ in range(2)]
    if not hub.core.store.is_sqlite:
        assert kept == [None, None]
        return
    assert [one is not None and one.is_file() for one in kept] == [True, True]
    assert kept[0] != kept[1]


def test_a_restore_that_was_killed_leaves_no_copy_behind(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """The next one clears up."""
    make_backup(hub.core, folder)
    other = elsewhere()
    stray = other.core.data_dir / ".hub.db.restoring.killed"
    stray.mkdir()
    (stray / "hub.db").write_bytes(b"all of it")
    restore_backup(other.core, folder)
    left = sorted(path.name for path in other.core.data_dir.glob(".hub.db.restoring.*"))
    assert left == ([] if other.core.store.is_sqlite else [stray.name])


def test_a_key_is_not_left_behind_by_a_restore_that_failed(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """It would be taken for the key of the next database (F32)."""
    hub.core.vault  # noqa: B018 - its key is made
    manifest = make_backup(hub.core, folder, with_key=True)
    database = folder / manifest.database_file
    database.write_bytes(b"no database")
    write_manifest(folder, replace(manifest, files={**manifest.files, database.name: describe(database)}))
    other = elsewhere()
    with pytest.raises((HubError, SQLAlchemyError)):
        restore_backup(other.core, folder)
    assert not other.core.keyring.path.exists()


def test_a_damaged_backup_changes_nothing(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """It is looked through before."""
    manifest = make_backup(hub.core, folder)
    path = folder / manifest.database_file
    path.write_bytes(path.read_bytes()[:-1])
    other = elsewhere()
    with pytest.raises(BadBackup, match="checksum"):
        restore_backup(other.core, folder)
    other.core.upgrade()
    assert other.core.accounts.all() == ()


def test_a_backup_of_another_kind_of_database_is_refused(hub: TestHub, folder: Path, tmp_path: Path) -> None:
    """With the setting that decides it."""
    make_backup(hub.core, folder)
    url = "postgresql+psycopg://nobody@127.0.0.1:1/x" if hub.core.store.is_sqlite else f"sqlite:///{tmp_path / 'x.db'}"
    other = make_hub(tmp_path / "other", url, empty=True)
    with pytest.raises(BadBackup, match=r"\[hub\] database_url"):
        restore_backup(other.core, folder)
    other.core.close()


def test_a_hub_that_runs_is_not_restored(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Its processes are named."""
    make_backup(hub.core, folder)
    other = elsewhere()
    heart = Heart(other.core.data_dir, "worker-dispatch", other.core.clock)
    heart.start()
    with pytest.raises(HubError, match="worker-dispatch"):
        restore_backup(other.core, folder)
    heart.stop()


def test_the_key_must_be_there_before_anything_is_done(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """It is named by its fingerprint; with another one in its place nothing is done either (F32)."""
    fingerprint = hub.core.vault.fingerprint
    make_backup(hub.core, folder)
    other = elsewhere()
    with pytest.raises(WrongKey, match=f"{fingerprint} is needed"):
        restore_backup(other.core, folder)
    wrong = new_key()
    replace_key_file(other.core.keyring.path, [wrong])
    with pytest.raises(WrongKey, match="holds another key"):
        restore_backup(other.core, folder)
    assert other.core.keyring.path.read_text() == f"{wrong}\n"


def test_a_backup_that_brings_its_key_needs_none(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """The hub opens its secrets afterwards."""
    sealed = hub.core.vault.seal("secret")
    make_backup(hub.core, folder, with_key=True)
    other = elsewhere()
    restore_backup(other.core, folder)
    assert other.core.vault.open(sealed) == "secret"
    assert other.core.keyring.path.stat().st_mode & 0o777 == 0o600


def test_a_backup_made_under_load_keeps_every_promise(hub: TestHub, elsewhere: Elsewhere, folder: Path) -> None:
    """Threads accept, send and settle all along; the copy is one moment of it, and credits add up in it."""
    hub.core.vault  # noqa: B018 - its key is made before the load begins
    hub.core.accounts.add_credits(hub.account.id, 1_000_000)
    stop = threading.Event()
    accepted: list[str] = []
    work = [
        threading.Thread(target=_repeat, args=(stop, lambda: accepted.append(hub.send(*MANY).campaign_id))),
        threading.Thread(target=_repeat, args=(stop, hub.drain)),
        threading.Thread(target=_repeat, args=(stop, lambda: _report(hub))),
    ]
    for thread in work:
        thread.start()
    manifests = [make_backup(hub.core, folder.with_name(f"backup-{place}")) for place in range(3)]
    known = set(accepted)
    stop.set()
    for thread in work:
        thread.join(60)
    counts = [manifest.counts["messages"] for manifest in manifests]
    other = elsewhere(with_key_of=hub)
    done = restore_backup(other.core, folder.with_name("backup-2"))
    sent = {one.id for one in hub.carrier.taken}
    states = {f"{campaign}-{place}": state for (campaign, place), state in rows_of(other.core).items()}
    assert (counts == sorted(counts), len(states)) == (True, counts[-1])
    assert {name.partition("-")[0] for name in states} <= known | set(accepted)
    assert [name for name, state in states.items() if state in {"submitted", "delivered"} and name not in sent] == []
    assert (done.audit, differences_in(other.core), differences_in(hub.core)) == ((), [], [])
    other.core.restored.drop()
    other.core.switches.resume([Way.OUT])
    assert (other.drain(), differences_in(other.core)) == (0, [])


def _resume_out(hub: TestHub) -> None:
    hub.core.switches.resume([Way.OUT])


def _repeat(stop: threading.Event, act: object) -> None:
    assert callable(act)
    while not stop.is_set():
        act()
        stop.wait(0.01)


def _report(hub: TestHub) -> None:
    for message in list(hub.carrier.taken)[-5:]:
        hub.carrier.report(message.id)


def _request(hub: TestHub, number: str) -> CampaignRequest:
    return CampaignRequest(hub.account.id, "Bonjour", (Recipient(number),), Purpose.ALERT)
