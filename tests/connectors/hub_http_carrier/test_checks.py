"""What `hub check` says of HTTP carriers, and what hub.ini may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

import hub_http_carrier
from hub.testing.hub import make_hub
from hub_http_carrier.settings import HttpSettings, callback_urls

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


@pytest.mark.parametrize(
    "keys",
    [
        {"preset": "nobody"},
        {"url": "carrier.example"},
        {"callback_secret": "short"},
        {"callback_secret": "with/slash/and/more/of/it"},
        {"callback_networks": "192.0.2.1/24"},
        {"parallel": 0},
        {"rate": 0},
        {"whole_timeout_s": 61},
    ],
)
def test_a_key_that_cannot_be_meant_is_refused(keys: dict[str, object]) -> None:
    """When hub.ini is read."""
    with pytest.raises(ValidationError):
        HttpSettings.model_validate({"preset": "ovh", **keys})


@pytest.mark.parametrize("keys", [{}, {"preset": "ovh", "definition": "a.toml"}])
def test_a_carrier_is_a_preset_or_a_definition(keys: dict[str, object]) -> None:
    """One of them."""
    with pytest.raises(ValueError, match="one of them"):
        HttpSettings.model_validate(keys).described()


def test_secrets_are_masked() -> None:
    """Wherever settings are shown."""
    keys = ("password", "token", "callback_password", "signing_secret")
    settings = HttpSettings.model_validate({"callback_secret": SECRET} | dict.fromkeys(keys, "hidden-words"))
    assert "hidden" not in repr(settings)
    assert SECRET not in repr(settings)


def test_the_addresses_have_the_secret_in_them() -> None:
    """Where there is one."""
    settings = HttpSettings.model_validate({"callback_secret": SECRET})
    assert callback_urls(settings, "main", "https://hub.example") == {
        "receipts": f"https://hub.example/carriers/main/{SECRET}/receipts",
        "inbound": f"https://hub.example/carriers/main/{SECRET}/inbound",
    }


def test_without_a_public_address_there_are_none() -> None:
    """The carrier is told nothing rather than something wrong."""
    assert set(callback_urls(HttpSettings(), "main", "").values()) == {""}
