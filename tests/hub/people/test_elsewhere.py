"""No table of a plugin's with phone numbers is forgotten by the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

import hub_smsfactor_api
from hub import PersonTable
from hub.plugin_manager import Plugins
from hub.store.engine import Store
from hub.testing.databases import Databases
from hub.testing.people import forgotten_people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hub import MigrationBranch


@pytest.fixture(scope="module")
def branches() -> Sequence[MigrationBranch]:
    """Those of every plugin that is installed."""
    return Plugins.load(quiet=True).migrations()


@pytest.fixture
def store(branches: Sequence[MigrationBranch], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database with the tables of all of them."""
    databases = Databases(tmp_path_factory.mktemp("elsewhere"), branches, datetime.now(UTC))
    made = Store(databases.fresh("sqlite"))
    yield made
    made.close()
    databases.close()


def found(store: Store, branches: Sequence[MigrationBranch]) -> list[str]:
    """What is wrong with what plugins say."""
    with store.read() as connection:
        return forgotten_people(connection, branches)


def test_every_table_of_a_plugin_with_numbers_is_named(store: Store, branches: Sequence[MigrationBranch]) -> None:
    """By the plugin itself: else neither an erasure nor an export would reach the people in it."""
    assert found(store, branches) == []


def test_a_table_that_is_forgotten_is_found(store: Store) -> None:
    """By the name of its column."""
    bare = replace(hub_smsfactor_api.hub_migrations(), people=())
    assert [one.split()[0] for one in found(store, [bare])] == [
        "smsfactor_infos.number",
        "smsfactor_references.number",
        "smsfactor_unsent.number",
    ]


@pytest.mark.parametrize("column", ["number", "to_number", "phone", "recipient", "phone_numbers"])
def test_a_column_of_numbers_is_known_by_a_word_in_its_name(
    store: Store, branches: Sequence[MigrationBranch], column: str
) -> None:
    """Whichever of several."""
    with store.write("plugin") as connection:
        connection.execute(text(f"CREATE TABLE strange_notes (id INTEGER, {column} VARCHAR(16), counted INTEGER)"))
    assert [one.split()[0] for one in found(store, branches)] == [f"strange_notes.{column}"]


def test_a_text_that_an_export_leaves_out_is_found(store: Store) -> None:
    """A person is given all that is held."""
    told = hub_smsfactor_api.hub_migrations()
    less = replace(told, people=tuple(replace(one, shown=one.shown[:-1]) for one in told.people))
    assert [one.split()[0] for one in found(store, [less])] == [
        "smsfactor_infos.info4",
        "smsfactor_references.reference",
        "smsfactor_unsent.report",
    ]


def test_a_name_of_what_is_not_there_is_found(store: Store, branches: Sequence[MigrationBranch]) -> None:
    """A table, or a column."""
    odd = (PersonTable("nowhere", ("id",), "account_id", "number"),)
    branch = hub_smsfactor_api.hub_migrations()
    renamed = tuple(replace(one, account="owner_id") for one in branch.people)
    wrong = [one for one in branches if one.label != branch.label]
    said = found(store, [*wrong, replace(branch, people=renamed + odd)])
    assert [one.split()[0] for one in said] == [
        "nowhere",
        "smsfactor_infos.owner_id",
        "smsfactor_references.owner_id",
        "smsfactor_unsent.owner_id",
    ]
