"""`hub npai`: what is proposed, and what is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from hub.contacts.tables import unallocated_numbers
from hub.store.engine import Store, sqlite_url
from hub.testing.clock import A_TUESDAY_MORNING as NOW

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

A, B, C = "+33612345601", "+33612345602", "+33612345603"


@pytest.fixture
def warned(shop: CommandLine) -> CommandLine:
    """A shop that two campaigns told of two numbers, and one of a third."""
    store = Store(sqlite_url(shop.folder / "data"))
    with store.write("test") as connection:
        for number, count in ((A, 2), (B, 3), (C, 1)):
            row = {"account_id": 1, "number": number, "campaigns": count, "first_at": NOW, "last_at": NOW}
            connection.execute(insert(unallocated_numbers).values(row))
    store.close()
    return shop


def test_what_is_proposed_is_listed(warned: CommandLine) -> None:
    """With how many campaigns in a row said so."""
    found = warned.json("npai", "list")["items"]
    assert [(one["number"], one["campaigns"]) for one in found] == [(A, 2), (B, 3)]


def test_a_person_reads_a_table(warned: CommandLine) -> None:
    """A line for each number."""
    said = warned("npai", "list").stdout
    assert all(word in said for word in ("Proposed for Salon Exemple", A, B, "2026-11-24"))
    assert C not in said


def test_all_are_added_at_once(warned: CommandLine) -> None:
    """And stand among the suppressions."""
    assert warned("npai", "add", "--all").stdout == "2 number(s) added: they are not texted any more.\n"
    listed = warned.json("suppression", "list")
    assert {(one["number"], one["kind"], one["source"]) for one in listed} == {
        (A, "unallocated", "npai"),
        (B, "unallocated", "npai"),
    }


def test_those_that_are_named_are_added(warned: CommandLine) -> None:
    """What is not proposed is left alone, and that is said."""
    added = warned.json("npai", "add", "06 12 34 56 01", C)
    assert added == {"added": [A], "already": [], "not_proposed": [C]}
    said = warned("npai", "add", A, C).stdout.splitlines()
    assert said[1:] == [f"{A} was on the list already.", f"{C} is not proposed: it is texted as before."]


@pytest.mark.parametrize("words", [(), (A, "--all")])
def test_either_numbers_or_all_must_be_said(warned: CommandLine, words: tuple[str, ...]) -> None:
    """Nothing is added by a slip of the pen."""
    assert warned.refused("npai", "add", *words)[0] == "which"


def test_what_is_no_number_is_refused(warned: CommandLine) -> None:
    """Nothing of the call is done."""
    assert warned.refused("npai", "add", A, "abc")[0] == "unparsable"
    assert len(warned.json("npai", "list")["items"]) == 2
