"""Files of contacts over the API."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Caller

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conftest import HubMaker

FILE = b"mobile;prenom\r\n06 12 34 56 78;Nina\r\n01 42 68 53 00;=Accueil\r\n"


def call(caller: Caller, method: str, path: str, body: Any = None) -> TestResponse:
    """Call the API with the account's token."""
    return caller.client.open(path, method=method, json=body, headers=caller.bearer)


@pytest.fixture
def clients(caller: Caller) -> str:
    """The address of a list."""
    return call(caller, "POST", "/api/v1/lists", {"name": "Clients"}).headers["Location"]


def upload(caller: Caller, clients: str, data: bytes = FILE) -> TestResponse:
    """Send a file as it is."""
    path = f"{clients}/imports?filename=clients.csv"
    return caller.client.post(path, data=data, content_type="application/octet-stream", headers=caller.bearer)


def work(caller: Caller) -> None:
    """A background worker works off what waits."""
    while caller.hub.core.import_work.work_next():
        pass


def test_a_file_is_looked_at_then_stored(caller: Caller, clients: str) -> None:
    """Nothing is on the list before it is started."""
    sent = upload(caller, clients)
    path = sent.headers["Location"]
    work(caller)
    ready, before = call(caller, "GET", path).get_json(), call(caller, "GET", clients).get_json()["size"]
    call(caller, "POST", f"{path}/start")
    work(caller)
    done, after = call(caller, "GET", path).get_json(), call(caller, "GET", clients).get_json()["size"]
    assert (sent.status_code, sent.get_json()["state"]) == (202, "reading")
    assert (ready["state"], ready["tally"]["new"], ready["tally"]["landline"], before) == ("ready", 1, 1, 0)
    assert (ready["shape"]["separator"], ready["shape"]["number_column"]) == (";", 1)
    assert (done["state"], done["added"], after) == ("done", 1, 1)


def test_a_file_may_come_in_a_form(caller: Caller, clients: str) -> None:
    """As `curl --form` and browsers send it: the wrapper is no part of it, and its name is known."""
    form = {"file": (io.BytesIO(FILE), "clients 2027.csv")}
    sent = caller.client.post(f"{clients}/imports", data=form, headers=caller.bearer)
    work(caller)
    ready = call(caller, "GET", sent.headers["Location"]).get_json()
    assert (sent.status_code, ready["filename"], ready["tally"]["lines"]) == (202, "clients 2027.csv", 2)
    assert ready["shape"]["columns"] == [None, "prenom"]


def test_a_form_without_the_file_is_refused(caller: Caller, clients: str) -> None:
    """It says how the part is called."""
    sent = caller.client.post(f"{clients}/imports", data={"other": (io.BytesIO(FILE), "a.csv")}, headers=caller.bearer)
    assert (sent.status_code, sent.get_json()["errors"][0]["field"]) == (422, "file")


def test_the_report_computes_nothing(caller: Caller, clients: str) -> None:
    """A cell that would be a formula is text; a phone number stays one."""
    path = upload(caller, clients, b"+33612345678\n+33612345678\n=1+1\n").headers["Location"]
    work(caller)
    report = call(caller, "GET", f"{path}/report")
    lines = report.get_data().decode("utf-8-sig").splitlines()
    assert report.mimetype == "text/csv"
    assert [line.split(";")[:3] for line in lines[1:]] == [["2", "+33612345678", "+33612345678"], ["3", "'=1+1", ""]]


def test_what_was_guessed_wrongly_can_be_said(caller: Caller, clients: str) -> None:
    """And the file is read again."""
    path = upload(caller, clients, b"Nina,0612345678\n").headers["Location"]
    work(caller)
    said = call(caller, "PATCH", path, {"number_column": 2, "columns": ["prenom", None]}).get_json()
    work(caller)
    again = call(caller, "GET", path).get_json()
    assert (said["state"], again["tally"]["new"]) == ("reading", 1)
    assert again["samples"]["new"][0]["known"] == {"prenom": "Nina"}


def test_what_cannot_be_read_says_why(caller: Caller, clients: str) -> None:
    """With a sentence that says how to mend it; and it is not started."""
    path = upload(caller, clients, b"PK\x03\x04 not a workbook").headers["Location"]
    work(caller)
    failed, started = call(caller, "GET", path).get_json(), call(caller, "POST", f"{path}/start")
    assert (failed["state"], failed["fault"]) == ("failed", "sheet_unreadable")
    assert "save it again" in failed["detail"]
    assert (started.status_code, started.get_json()["code"]) == (409, "import_state")


def test_a_file_may_be_larger_than_other_bodies_but_not_without_end(make: HubMaker) -> None:
    """Its own limit holds."""
    caller = Caller(make(settings={"HUB_CONTACTS_MAX_IMPORT_MB": "2"}))
    clients = call(caller, "POST", "/api/v1/lists", {"name": "Clients"}).headers["Location"]
    large, too_large = (upload(caller, clients, b"0612345678\n" * count) for count in (130_000, 240_000))
    assert (large.status_code, too_large.status_code, too_large.get_json()["code"]) == (202, 413, "too_large")


def test_an_empty_file_is_refused(caller: Caller, clients: str) -> None:
    """At once."""
    answer = upload(caller, clients, b"")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "file_empty")


def test_imports_are_listed_the_latest_first(caller: Caller, clients: str) -> None:
    """Page by page."""
    for _ in range(3):
        upload(caller, clients)
    first = caller.get("/api/v1/imports", limit=2).get_json()
    second = caller.get("/api/v1/imports", limit=2, cursor=first["next"]).get_json()
    assert [one["id"] for one in (*first["items"], *second["items"])] == [3, 2, 1]
    assert second["next"] is None
