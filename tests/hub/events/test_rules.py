"""Whom the hub calls, and when again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import RequestRefused
from hub.events.line import Line
from hub.events.rules import asked_pause, checked_url, is_public, next_pause

NOW = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
PRIVATE = (
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.5",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
    "nonsense",
)
"""None of the open internet, by one way of writing or another (IANA special-purpose registries)."""


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address: str) -> None:
    """Nor is one with a private one in it."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Of both kinds."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "url_form"),
        ("example.com", "url_form"),
        ("https://", "url_form"),
        ("https://example.com:x/", "url_form"),
        ("https://exa mple.com/", "url_form"),
        ("https://exämple.com/", "url_form"),
        ("https://example.com/#a", "url_form"),
        ("https://example.com\\@10.0.0.1/", "url_form"),
        ("https://example.com/" + "a" * 2000, "url_form"),
        ("https://me:pw@example.com/", "url_credentials"),
        ("https://example.com:22/", "url_port"),
        ("https://example.com:0/", "url_port"),
        ("http://2130706433/", "url_host"),
        ("http://0177.0.0.1/", "url_host"),
        ("http://0x7f.0.0.1/", "url_host"),
        ("http://127.1/", "url_host"),
        ("http://127.0.0.1./", "url_host"),
        ("http://127.0.0.1/", "url_private"),
        ("http://[::ffff:127.0.0.1]/", "url_private"),
    ],
)
def test_an_address_that_is_never_called_is_not_kept(url: str, code: str) -> None:
    """With the field and the rule."""
    with pytest.raises(RequestRefused) as refusal:
        checked_url(url, allow_private=False)
    assert [(one.field, one.code) for one in refusal.value.faults] == [("url", code)]


@pytest.mark.parametrize("found", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
def test_a_name_that_leads_somewhere_private_is_not_called(found: list[str]) -> None:
    """Whatever else it leads to; no socket is opened."""
    line = Line("https://example.com/", resolver=lambda *_: found)
    answer = line.post(b"{}", {})
    assert (answer.status, answer.is_yes, line.connection) == (None, False, None)


def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    """A name that changes between looking and calling gains nothing: it is looked up once."""
    asked: list[str] = []

    def rebind(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    line = Line("https://example.com/", resolver=rebind)
    assert (line.address_of("example.com", 443), asked) == ("8.8.8.8", ["example.com"])


def test_pauses_grow_from_seconds_to_a_day_and_end() -> None:
    """About four days in all."""
    pauses = [next_pause(tries, 0.0) for tries in range(1, 10)]
    assert (pauses[0], pauses[-1], next_pause(10, 0.0)) == (timedelta(seconds=5), timedelta(days=1), None)
    assert pauses == sorted(pauses, key=lambda one: one or timedelta(0))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("soon", 0),
        ("120", 120),
        ("-5", 0),
        ("99999999999", 86400),
        ("Mon, 04 Jan 2027 08:01:00 GMT", 60),
        ("Mon, 04 Jan 2021 08:01:00 GMT", 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: int) -> None:
    """A day at most."""
    assert asked_pause(header, NOW) == timedelta(seconds=seconds)
