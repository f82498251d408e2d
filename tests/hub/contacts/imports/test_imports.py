"""Files on their way to a list, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.contacts.imports import work as working
from hub.contacts.imports.model import Import, ImportState, Tally, Wishes
from hub.contacts.imports.service import Imports
from hub.contacts.imports.work import ImportWork
from hub.contacts.lists import Lists
from hub.contacts.model import NewContact, SuppressionKind
from hub.contacts.service import Suppressions
from hub.errors import Conflict, NotFound, RequestRefused
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

MB = 1024**2
FILE = (
    "mobile;prenom;ville\n"
    "06 12 34 56 71;Nina;Lyon\n"  # rewritten
    "+33612345672;Omar;\n"  # as it should be
    "0612345671;Nina bis;\n"  # further up
    "01 42 68 53 00;Accueil;\n"
    "3,36123E+10;Excel;\n"
    "bonjour;;\n"
    "0612345673;Zoé;Nice\n"  # said stop
    "0612345674;Connue;Lille\n"  # on the list
).encode()


class Desk:
    """An account with a list, and a background worker."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FakeClock()
        self.account = Accounts(store, self.clock).create("Salon", "FR")[0].id
        self.lists = Lists(store, self.clock)
        self.list = self.lists.create(self.account, "Clients").id
        self.rung = 0
        self.imports = Imports(store, self.clock, self.ring)
        self.work = self.worker()

    def ring(self) -> None:
        """Hear the bell."""
        self.rung += 1

    def worker(self, most: int = 1000) -> ImportWork:
        """A background worker."""
        return ImportWork(self.store, self.clock, most, lambda _: "FR")

    def upload(self, data: bytes = FILE, size: int = 7) -> Import:
        """Upload a file in small pieces."""
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        return self.imports.upload(self.account, self.list, "clients.csv", pieces, MB)

    def read(self, data: bytes = FILE) -> Import:
        """Upload a file, and let it be read."""
        made = self.upload(data)
        self.work.work_next()
        return self.get(made)

    def get(self, one: Import) -> Import:
        """How far it is."""
        return self.imports.get(self.account, one.id)

    def store_all(self, one: Import) -> Import:
        """Start it, and let it be stored."""
        self.imports.start(self.account, one.id)
        while self.work.work_next():
            pass
        return self.get(one)

    def people(self) -> dict[str, str | None]:
        """Who is on the list, and their `prenom`."""
        return {one.number: one.fields.get("prenom") for one in self.lists.contacts(self.account, self.list)}


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where chunks are small."""
    monkeypatch.setattr(working, "CHUNK", 3)
    return Desk(store)


def test_nothing_is_stored_before_somebody_has_looked(desk: Desk) -> None:
    """What is there is counted by its kind."""
    desk.lists.put(desk.account, desk.list, [NewContact("+33612345674")])
    Suppressions(desk.store, desk.clock).add(desk.account, "+33612345673", SuppressionKind.OPT_OUT, source="test")
    one = desk.read()
    counted = Tally(
        lines=8, new=3, known=1, duplicate=1, landline=1, lossy=1, invalid=1, rewritten=3, opted_out=1, unallocated=0
    )
    assert (one.state, one.tally, len(desk.people())) == (ImportState.READY, counted, 1)


def test_the_first_lines_of_each_kind_are_shown(desk: Desk) -> None:
    """With their place in the file, what was given, and why."""
    samples = desk.read().samples
    (lossy,), (duplicate,) = samples["lossy"], samples["duplicate"]
    assert (lossy.line, lossy.given, lossy.reason) == (6, "3,36123E+10", "excel_lossy")
    assert (duplicate.line, duplicate.number) == (4, "+33612345671")
    assert samples["rewritten"][0].known == {"prenom": "Nina", "ville": "Lyon"}


def test_what_was_found_is_stored_chunk_by_chunk(desk: Desk) -> None:
    """The first of a number counts; the list's size is exact."""
    one = desk.store_all(desk.read())
    assert (one.state, one.stored, one.added, one.updated) == (ImportState.DONE, 4, 4, 0)
    assert desk.people() == {
        "+33612345671": "Nina",
        "+33612345672": "Omar",
        "+33612345673": "Zoé",
        "+33612345674": "Connue",
    }
    assert desk.lists.get(desk.account, desk.list).size == 4


def test_the_same_file_again_doubles_nobody(desk: Desk) -> None:
    """It updates."""
    desk.store_all(desk.read())
    again = desk.store_all(desk.read(FILE.replace(b"Omar", b"Omer")))
    assert (again.added, again.updated, desk.people()["+33612345672"]) == (0, 4, "Omer")


def test_starting_twice_stores_once(desk: Desk) -> None:
    """And after the end it changes nothing."""
    one = desk.read()
    desk.imports.start(desk.account, one.id)
    done = desk.store_all(one)
    assert (desk.imports.start(desk.account, one.id).state, done.added) == (ImportState.DONE, 4)


