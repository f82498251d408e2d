from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hub_mail_to_sms.settings import Accept, MailSettings


@pytest.mark.parametrize(
    ("host", "accept", "way"),
    [
        ("127.0.0.1", "auto", Accept.ADDRESS),
        ("127.8.8.8", "auto", Accept.ADDRESS),
        ("::1", "auto", Accept.ADDRESS),
        ("localhost", "auto", Accept.ADDRESS),
        ("0.0.0.0", "auto", Accept.AUTH),  # noqa: S104 - a value, not a socket
        ("::", "auto", Accept.AUTH),
        ("192.0.2.1", "auto", Accept.AUTH),
        ("mx.example.org", "auto", Accept.AUTH),
        ("0.0.0.0", "address", Accept.ADDRESS),  # noqa: S104 - as above
        ("127.0.0.1", "verified", Accept.VERIFIED),
    ],
)
def test_who_may_send_depends_on_where_it_listens(host: str, accept: str, way: Accept) -> None:
    """Unless the operator says so: open to secret addresses on loopback, to tokens elsewhere."""
    assert MailSettings(host=host, accept=Accept(accept)).way is way


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SMS.Example.org.", "sms.example.org"),
        (" sms.example.org ", "sms.example.org"),
        ("sms.café.example", "sms.xn--caf-dma.example"),
        ("localhost", "localhost"),
    ],
)
def test_a_domain_is_read_as_it_stands_on_the_wire(written: str, read: str) -> None:
    """Small letters, no dot at the end, ASCII."""
    assert MailSettings(domain=written).domain == read


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "sms@example.org"},
        {"domain": "two words.example"},
        {"domain": "a..b"},
        {"domain": ".example.org"},
        {"trusted_networks": "10.0.0.300"},
        {"port": 0},
        {"port": 70_000},
        {"accept": "everybody"},
        {"verify": "hope"},
        {"max_recipients": 0},
        {"timeout_s": 0},
        {"unheard_of": 1},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """When the hub starts, not when the first mail comes."""
    with pytest.raises(ValidationError):
        MailSettings(**wrong)


def test_a_network_that_is_none_is_named() -> None:
    """Among several."""
    with pytest.raises(ValidationError, match=r"holds 10\.0\.0\.300, which is no network"):
        MailSettings(trusted_networks="10.0.0.0/8, 10.0.0.300")  # type: ignore[arg-type]  # as it stands in hub.ini


@pytest.mark.parametrize("key", MailSettings.model_fields)
def test_every_key_has_its_sentence(key: str) -> None:
    """hub.ini shows it."""
    description = MailSettings.model_fields[key].description
    assert description is not None
    assert description.endswith(".")
