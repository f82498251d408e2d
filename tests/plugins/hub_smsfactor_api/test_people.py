"""What the law says of people reaches this plugin's tables too, on both databases."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

import hub_smsfactor_api
from hub import MigrationBranch
from hub.messages.model import ReceiptState
from hub.store import migrate
from hub.store.engine import Store
from hub.testing.databases import KINDS
from hub_smsfactor_api.tables import metadata, references, tickets, unsent

from .conftest import FRIEND, OTHER

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.databases import Databases

    from .conftest import Make, Site

NOBODY = "33612345670"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


def known(site: Site) -> str:
    """Everything there is to know of a friend: names in two campaigns, a note beside a stop, a text that was not sent.

    The ticket of what was not sent.
    """
    site.send(FRIEND)
    site.send(FRIEND, OTHER)
    gsm = [{"value": FRIEND, "info1": "Ana"}, {"value": OTHER, "info1": "Max"}]
    site.post("/blacklist", {"blacklist": {"contacts": {"gsm": gsm}}})
    ticket: str = site.send(FRIEND, text="Bonjour Ana")["ticket"]
    return ticket


def where(site: Site, said: str) -> set[str]:
    """The plugin's tables in which something stands in clear, whatever the column."""
    with site.hub.core.read() as connection:
        rows = {one.name: connection.execute(one.select()).all() for one in metadata.sorted_tables}
    return {name for name, some in rows.items() if any(said in str(cell) for row in some for cell in row)}


def exported(site: Site, number: str = FRIEND) -> list[tuple[str, object]]:
    """What an export has of this plugin's tables."""
    tracks = site.hub.core.holdings.tracks(site.hub.account.id, f"+{number}")
    return [(one.kind, dict(one.data)) for one in tracks if one.kind.startswith("smsfactor_")]


def test_an_erased_person_stands_nowhere_any_more(site: Site) -> None:
    """Neither by number, nor by what was written to them alone, nor beside the stop that stays."""
    ticket = known(site)
    assert where(site, FRIEND) == {"smsfactor_references", "smsfactor_infos", "smsfactor_unsent"}
    done = site.hub.core.erasures.erase(site.hub.account.id, f"+{FRIEND}")
    assert (done.opted_out, done.erased.plugin_rows) == (True, 4)
    assert (where(site, FRIEND), where(site, "Ana")) == (set(), set())
    assert site.get(f"/campaign/{ticket}")["status"] == -5


def test_somebody_else_stays_as_they_were(site: Site) -> None:
    """Of the same campaign, of the same list, and in another account."""
    known(site)
    stranger, _ = site.hub.core.accounts.create("Boutique Exemple", "FR")
    site.hub.core.erasures.erase(stranger.id, f"+{FRIEND}")
    site.hub.core.erasures.erase(site.hub.account.id, f"+{NOBODY}")
    assert where(site, FRIEND) == {"smsfactor_references", "smsfactor_infos", "smsfactor_unsent"}
    site.hub.core.erasures.erase(site.hub.account.id, f"+{FRIEND}")
    assert where(site, OTHER) == {"smsfactor_references", "smsfactor_infos"}


def test_an_export_has_what_the_plugin_keeps(site: Site) -> None:
    """Rows of the one person, whole."""
    known(site)
    found = exported(site)
    assert [kind for kind, _ in found] == [
        "smsfactor_references",
        "smsfactor_references",
        "smsfactor_unsent",
        "smsfactor_infos",
    ]
    assert found[0] == ("smsfactor_references", {"reference": "cmd-0"})
    assert found[-1][1] == {"kind": "opt_out", "info1": "Ana", "info2": None, "info3": None, "info4": None}
    assert "Bonjour Ana" in str(found[2][1])
    assert exported(site, NOBODY) == []


def test_an_export_over_http_has_them_too(site: Site) -> None:
    """As tracks, without a time where none was noted."""
    known(site)
    headers = {"Authorization": f"Bearer {site.hub.token}"}
    found = site.client.get(f"/api/v1/people/+{FRIEND}", headers=headers).get_json()
    kinds = {one["kind"]: one["at"] is None for one in found["tracks"] if one["kind"].startswith("smsfactor_")}
    assert kinds == {"smsfactor_references": True, "smsfactor_unsent": False, "smsfactor_infos": True}


