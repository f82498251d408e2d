"""Bad input over the REST API, row by row of the matrix in docs/reliability.md: a clear no, and nothing kept of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from hub.contacts.model import SuppressionKind
from hub.store.metadata import core_metadata

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

MOBILE = "+33612345678"
NUMBER = "recipients[0].to"
MEMBERS = {"type", "title", "status", "detail", "code", "errors", "request_id"}
PARTY = "\N{PARTY POPPER}"


@dataclass(frozen=True)
class Row:
    """A row's input, and the answer to it: status, the problem's code, and the first fault with what it says.

    `field` may be empty where the whole request is refused; `rule` is the fault's code where it differs from `code`.
    """

    name: str
    given: Any
    status: int
    code: str
    field: str
    says: str
    rule: str = ""


BODIES = [
    Row("B1 truncated", b'{"text": "Bonj', 400, "invalid_json", "body", r"line 1, column 10"),
    Row("B1 empty", b"", 400, "invalid_json", "body", "empty; send a JSON object"),
    Row("B1 not JSON", b"text=Bonjour", 400, "invalid_json", "body", "line 1, column 1"),
    Row("B3 array", b"[]", 400, "object_expected", "body", "in braces"),
    Row("B3 string", b'"text"', 400, "object_expected", "body", "in braces"),
    Row("B3 null", b"null", 400, "object_expected", "body", "in braces"),
    Row("B4 brackets", b"[" * 100_000, 400, "json_too_deep", "body", "more than 100 levels"),
    Row("B4 objects", b'{"a":' * 100_000, 400, "json_too_deep", "body", "more than 100 levels"),
    Row("B5 NaN", b'{"text": NaN}', 400, "number_not_finite", "body", "NaN is not a finite number"),
    Row("B5 Infinity", b'{"text": -Infinity}', 400, "number_not_finite", "body", "-Infinity is not"),
    Row("B5 1e999", b'{"text": 1e999}', 400, "number_not_finite", "body", "1e999 is not"),
    Row(
        "B6 to", b'{"recipients": [{"to": "1", "to": "2"}]}', 400, "duplicate_key", "to", "'to' stands twice.*keep one"
    ),
    Row("B7 Latin-1", b'{"text": "caf\xe9"}', 400, "invalid_utf8", "body", "byte 14"),
    Row("B7 UTF-16", '{"text": "a"}'.encode("utf-16"), 400, "invalid_utf8", "body", "not UTF-8"),
    Row(
        "B8 surrogate", rb'{"text": "\ud800"}', 422, "unpaired_surrogate", "text", "half of a character.*write it again"
    ),
    Row("B9 NUL", rb'{"text": "a\u0000"}', 422, "control_character", "text", r"U\+0000; leave it out"),
    Row("B10 ten megabytes", b" " * 10_000_000, 413, "too_large", "body", "1024 kB; send less at once"),
    Row("B12 5,000 digits", b'{"text": ' + b"9" * 5000 + b"}", 422, "out_of_range", "body", "5000 digits"),
]

FIELDS = [
    Row("B11 recipent", {"recipent": "x"}, 422, "unknown_field", "recipent", "did you mean recipients"),
    Row(
        "B11 deep down",
        {"recipients": [{"to": MOBILE, "fieds": {}}]},
        422,
        "unknown_field",
        "recipients[0].fieds",
        "did you mean fields",
    ),
    Row("B12 number for text", {"text": 5}, 422, "type", "text", "Write text, in quotes"),
    Row("B12 null for text", {"text": None}, 422, "type", "text", "Write text, in quotes"),
    Row("B12 object for a list", {"recipients": {"to": MOBILE}}, 422, "type", "recipients", "in square brackets"),
    Row("B12 number", {"recipients": [33612345678]}, 422, "type", "recipients[0]", "Write an object"),
    Row("B12 number as to", {"recipients": [{"to": 33612345678}]}, 422, "type", NUMBER, "Write text, in quotes"),
    Row("B12 no to", {"recipients": [{"fields": {}}]}, 422, "missing", NUMBER, "is needed"),
    Row(
        "B12 number as a field",
        {"recipients": [{"to": MOBILE, "fields": {"name": 5}}]},
        422,
        "type",
        "recipients[0].fields.name",
        "Write text",
    ),
    Row("B12 no choice", {"purpose": "alrt"}, 422, "not_a_choice", "purpose", "'alrt' is not known.*'alert'"),
    Row("B12 a boolean", {"outside_window": True}, 422, "not_a_choice", "outside_window", "write 'defer' or 'reject'"),
    Row("B12 a number", {"encoding": 7}, 422, "not_a_choice", "encoding", "write 'auto', 'gsm' or 'unicode'"),
    Row("B13 nobody", {"recipients": []}, 422, "no_recipient", "recipients", "at least one"),
    Row("B23 17 characters", {"sender": "S" * 17}, 422, "too_long", "sender", "at most 16"),
    Row("B23 empty", {"sender": " "}, 422, "sender_id", "sender", "Leave the sender out", "sender_empty"),
    Row("B24 empty", {"text": ""}, 422, "empty_body", "text", "empty; write"),
    Row("B24 spaces", {"text": " \n\t\u00a0"}, 422, "empty_body", "text", "empty; write"),
    Row("B24 no width", {"text": "\u200b\ufeff\u2060"}, 422, "empty_body", "text", "empty; write"),
    Row("B25 characters", {"text": "a" * 2001}, 422, "too_long", "text", "2001 characters; the most is 2000. Shorten"),
    Row("B25 segments", {"text": "a" * 1000}, 422, "too_many_segments", "text", "7 segments in GSM-7; the most is 6"),
    Row(
        "B25 one emoji",
        {"text": "a" * 500 + PARTY},
        422,
        "too_many_segments",
        "text",
        rf"8 segments in UCS-2; the most is 6.*do without {PARTY} \(U\+1F389\)",
    ),
    Row(
        "B27 nmae",
        {"text": "Bonjour #nmae#", "recipients": [{"to": MOBILE, "fields": {"name": "N"}}]},
        422,
        "unknown_variable",
        "text",
        "#nmae#.*did you mean #name#",
    ),
    Row(
        "B28 past",
        {"send_at": "2020-01-01T09:30"},
        422,
        "schedule_past",
        "send_at",
        "08:30.* is past; to send now, leave it out",
    ),
    Row("B28 9999", {"send_at": "9999-12-31T23:59"}, 422, "schedule_too_far", "send_at", "366 days ahead"),
    Row("B28 10000", {"send_at": "9999-12-31T23:59-12:00"}, 422, "schedule_too_far", "send_at", "edge of the calendar"),
    Row(
        "B28 gap",
        {"send_at": "2027-03-28T02:30"},
        422,
        "schedule_gap",
        "send_at",
        "does not exist in Europe/Paris.*2027-03-28T03:30",
    ),
    Row("B28 no time", {"send_at": "soon"}, 422, "schedule_form", "send_at", r"'soon'.*2027-01-04T09:30:00\+01:00"),
]

NUMBERS = [
    Row("B13 empty", "", 422, "not_a_number", NUMBER, "No phone number is given", "empty"),
    Row("B13 abc", "abc", 422, "not_a_number", NUMBER, "abc: .*one phone number", "unparsable"),
    Row("B13 +1", "+1", 422, "impossible_number", NUMBER, "too few digits.*as one of US", "length"),
    Row("B13 300 digits", "3" * 300, 422, "impossible_number", NUMBER, "too many", "length"),
    Row("B14 too short", "+3361234", 422, "impossible_number", NUMBER, "digits.*as one of FR", "length"),
    Row("B14 too long", "+324701234567", 422, "impossible_number", NUMBER, "digits.*as one of BE", "length"),
    Row("B14 no such block", "0700123456", 422, "impossible_number", NUMBER, "check the digits", "invalid"),
    Row("B16 premium", "+33899123456", 403, "not_mobile", NUMBER, "FR.*premium rate.*only mobiles"),
    Row("B16 shared cost", "+33810123456", 403, "not_mobile", NUMBER, "FR.*shared cost.*only mobiles"),
    Row("B16 UAN", "+3278151515", 403, "not_mobile", NUMBER, "BE.*only mobiles"),
    Row("B16 satellite", "+870773111632", 403, "not_mobile", NUMBER, "only mobiles"),
    Row("B18 emergency", "112", 422, "short_code_not_allowed", NUMBER, "of FR: give the whole number"),
    Row("B18 short code", "36180", 422, "short_code_not_allowed", NUMBER, "of FR: give the whole number"),
    Row("B20 extension", "+33612345678;ext=5", 422, "extension", NUMBER, "extension.*give the number of a mobile"),
    Row("B20 letters", "1-800-FLOWERS", 422, "letters", NUMBER, "Letters stand among the digits"),
    Row("landline", "0123456789", 422, "landline", NUMBER, "landline of FR: only mobiles"),
]


def kept(hub: TestHub) -> dict[str, int]:
    """How many rows each table of the hub has."""
    with hub.core.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in core_metadata.sorted_tables
        }


def check(answer: TestResponse, row: Row) -> None:
    """The answer is a whole problem, says what the row says, and shows nothing of the inside."""
    problem: Mapping[str, Any] = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (row.status, "application/problem+json")
    assert problem.keys() >= MEMBERS
    assert (problem["status"], problem["code"], problem["type"]) == (row.status, row.code, f"/problems/{row.code}")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    fault = problem["errors"][0]
    assert (fault["field"], fault["code"]) == (row.field, row.rule or row.code)
    assert re.search(row.says, fault["message"], re.DOTALL), fault["message"]
    assert fault["message"] == problem["detail"] or row.field in problem["detail"]
    assert "Traceback" not in answer.text


def named(rows: list[Row]) -> pytest.MarkDecorator:
    """Run a test on each row, under its name."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


