from __future__ import annotations

import pytest

from hub import TooMany
from hub_mail_to_sms.limiter import Limiter
from hub_mail_to_sms.settings import MailSettings


def test_an_account_that_reached_its_limit_waits() -> None:
    """Whoever wrote the mails."""
    limiter = Limiter(MailSettings(mails_per_minute=2))
    limiter.take_mail(1, "a@x.example")
    limiter.take_mail(1, "b@x.example")
    with pytest.raises(TooMany, match="The account sent 2 mails in a minute"):
        limiter.take_mail(1, "c@x.example")


def test_a_sender_that_reached_the_limit_waits() -> None:
    """While others of the account go on."""
    limiter = Limiter(MailSettings(mails_per_minute_per_sender=1))
    limiter.take_mail(1, "a@x.example")
    with pytest.raises(TooMany, match="This sender wrote 1 mails in a minute"):
        limiter.take_mail(1, "a@x.example")
    limiter.take_mail(1, "b@x.example")


def test_a_senders_flood_takes_nothing_from_the_account() -> None:
    """What was refused for the sender does not count for all."""
    limiter = Limiter(MailSettings(mails_per_minute=2, mails_per_minute_per_sender=1))
    limiter.take_mail(1, "a@x.example")
    for _ in range(5):
        with pytest.raises(TooMany):
            limiter.take_mail(1, "a@x.example")
    limiter.take_mail(1, "b@x.example")


def test_accounts_do_not_share_their_limits() -> None:
    """Nor does a sender who writes to two of them."""
    limiter = Limiter(MailSettings(mails_per_minute=1, mails_per_minute_per_sender=1))
    limiter.take_mail(1, "a@x.example")
    limiter.take_mail(2, "a@x.example")


def test_a_wait_says_how_long() -> None:
    """For whoever can use it."""
    limiter = Limiter(MailSettings(mails_per_minute=1))
    limiter.take_mail(1, "a@x.example")
    with pytest.raises(TooMany) as refused:
        limiter.take_mail(1, "b@x.example")
    assert refused.value.retry_after.total_seconds() == 60


@pytest.mark.parametrize(
    ("client", "name", "allowed"),
    [("192.0.2.1", "salon", False), ("192.0.2.1", "other", True), ("192.0.2.2", "salon", True)],
)
def test_failures_count_per_client_and_name(client: str, name: str, *, allowed: bool) -> None:
    """Neither a stranger's guesses nor a colleague's old token lock anyone out."""
    limiter = Limiter(MailSettings(auth_failures=2))
    for _ in range(2):
        limiter.failed_sign_in("192.0.2.1", "salon")
    if allowed:
        limiter.check_sign_in(client, name)
    else:
        with pytest.raises(TooMany):
            limiter.check_sign_in(client, name)


def test_a_client_that_fails_under_many_names_waits_under_all() -> None:
    """Five times the failures are too many, whatever the names."""
    limiter = Limiter(MailSettings(auth_failures=2))
    for number in range(10):
        limiter.failed_sign_in("192.0.2.1", f"name {number}")
    with pytest.raises(TooMany):
        limiter.check_sign_in("192.0.2.1", "another")


def test_an_account_past_its_limit_keeps_no_more_senders() -> None:
    """Whoever knows its address could otherwise fill the memory with names of their choice."""
    limiter = Limiter(MailSettings(mails_per_minute=1))
    limiter.take_mail(1, "a@x.example")
    before = len(limiter.mails)
    for number in range(100):
        with pytest.raises(TooMany):
            limiter.take_mail(1, f"{number}@x.example")
    assert len(limiter.mails) == before


def test_names_that_begin_alike_for_long_are_one() -> None:
    """A name is kept for a quarter of an hour, so no more of it than tells accounts apart."""
    limiter = Limiter(MailSettings(auth_failures=1))
    limiter.failed_sign_in("192.0.2.1", "x" * 500 + "a")
    with pytest.raises(TooMany):
        limiter.check_sign_in("192.0.2.1", "x" * 500 + "b")
