"""A hub with one plugin, and two types of connector, to read settings for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pytest
from pydantic import Field, SecretStr

from hub.config.load import load, read_sources
from hub.config.schema import LocalPath, Section, TextList
from hub.errors import ConfigError, Fault

if TYPE_CHECKING:
    from hub.config.settings import Settings


class CarrierSection(Section):
    """A carrier's line."""

    host: str = Field(description="Host of the carrier.")
    port: int = Field(default=2775, ge=1, le=65535, description="Port of the carrier.")
    password: SecretStr = Field(default=SecretStr(""), min_length=4, description="Password.")
    line_type: Literal["one", "two"] = Field(default="one", description="Kind of line.")


class NothingSection(Section):
    """A carrier that needs no keys."""


class MailSection(Section):
    """Mail into texts."""

    port: int = Field(default=8025, ge=1, le=65535, description="Port to listen on.")
    domains: TextList = Field(default=(), description="Domains that are served.")
    key: LocalPath = Field(default=Path("key.pem"), description="The key.")
    key_file: str = Field(default="", description="A key whose own name ends like a variable that names a file.")
    token: SecretStr = Field(default=SecretStr(""), description="Token.")


class ShortMailSection(Section):
    """A section whose name is the beginning of another's."""

    to_sms_port: int = Field(default=1, description="A key that makes both sections' variables alike.")


PLUGINS: dict[str, type[Section]] = {"mail": ShortMailSection, "mail_to_sms": MailSection}
CONNECTORS: dict[str, type[Section]] = {"carrier": CarrierSection, "sandbox": NothingSection}


class Read(Protocol):
    """Reads a text as hub.ini (None: there is no file), below an environment."""

    def __call__(
        self, text: str | None = None, environ: dict[str, str] | None = None, *, mode: int = 0o600
    ) -> Settings:
        """The settings; a ConfigError otherwise."""
        ...


class FaultsOf(Protocol):
    """Reads a text that is faulty."""

    def __call__(self, text: str | None = None, environ: dict[str, str] | None = None) -> tuple[Fault, ...]:
        """What is wrong, with the file's folder taken out of `field`."""
        ...


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read settings."""

    def read_text(text: str | None = None, environ: dict[str, str] | None = None, *, mode: int = 0o600) -> Settings:
        path = tmp_path / "hub.ini"
        if text is not None:
            path.write_text(text, encoding="utf-8")
            path.chmod(mode)
        raw = read_sources(path if text is not None else None, environ or {})
        return load(raw, plugin_sections=PLUGINS, connector_types=CONNECTORS)

    return read_text


@pytest.fixture
def faults_of(read: Read, tmp_path: Path) -> FaultsOf:
    """Read settings that are faulty."""

    def read_faulty(text: str | None = None, environ: dict[str, str] | None = None) -> tuple[Fault, ...]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        folder = f"{tmp_path}/"
        return tuple(
            Fault(fault.field.replace(folder, ""), fault.code, fault.message.replace(folder, ""))
            for fault in caught.value.faults
        )

    return read_faulty


@pytest.fixture
def plugin_models() -> dict[str, type[Section]]:
    """What the plugins registered."""
    return PLUGINS


@pytest.fixture
def mail_section() -> type[MailSection]:
    """The model that the plugin registered."""
    return MailSection
