"""What hub.ini may hold of an HTTP carrier."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hub_http_carrier.settings import HttpSettings, callback_urls

SECRET = "0123456789abcdefghij"


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


def test_a_relative_definition_stands_beside_hub_ini() -> None:
    """As every path of it does."""
    context = {"folder": Path("/etc/textohub")}
    settings = HttpSettings.model_validate({"definition": "carrier.toml"}, context=context)
    assert settings.definition == Path("/etc/textohub/carrier.toml")


def test_an_empty_definition_is_none() -> None:
    """As the example of hub.ini has it."""
    assert HttpSettings.model_validate({"definition": "", "rate": "", "batch_size": ""}) == HttpSettings()
