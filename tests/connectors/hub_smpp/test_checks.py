"""What `hub check` says of SMPP carriers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hub_smpp
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Finding
    from hub.testing.databases import Databases

WHOLE = {"host": "127.0.0.1", "system_id": "hub", "password": "secret"}


def found(folder: Path, databases: Databases, **keys: str) -> list[Finding]:
    """What is found of a carrier with these keys."""
    environ = {f"HUB_CONNECTOR_MAIN_{key.upper()}": value for key, value in {"type": "smpp", **keys}.items()}
    hub = make_hub(folder, databases.fresh("sqlite"), settings=environ, bring={"smpp": hub_smpp})
    try:
        return list(hub.core.plugin_findings())
    finally:
        hub.core.close()


def test_a_carrier_that_has_all_it_needs_is_not_spoken_of(tmp_path: Path, databases: Databases) -> None:
    """Whether it is there shows as soon as there is something to send."""
    assert found(tmp_path, databases, **WHOLE) == []


def test_an_empty_password_is_worth_a_warning(tmp_path: Path, databases: Databases) -> None:
    """Some carrier may know its customers by their address."""
    (finding,) = found(tmp_path, databases, **{**WHOLE, "password": ""})
    assert (finding.where, finding.fatal) == ("[connector.main] password", False)


def test_without_a_name_there_is_no_bind(tmp_path: Path, databases: Databases) -> None:
    """No carrier lets in whom it does not know."""
    (finding,) = found(tmp_path, databases, **{**WHOLE, "system_id": ""})
    assert (finding.where, finding.fatal) == ("[connector.main] system_id", True)