@named(BODIES)
def test_a_body_that_cannot_be_read_is_refused(refused: Caller, row: Row) -> None:
    """(B1, B3, B4, B5, B6, B7, B8, B9, B10, B12) Never a stack trace, never a guess."""
    before = kept(refused.hub)
    check(refused.post(row.given), row)
    assert kept(refused.hub) == before


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/xml", "application/json; charset=utf-16"],
)
def test_a_body_that_is_not_json_is_not_read(refused: Caller, content_type: str | None) -> None:
    """(B2) 415, even if it happens to look like JSON."""
    before = kept(refused.hub)
    row = Row("B2", b"", 415, "unsupported_media_type", "Content-Type", "Content-Type: application/json")
    check(refused.post(b'{"text": "a"}', content_type), row)
    assert kept(refused.hub) == before


@named(FIELDS)
def test_a_faulty_field_is_refused(refused: Caller, row: Row) -> None:
    """(B11, B12, B13, B23, B24, B25, B27, B28) The field's path, the rule's code, and how to mend it."""
    before = kept(refused.hub)
    check(refused.send(**row.given), row)
    assert kept(refused.hub) == before


@named(NUMBERS)
def test_a_number_that_cannot_be_texted_is_refused(refused: Caller, row: Row) -> None:
    """(B13, B14, B16, B18, B20) What is wrong with the number itself is 422; what the hub does not do is 403."""
    before = kept(refused.hub)
    check(refused.send(row.given), row)
    assert kept(refused.hub) == before


