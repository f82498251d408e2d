"""Whatever form a request has, it is read as one tree; what has no single reading is refused with its status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hub_smsfactor_api.reading import Form, read_document, read_fields
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from hub_smsfactor_api.node import Node

BOMB = "".join(
    (
        '<!DOCTYPE sms [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">',
        *(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)),
        "]><sms><message><text>&i;</text></message></sms>",
    )
)
TWO = ("33612345678", "33612345679")


def gsm_of(data: str, kind: str = "") -> list[tuple[str | None, str | None]]:
    """The recipients that a document names, and what it calls them."""
    sms = read_document(data.encode(), kind).content.inner("sms")
    return [(one.said(), one.value("gsmsmsid")) for one in sms.inner("recipients").all("gsm")]


@pytest.mark.parametrize(
    "document",
    [
        '{"sms":{"recipients":{"gsm":[{"gsmsmsid":"a","value":"33612345678"},{"value":33612345679}]}}}',
        '{"recipients":{"gsm":[{"gsmsmsid":"a","value":"33612345678"},"33612345679"]}}',
        '{"sms":{"Recipients":{"gsm":{"0":{"gsmSmsId":"a","value":"33612345678"},"2":{"value":"33612345679"}}}}}',
        '[{"sms":{"recipients":{"gsm":[{"gsmsmsid":"a","value":"33612345678"},{"value":"33612345679"}]}}}]',
        '<sms><recipients><gsm gsmsmsid="a">33612345678</gsm><gsm>33612345679</gsm></recipients></sms>',
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n<sms><recipients>'
            "<gsm><gsmsmsid>a</gsmsmsid><value>33612345678</value></gsm><gsm><value>33612345679</value></gsm>"
            "</recipients></sms>"
        ),
        (
            '<sms xmlns="urn:any"><recipients><gsm gsmsmsid="a"><![CDATA[33612345678]]></gsm>'
            "<gsm>33612345679</gsm></recipients></sms>"
        ),
        (
            "XML=%3Csms%3E%3Crecipients%3E%3Cgsm+gsmsmsid%3D%22a%22%3E33612345678%3C%2Fgsm%3E"
            "%3Cgsm%3E33612345679%3C%2Fgsm%3E%3C%2Frecipients%3E%3C%2Fsms%3E"
        ),
    ],
)
def test_recipients_are_read_in_every_form(document: str) -> None:
    """JSON as the documentation has it, as PHP writes it, un-wrapped; XML with attributes or elements; a form."""
    assert gsm_of(document) == [(TWO[0], "a"), (TWO[1], None)]


def test_json_under_a_form_content_type_is_json() -> None:
    """Headers claim many things; the first character tells."""
    found = read_document(b'{"sms":{"message":{"text":"a=b"}}}', "application/x-www-form-urlencoded")
    assert found.form is Form.JSON
    assert found.content.inner("sms").inner("message").raw("text") == "a=b"


@pytest.mark.parametrize("data", [b"", b"  \n", b"[]", b"null", b"\xef\xbb\xbf[]"])
def test_an_empty_array_is_no_body(data: bytes) -> None:
    """As client libraries send it with GET and DELETE."""
    assert read_document(data, "application/json").content.parts == {}


def test_bytes_that_are_not_utf8_are_read_as_western_ones() -> None:
    """Old clients say nothing of their charset."""
    assert read_document('{"text":"été"}'.encode("cp1252"), "").content.value("text") == "été"
    assert read_document('{"text":"été"}'.encode("utf-16"), "").content.value("text") == "été"


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ('{"sms":', "", Status.JSON),
        ("hello", "application/json", Status.JSON),
        ('{"a":NaN}', "", Status.JSON),
        ('[{"a":1},{"a":2}]', "", Status.JSON),
        ("[" * 5000, "", Status.JSON),
        ('{"a":' * 60 + "1" + "}" * 60, "", Status.JSON),
        ("<sms><message>", "", Status.XML),
        ("hello", "", Status.XML),
        ("<a>" * 60 + "</a>" * 60, "", Status.XML),
        ("<a>&nbsp;</a>", "", Status.XML),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "", Status.XML),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "", Status.XML),
        (BOMB, "", Status.XML),
    ],
)
def test_what_cannot_be_read_has_the_status_of_its_form(data: str, kind: str, status: Status) -> None:
    """-6 for JSON, -2 for XML; no document that names entities is read at all."""
    with pytest.raises(Refused) as refused:
        read_document(data.encode(), kind)
    assert refused.value.status is status


def test_an_entity_bomb_costs_nothing() -> None:
    """It would be twenty gigabytes."""
    begun = time.process_time()
    with pytest.raises(Refused):
        read_document(BOMB.encode(), "application/xml")
    assert time.process_time() - begun < 1


def test_a_part_that_comes_twice_with_two_values_has_no_single_reading() -> None:
    """Twice the same has one."""
    assert read_document(b'{"text":"a","text":"a"}', "").content.value("text") == "a"
    with pytest.raises(Refused) as refused:
        read_document(b'{"text":"a","text":"b"}', "").content.value("text")
    assert refused.value.status is Status.DATA


def test_a_text_in_a_form_may_begin_like_a_document() -> None:
    """It is the text, and no list."""
    found = read_fields([("text", "[info1] bonjour"), ("to[]", TWO[0]), ("to[]", TWO[1])])
    assert (found.content.raw("text"), found.content.values("to")) == ("[info1] bonjour", TWO)


def test_names_are_compared_without_capitals_hyphens_and_underscores() -> None:
    """`listId`, `list_id` and `listid` are one."""
    node: Node = read_document(b'{"allowedIps":["a"],"LIST_ID":1}', "").content
    assert (node.values("allowed_ips"), node.value("listId")) == (("a",), "1")
