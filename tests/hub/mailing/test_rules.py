"""When mail is tried again, and what it is called."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hub.mailing.rules import is_given_up, message_id_of, next_try


def _pauses() -> list[timedelta]:
    found = []
    for tries in range(1, 100):
        pause = next_try(tries)
        if pause is None:
            break
        found.append(pause)
    return found


def test_each_pause_is_at_least_as_long_as_the_one_before() -> None:
    """A server that is away is not knocked at all the time."""
    assert all(before <= after for before, after in pairwise(_pauses()))


def test_a_mail_is_tried_for_two_days() -> None:
    """As long as a weekend's outage may take."""
    assert sum(_pauses(), timedelta()) == timedelta(hours=48)


def test_a_mail_is_not_tried_for_ever() -> None:
    """Then it is given up."""
    assert [is_given_up(len(_pauses())), is_given_up(len(_pauses()) + 1)] == [False, True]


def test_a_mail_has_the_same_name_at_every_try() -> None:
    """So that whoever gets it twice can tell."""
    assert message_id_of(7, "inbound", "12", "sms.example") == message_id_of(7, "inbound", "12", "sms.example")


def test_two_mails_have_different_names() -> None:
    """Whatever it is that tells them apart."""
    each = [(number, kind, key) for number in (1, 2) for kind in "ab" for key in "cd"]
    assert len({message_id_of(number, kind, key, "sms.example") for number, kind, key in each}) == 8
