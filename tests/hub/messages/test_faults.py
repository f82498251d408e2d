"""What can be wrong with a request as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.compliance.model import Purpose
from hub.messages.faults import FIELD_FAULTS, request_faults, request_notes
from hub.messages.limits import Limits
from hub.messages.model import CampaignRequest, Recipient
from hub.testing.clock import A_TUESDAY_MORNING as NOW

LIMITS = Limits(max_text=100, max_recipients=3)
TO = "+33612345678"


def request(**wishes: Any) -> CampaignRequest:
    """A request that is all right, but for what a test changes."""
    usual: dict[str, Any] = {
        "account_id": 1,
        "text": "Bonjour",
        "recipients": (Recipient(TO),),
        "purpose": Purpose.ALERT,
    }
    return CampaignRequest(**usual | wishes)


def codes(asked: CampaignRequest) -> list[str]:
    """The codes of everything that is wrong."""
    return [fault.code for fault in request_faults(asked, NOW, LIMITS)]


def test_a_good_request_has_no_fault() -> None:
    """Nothing is made up."""
    assert codes(request()) == []


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u200b\u200d", "\x07\x00"])
def test_a_text_that_shows_nothing_is_empty(text: str) -> None:
    """Spaces, controls and characters of no width."""
    assert codes(request(text=text)) == ["empty_body"]


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"text": "x" * 101}, "too_long"),
        ({"text": "half \ud83d"}, "unpaired_surrogate"),
        ({"text": "nul \x00"}, "control_character"),
        ({"text": "#nom#", "recipients": (Recipient(TO, {"prenom": "Eve"}),)}, "unknown_variable"),
        ({"recipients": ()}, "no_recipient"),
        ({"recipients": (Recipient(TO),) * 4}, "too_many_recipients"),
        ({"recipients": (Recipient(TO, {"info1": "\ud83d"}),)}, "unpaired_surrogate"),
        ({"recipients": (Recipient(TO, {"info1": "a\x00"}),)}, "control_character"),
        ({"recipients": (Recipient(TO, {"in\x00fo": "a"}),)}, "control_character"),
        ({"sender": " "}, "sender_empty"),
        ({"sender": "S" * 33}, "sender_too_long"),
        ({"sender": "Sa\x00lon"}, "control_character"),
        ({"sender": "Salon\udc80"}, "unpaired_surrogate"),
        ({"send_at": datetime(2026, 11, 25, 9, 0)}, "schedule_no_zone"),  # noqa: DTZ001 - the fault
        ({"send_at": NOW - timedelta(minutes=6)}, "schedule_past"),
        ({"send_at": NOW + timedelta(days=367)}, "schedule_too_far"),
    ],
)
def test_each_fault_has_its_code(wishes: dict[str, Any], code: str) -> None:
    """A code per thing to mend."""
    assert codes(request(**wishes)) == [code]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=5)])
def test_a_little_late_means_now(late: timedelta) -> None:
    """Mail and clocks take a while."""
    assert codes(request(send_at=NOW - late)) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Nobody mends a request four times."""
    asked = request(text="", recipients=(), sender="", send_at=NOW - timedelta(days=1))
    assert codes(asked) == ["empty_body", "no_recipient", "sender_empty", "schedule_past"]


def test_a_fault_in_a_field_names_the_recipient() -> None:
    """One in a long list is hard to find otherwise."""
    asked = request(recipients=(Recipient(TO), Recipient(TO, {"info1": "\x00"})))
    (fault,) = request_faults(asked, NOW, LIMITS)
    assert fault.field == "recipients[1].fields"


def test_a_thousand_faulty_fields_do_not_make_a_thousand_faults() -> None:
    """The first ones say enough."""
    bad = tuple(Recipient(TO, {"info1": "\x00"}) for _ in range(1000))
    assert len(request_faults(request(recipients=bad), NOW, Limits())) == FIELD_FAULTS


def test_an_unknown_field_is_no_fault_when_nobody_brings_any() -> None:
    """A text to recipients without fields leaves as it was written."""
    assert codes(request(text="Rayon #promo# [info1]")) == []


def test_an_alert_that_advertises_is_noted() -> None:
    """It is sent; its author may think again."""
    (note,) = request_notes(request(text="Soldes : -50% ce week-end"))
    assert "send it as marketing" in note


def test_marketing_that_advertises_is_not_noted() -> None:
    """That is what it is for."""
    assert request_notes(request(text="Soldes : -50% ce week-end", purpose=Purpose.MARKETING)) == ()


def test_fields_that_nobody_fills_are_noted() -> None:
    """The text goes out with its brackets."""
    (note,) = request_notes(request(text="Bonjour [info1]"))
    assert "info1" in note
