"""What templates can say of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.testing.contract import outgoing
from hub_http_carrier.definition import FieldRule
from hub_http_carrier.fields import NAMES, fields_of, sender_kind

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("36180", "short"),
        ("118218", "short"),
        ("+33700000001", "number"),
        ("33700000001", "number"),
        ("ACME", "word"),
        ("3M", "word"),
        ("12", "word"),
    ],
)
def test_a_sender_is_a_word_a_number_or_a_short_code(sender: str, kind: str) -> None:
    """Carriers take each in another way."""
    assert sender_kind(sender) == kind


def test_every_field_has_a_name_that_definitions_know() -> None:
    """And no other."""
    constant = dict.fromkeys(
        ("account", "user", "password", "token", "signing_secret", "callback_secret", "connector"), ""
    )
    constant |= {"receipts_url": "", "inbound_url": ""}
    assert fields_of(outgoing(), constant, {}, NOW).keys() == NAMES


@pytest.mark.parametrize(
    ("left", "most", "seconds"),
    [(None, None, None), (7200, None, 7200), (7200, 3600, 3600), (10, None, 60), (-10, None, 60)],
)
def test_a_validity_is_what_is_left_of_it(left: int | None, most: int | None, seconds: int | None) -> None:
    """A minute at least, and as much as the carrier allows; none without an end."""
    message = outgoing()
    if left is not None:
        message = type(message)(
            **{name: getattr(message, name) for name in ("id", "to", "sender", "text", "alphabet", "parts", "purpose")},
            validity=NOW + timedelta(seconds=left),
        )
    fields = fields_of(message, {}, {}, NOW, most)
    minutes = None if seconds is None else seconds // 60
    assert (fields["validity_s"], fields["validity_minutes"]) == (seconds, minutes)


def test_a_field_may_be_made_of_another() -> None:
    """By a table, whose values are templates, or by what holds for every other value."""
    rules = {
        "kind": FieldRule.model_validate({"from": "purpose", "values": {"alert": 1}}),
        "own": FieldRule.model_validate({"from": "sender_kind", "values": {"word": "{sender}!"}}),
        "other": FieldRule.model_validate({"from": "alphabet", "values": {}, "other": "text"}),
        "none": FieldRule.model_validate({"from": "alphabet", "values": {}}),
    }
    fields = fields_of(outgoing(sender="ACME"), {}, rules, NOW)
    assert [fields[name] for name in rules] == [1, "ACME!", "text", None]
