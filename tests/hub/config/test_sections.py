"""The core's keys: what each takes, what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

import pytest

from hub.compliance.model import OutsideWindow, Purpose
from hub.config.schema import keys_of
from hub.config.sections import CORE_SECTIONS, ComplianceSection, PurposeName, RouteSection
from hub.sms.model import EncodingMode

if TYPE_CHECKING:
    from hub.config.schema import Section

    from .conftest import FaultsOf, Read

MODELS = {**CORE_SECTIONS, "route.r": RouteSection}

GOOD = [
    ("hub", "data_dir", "/srv/hub", Path("/srv/hub")),
    ("hub", "data_dir", "~", Path.home()),
    ("hub", "region", "be", "BE"),
    ("hub", "log_format", "JSON", "json"),
    ("hub", "log_level", "Debug", "debug"),
    ("hub", "timezone", "Indian/Reunion", ZoneInfo("Indian/Reunion")),
    ("hub", "public_url", "https://sms.example.net/hub/", "https://sms.example.net/hub"),
    ("hub", "public_url", "", ""),
    ("hub", "redis_url", "", ""),
    ("hub", "redis_url", "None", "none"),
    ("hub", "redis_url", "redis://:p%40w@h:6379/2", "redis://:p%40w@h:6379/2"),
    ("hub", "redis_url", "rediss://h", "rediss://h"),
    ("hub", "redis_url", "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
    ("hub", "database_url", "", ""),
    ("hub", "database_url", "sqlite:////srv/x.db", "sqlite:////srv/x.db"),
    ("hub", "database_url", "SQLite:////srv/x.db?timeout=1", "sqlite:////srv/x.db?timeout=1"),
    ("hub", "database_url", "postgresql+psycopg://u:p@h:5/d", "postgresql+psycopg://u:p@h:5/d"),
    ("hub", "database_url", "postgresql://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
    ("hub", "database_url", "postgres:///d", "postgresql+psycopg:///d"),
    ("web", "host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - read, not listened on
    ("web", "host", "::1", "::1"),
    ("web", "host", "hub.local", "hub.local"),
    ("web", "port", "65535", 65535),
    ("workers", "dispatch", "0", 0),
    ("messages", "encoding", "GSM", EncodingMode.GSM),
    ("messages", "smart", "no", False),
    ("messages", "smart", "On", True),
    ("messages", "lease_s", "7.5", 7.5),
    ("messages", "default_purpose", "Alert", "alert"),
    ("compliance", "outside_window", "REJECT", "reject"),
    ("compliance", "mention", '" STOP {shortcode} "', " STOP {shortcode} "),
    ("compliance", "mention", "STOP au 36180", "STOP au 36180"),
    ("compliance", "mention", "STOP {{36180}}", "STOP {{36180}}"),
    ("compliance", "allowed_countries", "fr, RE", ("FR", "RE")),
    ("compliance", "allowed_countries", "FR,\n  BE\n  LU", ("FR", "BE", "LU")),
    ("compliance", "allowed_countries", "", ()),
    ("compliance", "profiles", {"fr": "FR-af2m-2026"}, {"FR": "FR-af2m-2026"}),
    ("senders", "default", "ACME", "ACME"),
    ("senders", "registered", '"ACME", FOO', ("ACME", "FOO")),
    ("senders", "by_country", {"fr": "36180", "BE": "8850"}, {"FR": "36180", "BE": "8850"}),
    ("plugins", "disabled", "Mail-to-SMS, shop", ("mail_to_sms", "shop")),
]

BAD = [
    ("hub", "data_dir", "", "is no path"),
    ("hub", "data_dir", "~nobody-of-this-name/x", "home folder"),
    ("hub", "region", "FRA", "is not a country code"),
    ("hub", "region", "UK", "did you mean GB?"),
    ("hub", "timezone", "Europe", "is not a time zone"),
    ("hub", "timezone", "../../etc/passwd", "is not a time zone"),
    ("hub", "timezone", "", "is not a time zone"),
    ("hub", "public_url", "sms.example.net", "is not a web address"),
    ("hub", "public_url", "ftp://h", "is not a web address"),
    ("hub", "public_url", "https://", "is not a web address"),
    ("hub", "public_url", "https://u:p@h", "is not a web address"),
    ("hub", "public_url", "https://h?x=1", "goes on after the path"),
    ("hub", "public_url", "https://h /x", "has a space"),
    ("hub", "public_url", "https://h:port", "cannot be read"),
    ("hub", "redis_url", "localhost:6379", "is not the address of a Redis"),
    ("hub", "redis_url", "redis://", "is not the address of a Redis"),
    ("hub", "redis_url", "redis://h/zero", "is not the address of a Redis"),
    ("hub", "redis_url", "unix://", "is not the address of a Redis"),
    ("hub", "database_url", "hub.db", "is not a database"),
    ("hub", "database_url", "mysql://h/d", "is not a database"),
    ("hub", "database_url", "postgresql+asyncpg://h/d", "is not a database"),
    ("hub", "database_url", "sqlite://", "names no file"),
    ("hub", "database_url", "sqlite:///:memory:", "names no file"),
    ("hub", "database_url", "sqlite://hub.db", "names no file"),
    ("hub", "database_url", "postgresql://h", "names no database"),
    ("hub", "database_url", "postgresql://u:p/w@h/d", "%2F for a /"),
    ("web", "host", "http://h", "is not an address to listen on"),
    ("web", "host", "127.0.0.1:80", "is not an address to listen on"),
    ("web", "host", "", "is not an address to listen on"),
    ("web", "port", "0", "out of range"),
    ("web", "port", "8080.5", "not a whole number"),
    ("web", "port", "1" * 5000, "not a whole number"),
    ("web", "threads", "0", "out of range"),
    ("workers", "background", "-1", "out of range"),
    ("messages", "encoding", "ucs2", "is not a choice"),
    ("messages", "max_segments", "256", "out of range"),
    ("messages", "lease_s", "4.9", "out of range"),
    ("messages", "lease_s", "nan", "not a number"),
    ("messages", "no_receipt_hours", "48h", "not a number"),
    ("messages", "default_purpose", "promo", "is not a choice"),
    ("compliance", "max_defer_hours", "0", "out of range"),
    ("compliance", "mention", '" "', "says nothing"),
    ("compliance", "mention", "STOP {short}", "a field that nothing fills"),
    ("compliance", "mention", "STOP {shortcode.x}", "a field that nothing fills"),
    ("compliance", "mention", "STOP {shortcode:>9}", "a field that nothing fills"),
    ("compliance", "mention", "STOP {shortcode!r}", "a field that nothing fills"),
    ("compliance", "mention", "STOP {}", "a field that nothing fills"),
    ("compliance", "mention", "STOP {shortcode", "a brace without its partner"),
    ("senders", "default", "1234567890123456", "too long"),
    ("route.r", "connector", "", "too short"),
    ("route.r", "purposes", "", "too short"),
    ("route.r", "rate", "fast", "not a number"),
    ("route.r", "on_unknown", "retry", "is not a choice"),
]


def written(section: str, key: str, value: str | dict[str, str]) -> str:
    """A hub.ini with one key, or with the keys of a mapping."""
    keys = value if isinstance(value, dict) else {key: value}
    return f"[{section}]\n" + "\n".join(f"{name} = {text}" for name, text in keys.items())


@pytest.mark.parametrize(("section", "key", "value", "expected"), GOOD)
def test_a_key_takes(read: Read, section: str, key: str, value: str | dict[str, str], expected: object) -> None:
    """What the table says, and gives it on as the type that the hub uses."""
    settings = read(written(section, key, value))
    assert getattr(getattr(settings, section), key) == expected


@pytest.mark.parametrize(("section", "key", "value", "word"), BAD)
def test_a_key_refuses(faults_of: FaultsOf, section: str, key: str, value: str, word: str) -> None:
    """What the table says, in these words."""
    messages = [fault.message for fault in faults_of(written(section, key, value)) if f"] {key}:" in fault.message]
    assert [word in message for message in messages] == [True]


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_rate_is_no_limit(read: Read, value: str) -> None:
    """So that an environment can lift the one of hub.ini."""
    text = f"[connector.a]\ntype = sandbox\n[route.r]\nconnector = a\nrate = {value}"
    assert read(text).routes["r"].rate is None


def test_a_relative_sqlite_file_starts_at_the_folder_of_hub_ini(read: Read, tmp_path: Path) -> None:
    """Every process must open the same one, wherever it was started."""
    assert read("[hub]\ndatabase_url = sqlite:///x.db").hub.database_url == f"sqlite:///{tmp_path / 'x.db'}"


def test_the_mention_keeps_its_first_space() -> None:
    """It is put right behind the text; 16 characters with a five-digit code."""
    assert len(ComplianceSection().mention.format(shortcode="36180")) == 16


@pytest.mark.parametrize("model", [*MODELS.values()], ids=[*MODELS])
def test_every_key_has_its_sentence(model: type[Section]) -> None:
    """hub.ini shows it."""
    assert [key for key, field in keys_of(model).items() if not field.description] == []


@pytest.mark.parametrize("model", CORE_SECTIONS.values(), ids=[*CORE_SECTIONS])
def test_every_default_is_a_value_the_key_takes(model: type[Section]) -> None:
    """Models do not check their own defaults."""
    assert model.model_validate(model().model_dump()) == model()


def test_words_of_hub_ini_are_those_of_the_rules() -> None:
    """The settings stand below the rooms whose enums these are, and cannot import them."""
    outside_window = ComplianceSection.model_fields["outside_window"].annotation
    assert get_args(get_args(PurposeName)[0]) == tuple(Purpose)
    assert get_args(outside_window) == tuple(OutsideWindow)


def test_the_package_alone_is_light() -> None:
    """A command that needs no settings must not pay for pydantic."""
    code = "import sys, hub.config; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
