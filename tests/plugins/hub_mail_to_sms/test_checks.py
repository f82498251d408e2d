from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

import hub_mail_to_sms
from hub import HubError
from hub.clock import SystemClock
from hub_mail_to_sms.checks import findings, tls_context
from hub_mail_to_sms.settings import MailSettings

from .conftest import CERTIFICATE, KEY, LOCKED_KEY, WITH_TLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub import Hub

    from .conftest import Listener

OPEN = "0.0.0.0"  # noqa: S104 - a value, not a socket


def found(**settings: Any) -> list[tuple[str, bool]]:
    """Where something is found, and whether it is fatal."""
    hub = cast("Hub", SimpleNamespace(section=lambda _: MailSettings(**settings), clock=SystemClock()))
    return [(finding.where.removeprefix("[mail_to_sms] "), finding.fatal) for finding in findings(hub)]


@pytest.mark.parametrize(
    ("settings", "findings_"),
    [
        ({}, []),
        (WITH_TLS, []),
        ({"host": OPEN, **WITH_TLS}, []),
        ({"host": OPEN}, [("tls_cert", False)]),
        ({"host": OPEN, "accept": "address", **WITH_TLS}, [("accept", False)]),
        ({"host": OPEN, "accept": "address"}, [("tls_cert", False), ("accept", False)]),
        ({"tls_cert": "/nowhere.crt"}, [("tls_cert", True)]),
        ({"tls_cert": str(CERTIFICATE)}, [("tls_cert", True)]),
        ({"tls_cert": str(CERTIFICATE), "tls_key": str(CERTIFICATE)}, [("tls_cert", True)]),
        ({"tls_cert": str(CERTIFICATE), "tls_key": str(LOCKED_KEY)}, [("tls_cert", True)]),
        ({"tls_key": str(KEY)}, [("tls_cert", False)]),
        ({"accept": "verified"}, [("trusted_server", True)]),
        ({"accept": "verified", "trusted_server": "mx.example"}, []),
        ({"accept": "verified", "verify": "dns"}, []),
    ],
)
def test_each_thing_that_cannot_work_is_found(settings: dict[str, Any], findings_: list[tuple[str, bool]]) -> None:
    """Fatal where mails could not be taken as the settings promise."""
    assert found(**settings) == findings_


def test_a_missing_extra_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first mail."""
    monkeypatch.setitem(sys.modules, "hub_mail_to_sms.dns_verification", None)
    assert found(accept="verified", verify="dns") == [("verify", True)]


def test_a_locked_key_is_refused_without_asking_for_its_password() -> None:
    """Nobody sits there to type it."""
    with pytest.raises(HubError, match="the key is locked with a password"):
        tls_context(MailSettings(tls_cert=str(CERTIFICATE), tls_key=str(LOCKED_KEY)))


def test_the_hub_is_told(listen: Callable[..., Listener]) -> None:
    """By the hook that `hub check` and `/health/ready` call."""
    listener = listen(host=OPEN)
    core = listener.hub.core
    assert core.plugins.health(core) == tuple(hub_mail_to_sms.hub_health(core))
    assert [finding.where for finding in core.plugins.health(core)] == ["[mail_to_sms] tls_cert"]


def test_the_port_is_told_before_it_is_taken(listen: Callable[..., Listener]) -> None:
    """So that `hub check` can say whether it is free."""
    listener = listen()
    core = listener.hub.core
    (address,) = core.plugins.registry.services["mail_to_sms"].listens(core)
    assert (address.host, address.port) == ("127.0.0.1", listener.port)


def test_a_domain_of_its_own_is_worth_a_warning() -> None:
    """Answers go to the hub's."""
    hub = SimpleNamespace(
        section=lambda _: MailSettings(domain="sms.example"), clock=SystemClock(), mail_domain="sms.example.org"
    )
    assert [one.where for one in findings(cast("Hub", hub))] == ["[mail_to_sms] domain"]
