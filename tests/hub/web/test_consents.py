"""Consents and suppressions over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

API = "/api/v1"
YES = {"number": "06 12 34 56 78", "notice": "J'accepte", "given_at": "2020-01-04T09:30:00+01:00", "source": "website"}


def call(caller: Caller, method: str, path: str, body: Any = None, data: bytes | None = None) -> TestResponse:
    """Call the API with the account's token; `data` is a file."""
    sent = {"json": body} if body is not None else {"data": data, "content_type": "text/csv"} if data else {}
    return caller.client.open(API + path, method=method, headers=caller.bearer, **sent)


def test_a_consent_is_registered_once(caller: Caller) -> None:
    """And shown with all that is known of it."""
    answers = [call(caller, "POST", "/consents", {"consents": [YES | {"name": "Nina"}]}).get_json() for _ in range(2)]
    (kept,) = call(caller, "GET", "/consents").get_json()["items"]
    assert answers == [{"added": 1, "already": 0}, {"added": 0, "already": 1}]
    assert (kept["number"], kept["name"], kept["given_at"]) == ("+33612345678", "Nina", "2020-01-04T08:30:00Z")


def test_a_number_that_is_none_is_named_with_its_place(caller: Caller) -> None:
    """Nothing of the request is kept."""
    answer = call(caller, "POST", "/consents", {"consents": [YES, YES | {"number": "12"}]})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "consents[1]")
    assert call(caller, "GET", "/consents").get_json()["items"] == []


def test_a_file_of_consents_is_read_and_its_bad_lines_are_named(caller: Caller) -> None:
    """Each with its line; the others are registered."""
    lines = (
        "number;notice;given_at;source;ip",
        "0612345678;J'accepte;2020-01-04T09:30:00Z;website;192.0.2.7",
        "12;J'accepte;2020-01-04T09:30:00Z;website;",
        "0612345679;J'accepte;hier;website;",
        "0612345679;;2020-01-04T09:30:00Z;website;",
    )
    answer = call(caller, "POST", "/consents/import", data="\r\n".join(lines).encode()).get_json()
    assert (answer["added"], answer["refused"]) == (1, 3)
    assert [(one["line"], one["reason"]) for one in answer["faults"][1:]] == [(4, "given_at"), (5, "consent_notice")]


def test_an_export_of_consents_can_be_imported_again(caller: Caller) -> None:
    """And changes nothing."""
    call(caller, "POST", "/consents", {"consents": [YES | {"notice": "=1+1"}]})
    exported = call(caller, "GET", "/consents/export").data
    answer = call(caller, "POST", "/consents/import", data=exported).get_json()
    assert b"'=1+1" in exported
    assert (answer["added"], answer["already"], answer["refused"]) == (0, 1, 0)


def test_a_file_without_its_columns_is_refused(caller: Caller) -> None:
    """By the names of those that are missing."""
    answer = call(caller, "POST", "/consents/import", data=b"number;notice\n0612345678;Oui\n").get_json()
    assert (answer["code"], "given_at, source" in answer["detail"]) == ("missing_columns", True)


def test_only_who_agreed_is_texted_where_a_campaign_asks_for_it(caller: Caller) -> None:
    """The others are refused, by name."""
    refused = caller.send(require_consent=True)
    call(caller, "POST", "/consents", {"consents": [YES]})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "no_consent")
    assert caller.send(require_consent=True).status_code == 201


def test_withdrawn_consents_are_found_as_such(caller: Caller) -> None:
    """By a filter."""
    call(caller, "POST", "/consents", {"consents": [YES]})
    answer = call(caller, "POST", "/consents/withdraw", {"numbers": ["0612345678"]}).get_json()
    found = [call(caller, "GET", f"/consents?in_force={word}").get_json()["items"] for word in ("true", "false")]
    assert (answer, [len(one) for one in found]) == ({"withdrawn": 1}, [0, 1])


def test_numbers_are_suppressed_by_hand(caller: Caller) -> None:
    """And one of them looked up."""
    body = {"numbers": ["06 12 34 56 78", "0612345679"], "reason": "Par téléphone"}
    answer = call(caller, "POST", "/suppressions", body).get_json()
    one = call(caller, "GET", "/suppressions/0612345678").get_json()
    other = call(caller, "GET", "/suppressions/0612345670").get_json()
    assert (answer, one["suppressed"], other["suppressed"]) == ({"added": 2, "already": 0}, True, False)


def test_a_file_of_numbers_is_suppressed_and_its_bad_lines_are_named(caller: Caller) -> None:
    """A header is no number; who comes twice is suppressed once."""
    data = "Numéro;Nom\n06 12 34 56 78;Nina\n\n12;Omar\n0612345678;Nina\n".encode("cp1252")
    answer = call(caller, "POST", "/suppressions/import?kind=unallocated", data=data).get_json()
    assert (answer["lines"], answer["added"], answer["already"], answer["refused"]) == (3, 1, 1, 1)
    assert [(one["line"], one["given"]) for one in answer["faults"]] == [(4, "12")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_may_end_in_any_way(caller: Caller, end: str) -> None:
    """In that of this decade, of Windows, and of a Mac of old; pieces of the file may part them."""
    numbers = [f"06450{number:05d}" for number in range(10_000)]
    answer = call(caller, "POST", "/suppressions/import", data=end.join(["mobile", *numbers, ""]).encode())
    assert (answer.status_code, answer.get_json()["added"], answer.get_json()["refused"]) == (200, 10_000, 0)


@pytest.mark.parametrize("path", ["/suppressions/import", "/consents/import"])
@pytest.mark.parametrize("data", [b"PK\x03\x04\x14\x00\x06\r\xff", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n"])
def test_a_spreadsheet_is_asked_for_as_csv(caller: Caller, path: str, data: bytes) -> None:
    """It is no lines of text."""
    answer = call(caller, "POST", path, data=data)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_text")


def test_a_long_file_is_read_to_its_end(caller: Caller) -> None:
    """A hundred thousand lines, more than a request of the API may have."""
    data = "".join(f"+336{number:08d}\n" for number in range(12_000_000, 12_100_000)).encode()
    answer = call(caller, "POST", "/suppressions/import", data=data).get_json()
    assert (answer["lines"], answer["added"], answer["refused"]) == (100_000, 100_000, 0)


def test_suppressions_are_filtered_by_kind(caller: Caller) -> None:
    """As listed and as exported."""
    call(caller, "POST", "/suppressions", {"numbers": ["0612345678"]})
    call(caller, "POST", "/suppressions", {"numbers": ["0612345679"], "kind": "unallocated"})
    listed = call(caller, "GET", "/suppressions?kind=unallocated").get_json()["items"]
    exported = call(caller, "GET", "/suppressions/export?kind=opt_out").get_data(as_text=True)
    assert [one["number"] for one in listed] == ["+33612345679"]
    assert ("+33612345678" in exported, "+33612345679" in exported) == (True, False)


def test_no_cell_of_an_export_runs_as_a_formula(caller: Caller) -> None:
    """Whatever the reason says."""
    call(caller, "POST", "/suppressions", {"numbers": ["0612345678"], "reason": "=HYPERLINK(1)"})
    assert ";'=HYPERLINK(1)" in call(caller, "GET", "/suppressions/export").get_data(as_text=True)
