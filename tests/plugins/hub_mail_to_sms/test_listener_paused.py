"""While the operator takes nothing in, mails come again later, and repeats are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.switches import Way

from .conftest import a_mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Listener

MESSAGE_ID = "<20261124.1@salon.example>"


def test_a_mail_is_to_come_again_while_intake_is_paused(listen: Callable[..., Listener]) -> None:
    """A 4xx: mail servers keep it and try again, and then it is sent once."""
    listener = listen()
    listener.hub.core.switches.pause([Way.IN])
    answer = listener.deliver(a_mail(message_id=MESSAGE_ID))
    assert answer.startswith("451 4.3.2 The hub takes nothing in at the moment")
    assert listener.texts() == []
    listener.hub.core.switches.resume([Way.IN])
    assert listener.deliver(a_mail(message_id=MESSAGE_ID)).startswith("250 2.0.0 Ok: 1 accepted")


def test_a_mail_that_was_taken_before_is_answered_while_intake_is_paused(listen: Callable[..., Listener]) -> None:
    """Its sender's server lost the answer; to ask it to come again would have it come for days."""
    listener = listen()
    listener.deliver(a_mail(message_id=MESSAGE_ID))
    listener.hub.core.switches.pause([Way.IN])
    assert listener.deliver(a_mail(message_id=MESSAGE_ID)).startswith("250 2.0.0 Ok: duplicate of")
