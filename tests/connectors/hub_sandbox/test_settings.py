from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext, Registry
from hub.clock import SystemClock
from hub_sandbox import hub_register_connectors
from hub_sandbox.connector import Sandbox
from hub_sandbox.remote import RemoteSandbox
from hub_sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("key", ["rate", "seed"])
@pytest.mark.parametrize("text", ["", "none", " None "])
def test_an_empty_value_is_no_value(key: str, text: str) -> None:
    """`rate =` and `seed = none` in hub.ini mean that there is none."""
    assert getattr(SandboxSettings.model_validate({key: text}), key) is None


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("rate", "25", 25.0), ("seed", "7", 7), ("receipts", "no", False), ("reject", "0.5", 0.5)],
)
def test_values_are_read_from_text(key: str, text: str, value: object) -> None:
    """Every key can be written as hub.ini writes it."""
    assert getattr(SandboxSettings.model_validate({key: text}), key) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("reject", "1.1"),
        ("throttle", "-0.1"),
        ("rate", "0"),
        ("rate", "inf"),
        ("batch_size", "0"),
        ("seed", "x"),
        ("address", "here"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(key: str, text: str) -> None:
    """Odds go from 0 to 1, a rate and a batch are more than nothing."""
    with pytest.raises(ValueError, match=key):
        SandboxSettings.model_validate({key: text})


def test_every_key_has_a_default_and_a_description() -> None:
    """hub.ini can show them all, and an empty section works."""
    fields = SandboxSettings.model_fields.values()
    assert [field for field in fields if field.is_required() or not field.description] == []


def test_the_package_registers_its_type(tmp_path: Path) -> None:
    """`type = sandbox` is known, with its keys, and builds a sandbox that keeps to them."""
    registry = Registry()
    hub_register_connectors(registry)
    kind = registry.connectors["sandbox"]
    built = kind.build(
        ConnectorContext("sandbox", tmp_path, SystemClock()), kind.settings.model_validate({"batch_size": "7"})
    )
    assert (kind.settings, built.capabilities.batch_size) == (SandboxSettings, 7)


@pytest.mark.parametrize(("address", "kind"), [("", Sandbox), ("unix:/run/line", RemoteSandbox)])
def test_an_address_decides_where_the_carrier_lives(tmp_path: Path, address: str, kind: type) -> None:
    """Inside the worker without one, else behind it."""
    registry = Registry()
    hub_register_connectors(registry)
    settings = SandboxSettings.model_validate({"address": address})
    built = registry.connectors["sandbox"].build(ConnectorContext("sandbox", tmp_path, SystemClock()), settings)
    assert type(built) is kind