def test_a_long_table_is_exported_page_by_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it is left out."""
    known(site)
    whole = exported(site)
    monkeypatch.setattr("hub.people.elsewhere.PAGE", 1)
    assert exported(site) == whole


def test_names_go_with_the_words_of_their_campaign(make_site: Make) -> None:
    """Those of younger ones stay, and its ticket does: the campaign is there, without words."""
    site = make_site(HUB_RETENTION_TEXTS_DAYS="30")
    ticket = site.send(FRIEND)["ticket"]
    settle(site)
    site.hub.clock.advance(days=20)
    site.send(OTHER)
    settle(site)
    site.hub.clock.advance(days=11)
    site.hub.core.retention.empty_old()
    assert (where(site, FRIEND), where(site, OTHER)) == (set(), {"smsfactor_references"})
    assert site.get(f"/campaign/{ticket}")["campaign"][0]["text"] == ""


def test_names_of_what_has_not_left_stay(make_site: Make) -> None:
    """However long ago it was asked for: its receipt is told by that name."""
    site = make_site(HUB_RETENTION_TEXTS_DAYS="30")
    at = site.hub.clock.now() + timedelta(days=60)
    site.send(FRIEND, delay=f"{at:%Y-%m-%d} 12:00:00")
    site.hub.clock.advance(days=31)
    site.hub.core.retention.empty_old()
    assert where(site, FRIEND) == {"smsfactor_references"}


def test_reports_of_what_was_not_sent_go_when_words_of_their_age_do(make_site: Make) -> None:
    """Whomever they were to; what stands beside a blacklisted number stays as long as its entry."""
    site = make_site(HUB_RETENTION_TEXTS_DAYS="30")
    gsm = [{"value": one, "info1": "Ana"} for one in (FRIEND, OTHER)]
    site.post("/blacklist", {"blacklist": {"contacts": {"gsm": gsm}}})
    made = [site.send(FRIEND)["ticket"], site.send(FRIEND, OTHER)["ticket"]]
    site.hub.clock.advance(days=29)
    site.hub.core.retention.empty_old()
    assert [site.get(f"/campaign/{one}")["status"] for one in made] == [1, 1]
    site.hub.clock.advance(days=2)
    site.hub.core.retention.empty_old()
    assert [site.get(f"/campaign/{one}")["status"] for one in made] == [-5, -5]
    assert (where(site, "Bonjour"), where(site, "Ana")) == (set(), {"smsfactor_infos"})


def test_without_a_period_everything_stays(site: Site) -> None:
    """As words do."""
    known(site)
    settle(site)
    site.hub.clock.advance(days=5000)
    assert site.hub.core.retention.empty_old() == 0


def test_many_old_rows_go_in_pieces(make_site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each a short transaction."""
    site = make_site(HUB_RETENTION_TEXTS_DAYS="30")
    for _ in range(3):
        site.send(FRIEND, OTHER)
    settle(site)
    site.hub.clock.advance(days=31)
    monkeypatch.setattr("hub.people.retention.AT_ONCE", 1)
    for _ in range(3):  # words of a campaign, one at each look
        site.hub.core.retention.empty_old()
    assert where(site, "cmd-") == set()


def test_what_a_text_to_nobody_said_is_kept_under_the_one_number_it_was_to(site: Site) -> None:
    """Words to several are nobody's own."""
    known(site)
    site.post("/blacklist", {"blacklist": {"contacts": {"gsm": [{"value": NOBODY}]}}})
    site.send(FRIEND, NOBODY)
    with site.hub.core.read() as connection:
        numbers = list(connection.execute(select(unsent.c.number).order_by(unsent.c.ticket_id)).scalars())
        left = connection.execute(select(references.c.ticket_id).distinct()).scalars().all()
    assert numbers == [f"+{FRIEND}", None]
    assert len(left) == 2, "names of recipients of what was not sent are of no use"


def test_the_tables_are_those_of_the_migrations(site: Site) -> None:
    """To the last index."""
    with site.hub.core.store.write("plugin") as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_older_database_learns_whose_its_rows_are(kind: str, smsfactor_databases: Databases, tmp_path: Path) -> None:
    """Names get their account and campaign, and reports of what was not sent go where they have their time."""
    branch = hub_smsfactor_api.hub_migrations()
    shutil.copy(branch.folder / "smsfactor_api_0001.py", tmp_path)
    store = Store(smsfactor_databases.empty(kind))
    migrate.upgrade(store, [MigrationBranch(branch.label, tmp_path)])
    campaign, at = "01ARZ3NDEKTSV4RRFFQ69G5FAV", datetime(2026, 11, 1, tzinfo=UTC)
    with store.write("plugin") as connection:
        row = {"account_id": 7, "created_at": at}
        kept = ((1, campaign, '{"lists": [3]}'), (2, None, '{"text": "Bonjour"}'), (3, None, None))
        rows = [{**row, "id": id_, "campaign_id": one, "kept": said} for id_, one, said in kept]
        connection.execute(insert(tickets), rows)
        named = {"ticket_id": 1, "number": f"+{FRIEND}", "reference": "cmd-0"}
        connection.execute(insert(references).values(named))
    migrate.upgrade(store, [branch])
    with store.read() as connection:
        assert connection.execute(select(references)).all() == [(1, f"+{FRIEND}", "cmd-0", 7, campaign)]
        assert connection.execute(select(unsent)).all() == [(2, 7, None, at, '{"text": "Bonjour"}')]
        left = connection.execute(select(tickets.c.kept).order_by(tickets.c.id)).scalars().all()
    assert left == ['{"lists": [3]}', None, None]
    store.close()


def settle(site: Site) -> None:
    """Let everything arrive, and its campaigns end."""
    before = len(site.hub.carrier.taken)
    site.hub.drain()
    for one in site.hub.carrier.taken[before:]:
        site.hub.carrier.report(one.id, ReceiptState.DELIVERED)
    site.hub.core.sweeper.finish_campaigns()


def test_a_ticket_says_nothing_of_people(site: Site) -> None:
    """It stays for ever: it is the campaign's number."""
    known(site)
    with site.hub.core.read() as connection:
        rows = connection.execute(select(tickets)).all()
    assert [row.kept for row in rows] == [None] * 3