def test_workers_at_once_store_each_chunk_once(desk: Desk) -> None:
    """Four of them."""
    data = b"".join(b"06123%05d;x\n" % number for number in range(200))
    one = desk.read(data)
    desk.imports.start(desk.account, one.id)

    def work_off(worker: ImportWork) -> None:
        while worker.work_next():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_off, [desk.worker() for _ in range(4)]))
    done = desk.get(one)
    assert (done.state, done.stored, done.added) == (ImportState.DONE, 200, 200)
    assert desk.lists.get(desk.account, desk.list).size == 200


def test_a_worker_that_dies_at_reading_is_followed_by_another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its lease; what it had begun is read anew."""
    one = desk.upload()
    keep = working._Attempt._keep

    def die(self: working._Attempt, place: int, *rest: object) -> None:
        if place == 1:
            raise KeyboardInterrupt
        keep(self, place, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(working._Attempt, "_keep", die)
    with pytest.raises(KeyboardInterrupt):
        desk.work.work_next()
    monkeypatch.setattr(working._Attempt, "_keep", keep)
    at_once = desk.worker().work_next()
    desk.clock.advance(seconds=121)
    assert (at_once, desk.worker().work_next()) == (False, True)
    assert desk.store_all(desk.get(one)).added == 4


def test_who_changes_their_mind_while_it_is_read_has_the_last_word(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the worker found meanwhile is not kept."""
    one = desk.upload()
    keep = working._Attempt._keep

    def meanwhile(self: working._Attempt, place: int, *rest: object) -> None:
        if place == 1:
            desk.imports.cancel(desk.account, one.id)
        keep(self, place, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(working._Attempt, "_keep", meanwhile)
    desk.work.work_next()
    assert (desk.get(one).state, desk.get(one).tally) == (ImportState.CANCELLED, None)


def test_a_file_can_be_read_in_another_way(desk: Desk) -> None:
    """As often as it takes, until it is started."""
    one = desk.read(b"Nina,0612345671\nOmar,0612345672\n")
    assert one.tally is not None
    desk.imports.read_as(desk.account, one.id, Wishes(number_column=1, columns=("prenom", None)))
    desk.work.work_next()
    again = desk.get(one)
    assert again.tally is not None
    assert (one.tally.invalid, again.tally.new) == (1, 2)
    assert desk.store_all(again).added == 2
    assert desk.people() == {"+33612345671": "Nina", "+33612345672": "Omar"}


def test_a_file_that_cannot_be_read_says_why(desk: Desk) -> None:
    """And nothing of it is stored."""
    one = desk.read(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    assert (one.state, one.fault) == (ImportState.FAILED, "not_text")
    assert one.detail is not None
    with pytest.raises(Conflict):
        desk.imports.start(desk.account, one.id)


def test_a_file_of_too_many_lines_is_refused(desk: Desk) -> None:
    """They are counted while it is read."""
    one = desk.upload(b"0612345678\n" * 11)
    desk.worker(most=10).work_next()
    assert desk.get(one).fault == "too_many_lines"


def test_a_file_that_is_too_large_is_refused_on_its_way_in(desk: Desk) -> None:
    """One that is empty, too."""
    with pytest.raises(RequestRefused, match="at most 1 MB"):
        desk.imports.upload(desk.account, desk.list, "x", [b"x" * MB, b"x"], MB)
    with pytest.raises(RequestRefused, match="empty"):
        desk.imports.upload(desk.account, desk.list, "x", [], MB)


def test_the_report_has_a_line_for_each_that_was_left_out(desk: Desk) -> None:
    """Across all chunks, in the order of the file."""
    Suppressions(desk.store, desk.clock).add(desk.account, "+33612345673", SuppressionKind.OPT_OUT, source="test")
    one = desk.store_all(desk.read())
    lines = [(line.line, line.reason) for line in desk.imports.report(desk.account, one.id)]
    assert lines == [(4, "duplicate"), (5, "landline"), (6, "excel_lossy"), (7, "unparsable"), (8, "opt_out")]


def test_a_list_that_is_deleted_meanwhile_is_not_filled(desk: Desk) -> None:
    """The import says so."""
    one = desk.read()
    desk.lists.delete(desk.account, desk.list)
    assert desk.store_all(one).fault == "list_deleted"


def test_a_cancelled_import_stores_nothing_more(desk: Desk) -> None:
    """What is there stays."""
    one = desk.read()
    desk.imports.start(desk.account, one.id)
    desk.work.work_next()
    desk.imports.cancel(desk.account, one.id)
    assert (desk.work.work_next(), len(desk.people())) == (False, 3)


def test_files_are_dropped_when_they_are_over(desk: Desk) -> None:
    """And imports after a month, with their reports."""
    one = desk.store_all(desk.read())
    early = desk.imports.forget()
    desk.clock.advance(seconds=timedelta(days=31).total_seconds())
    assert (early, desk.imports.forget()) == (0, 1)
    with pytest.raises(NotFound):
        desk.get(one)


def test_nobody_sees_anothers_import(desk: Desk) -> None:
    """Nor starts it."""
    one = desk.read()
    stranger = Accounts(desk.store, desk.clock).create("Boutique", "FR")[0].id
    for act in (desk.imports.get, desk.imports.start, desk.imports.cancel, desk.imports.report):
        with pytest.raises(NotFound):
            act(stranger, one.id)
    with pytest.raises(NotFound):
        desk.imports.upload(stranger, desk.list, "x", [b"0612345678"], MB)