def test_a_national_number_needs_a_country(caller: Caller) -> None:
    """(B15) Of an account whose country has no numbers of its own."""
    account, token = caller.hub.core.accounts.create("Nowhere", "ZZ", credits_=5)
    caller.hub.account, caller.hub.token = account, token.secret
    before = kept(caller.hub)
    row = Row("B15", "", 422, "country_needed", NUMBER, r"with its calling code, as in \+33 6")
    check(caller.send("06 12 34 56 78"), row)
    assert kept(caller.hub) == before


@pytest.mark.parametrize(
    "typed",
    [
        "\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "06\u200b12345678",
        "\u200f06 12 34 56 78\u200e",
        "tel:+33612345678",
    ],
)
def test_a_number_written_in_an_odd_way_is_read(caller: Caller, typed: str) -> None:
    """(B19, B20) Fullwidth digits, no width, right to left, an address: and what was typed comes back."""
    (message,) = caller.send(typed).get_json()["messages"]
    assert (message["to"], message["input"]) == (MOBILE, typed)


def test_a_person_who_said_stop_is_not_texted(caller: Caller) -> None:
    """(B22) 403, alerts included."""
    caller.hub.core.suppressions.add(caller.hub.account.id, MOBILE, SuppressionKind.OPT_OUT, source="test")
    before = kept(caller.hub)
    check(caller.send(), Row("B22", "", 403, "opted_out", NUMBER, r"\+33612345678: .*asked not to be texted"))
    assert kept(caller.hub) == before


SENDERS = [
    Row("B23 12 letters", "Abcdefghijkl", 422, "sender_id", "sender", "too long by 1: 11 char", "sender_too_long"),
    Row("B23 space", "My Shop", 422, "sender_id", "sender", "Spaces.*write MyShop", "sender_space"),
    Row("B23 emoji", f"Shop{PARTY}", 422, "sender_id", "sender", f"{PARTY}.*write Shop", "sender_character"),
    Row("B23 denied", "INFO", 422, "sender_id", "sender", "name of the business", "sender_forbidden"),
]


@named(SENDERS)
def test_a_sender_that_no_default_replaces_is_refused(make: HubMaker, row: Row) -> None:
    """(B23) Once, however many recipients there are."""
    caller = Caller(make(settings={"HUB_SENDERS_FR": "Salon"}))
    before = kept(caller.hub)
    answer = caller.send(MOBILE, "+33612345679", sender=row.given)
    check(answer, row)
    assert (len(answer.get_json()["errors"]), kept(caller.hub)) == (1, before)


def test_a_sender_that_is_not_registered_is_refused_where_it_must_be(make: HubMaker) -> None:
    """(B23) In Spain, for one."""
    caller = Caller(make(settings={"HUB_SENDERS_REGISTERED": "Autre"}))
    says = "Spain.*register it, or leave the sender empty"
    check(
        caller.send("+34612345678", sender="Salon"),
        Row("B23", "", 422, "sender_id", "sender", says, "sender_not_registered"),
    )


def test_what_the_account_cannot_pay_is_refused_whole(caller: Caller) -> None:
    """(B31) 402 with both figures; nothing is stored and nothing is set aside."""
    caller.hub.core.accounts.add_credits(caller.hub.account.id, -999)
    before, balance = kept(caller.hub), caller.hub.core.accounts.balance(caller.hub.account.id)
    answer = caller.send(MOBILE, "+33612345679")
    content = answer.get_json()
    told = (answer.status_code, content["code"], content["needed"], content["available"])
    assert told == (402, "insufficient_credit", 2, 1)
    assert (kept(caller.hub), caller.hub.core.accounts.balance(caller.hub.account.id)) == (before, balance)
