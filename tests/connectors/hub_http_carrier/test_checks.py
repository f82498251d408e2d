"""What `hub check` says of HTTP carriers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hub_http_carrier
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Finding
    from hub.testing.databases import Databases

SECRET = "0123456789abcdefghij"
OVH = {"preset": "ovh", "account": "sms-1", "user": "u", "password": "p", "token": "t"}
TWILIO = {"preset": "twilio", "account": "AC1", "password": "p"}


def found(folder: Path, databases: Databases, public_url: str = "https://hub.example", **keys: str) -> list[Finding]:
    """What is found of a carrier with these keys."""
    environ = {"HUB_HUB_PUBLIC_URL": public_url, "HUB_CONNECTOR_MAIN_TYPE": "http"}
    environ |= {f"HUB_CONNECTOR_MAIN_{key.upper()}": value for key, value in keys.items()}
    environ = {name: value for name, value in environ.items() if value}
    hub = make_hub(folder, databases.fresh("sqlite"), settings=environ, bring={"http": hub_http_carrier})
    try:
        return list(hub.core.plugin_findings())
    finally:
        hub.core.close()


def test_a_carrier_that_has_all_it_needs_is_not_spoken_of(tmp_path: Path, databases: Databases) -> None:
    """A secret in the address is a proof."""
    assert found(tmp_path, databases, **OVH, callback_secret=SECRET) == []


def test_callbacks_without_a_proof_stop_the_hub(tmp_path: Path, databases: Databases) -> None:
    """They cannot be left open by leaving keys out."""
    (finding,) = found(tmp_path, databases, **OVH)
    assert (finding.where, finding.fatal) == ("[connector.main] callback_secret", True)


@pytest.mark.parametrize(
    "proof",
    [
        {"callback_secret": SECRET},
        {"callback_user": "u", "callback_password": "p"},
        {"callback_networks": "192.0.2.0/24"},
        {"receipts": "no"},
    ],
)
def test_one_proof_is_enough(tmp_path: Path, databases: Databases, proof: dict[str, str]) -> None:
    """Or no calls at all."""
    assert found(tmp_path, databases, **OVH, **proof) == []


def test_half_a_sign_in_is_none(tmp_path: Path, databases: Databases) -> None:
    """A user without a password proves nothing."""
    wheres = {finding.where for finding in found(tmp_path, databases, **OVH, callback_user="u")}
    assert wheres == {"[connector.main] callback_secret", "[connector.main] callback_user"}


def test_twilio_signs_by_its_own_token(tmp_path: Path, databases: Databases) -> None:
    """Nothing else need be written."""
    assert found(tmp_path, databases, **TWILIO) == []


def test_what_signs_the_address_needs_to_know_it(tmp_path: Path, databases: Databases) -> None:
    """Without `public_url` no call of Twilio's could be told from a stranger's."""
    (finding,) = found(tmp_path, databases, "", **TWILIO)
    assert (finding.where, finding.fatal) == ("[hub] public_url", True)


def test_a_key_that_a_carrier_needs_is_asked_for(tmp_path: Path, databases: Databases) -> None:
    """Each by its name."""
    wheres = [finding.where for finding in found(tmp_path, databases, preset="ovh", callback_secret=SECRET)]
    assert wheres == [f"[connector.main] {key}" for key in ("account", "user", "password", "token")]


@pytest.mark.parametrize(
    ("url", "count"), [("http://carrier.example/", 1), ("http://127.0.0.1:1/", 0), ("https://carrier.example/", 0)]
)
def test_texts_in_clear_are_spoken_of(tmp_path: Path, databases: Databases, url: str, count: int) -> None:
    """Unless they stay on this machine."""
    assert len(found(tmp_path, databases, **OVH, callback_secret=SECRET, url=url)) == count
