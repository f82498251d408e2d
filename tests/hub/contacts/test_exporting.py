"""Lists as files, on both databases: what is exported and imported again is the same list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.accounts.service import Accounts
from hub.contacts import exporting
from hub.contacts.exporting import MOST_NAMES, export_list
from hub.contacts.imports.model import ImportState
from hub.contacts.imports.service import Imports
from hub.contacts.imports.work import ImportWork
from hub.contacts.lists import LONGEST_FIELD, LONGEST_FIELD_NAME, MOST_FIELDS, Lists
from hub.contacts.model import INFOS, Contact, NewContact
from hub.errors import Conflict, NotFound
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

MB = 1024**2
NINA, OMAR = "+33612345671", "+33612345672"
NASTY = st.text(st.sampled_from("'=+-@\t\r\n;,|\"aé1 \xa0\x85\u2028"), max_size=8)
VALUE = NASTY | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAME = st.text(max_size=10).filter(lambda name: bool(name.strip()) and name.isprintable() and name.strip() not in INFOS)
NUMBER = st.integers(612_000_000, 612_000_050).map("+33{}".format)
PEOPLE = st.lists(
    st.builds(NewContact, NUMBER, *[st.none() | VALUE] * 4, st.none() | st.dictionaries(NAME, VALUE, max_size=4)),
    min_size=1,
    max_size=6,
)


class Desk:
    """An account, its lists, and its imports."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FakeClock()
        self.account = Accounts(store, self.clock).create("Salon", "FR")[0].id
        self.lists = Lists(store, self.clock)
        self.imports = Imports(store, self.clock, lambda: None)
        self.work = ImportWork(store, self.clock, 1000, lambda _: "FR")
        self.made = 0

    def list_of(self, *people: NewContact) -> int:
        """A list with these people."""
        self.made += 1
        made = self.lists.create(self.account, f"Liste {self.made}").id
        if people:
            self.lists.put(self.account, made, people)
        return made

    def exported(self, list_id: int) -> bytes:
        """A list as a file."""
        return b"".join(export_list(self.store, self.account, list_id))

    def imported(self, data: bytes) -> int:
        """A list with what stands in a file."""
        made = self.list_of()
        one = self.imports.upload(self.account, made, "clients.csv", [data], MB)
        self.work.work_next()
        self.imports.start(self.account, one.id)
        while self.work.work_next():
            pass
        assert self.imports.get(self.account, one.id).state is ImportState.DONE
        return made

    def people(self, list_id: int) -> list[tuple[str, dict[str, str]]]:
        """Who is on a list, and what is known of them."""
        return [(one.number, known(one)) for one in self.lists.contacts(self.account, list_id)]


def known(one: Contact) -> dict[str, str]:
    """All that fills the fields of a text."""
    return dict(one.merge_fields)


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk."""
    return Desk(store)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE)
@example([NewContact(NINA, "=1+1", "'=1", "+33612345678", " @x ", {"=f": "a\r\nb", "number": "x", "a,b|c": "1,2|3"})])
@example([NewContact(NINA, "a,b,c,d,e,f"), NewContact(OMAR, "a,b,c,d,e,f")])
@example([NewContact(NINA, fields={"a  b": "1", "a b": "2"})])
@example([NewContact(NINA, "\x01\x02\x03\x04\x05")])
def test_what_is_exported_and_imported_again_is_the_same_list(desk: Desk, people: list[NewContact]) -> None:
    """Through separators, quotes, formulas and ends of lines, with every named field."""
    first = desk.list_of(*people)
    again = desk.imported(desk.exported(first))
    assert desk.people(again) == desk.people(first)


def test_the_longest_contact_comes_back_as_it_was(desk: Desk) -> None:
    """All fields there can be, of quotes alone."""
    longest = '"' * LONGEST_FIELD
    names = [f"{place:0>{LONGEST_FIELD_NAME}}" for place in range(MOST_FIELDS)]
    first = desk.list_of(NewContact(NINA, longest, longest, longest, longest, dict.fromkeys(names, longest)))
    assert desk.people(desk.imported(desk.exported(first))) == desk.people(first)


def test_a_list_is_read_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody once, in the order of their numbers; the list is not read further than the file is written."""
    monkeypatch.setattr(exporting, "PAGE", 3)
    numbers = [f"+3361234567{place}" for place in range(7)]
    some = desk.list_of(*map(NewContact, numbers))
    lines = desk.exported(some).decode("utf-8-sig").split("\r\n")
    assert lines == ["number;info1;info2;info3;info4", *(f"{number};;;;" for number in numbers), ""]


def test_a_list_with_nobody_is_a_header(desk: Desk) -> None:
    """As a file."""
    assert desk.exported(desk.list_of()) == b"\xef\xbb\xbfnumber;info1;info2;info3;info4\r\n"


def test_more_fields_than_a_file_has_columns_are_refused(desk: Desk) -> None:
    """Before anything of it is written."""
    people = [
        NewContact(f"+336123456{place:02}", fields={f"champ {place * 40 + one}": "x" for one in range(40)})
        for place in range(MOST_NAMES // 40 + 1)
    ]
    with pytest.raises(Conflict, match="different fields"):
        export_list(desk.store, desk.account, desk.list_of(*people))


def test_a_list_of_another_account_is_not_there(desk: Desk) -> None:
    """Before anything of it is written."""
    with pytest.raises(NotFound):
        export_list(desk.store, desk.account + 1, desk.list_of(NewContact(NINA)))
