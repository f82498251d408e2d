"""`hub secrets`, and what every command says when the key does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.vault import read_key_file, read_keys

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


def test_the_key_is_told_by_its_fingerprint(shop: CommandLine) -> None:
    """And never shown."""
    path = shop.folder / "data" / "secret.key"
    said = shop("secrets", "status").stdout
    assert (said.startswith(f"{path}: "), path.read_text().strip() in said) == (True, False)


def test_a_new_key_can_be_used(cli: CommandLine) -> None:
    """As `[hub] secret_key`; then there is no file."""
    key = cli("secrets", "new-key").stdout
    assert len(read_keys(key, "x")) == 1
    assert cli.json("secrets", "status", HUB_HUB_SECRET_KEY=key)["where"] == "[hub] secret_key"
    assert not (cli.folder / "data" / "secret.key").exists()


def test_addresses_survive_a_change_of_the_key(shop: CommandLine) -> None:
    """They are sealed again, and shown as before."""
    before = shop.json("mail", "address", HUB_PLUGINS_DISABLED="")["mail_address"]
    path = shop.folder / "data" / "secret.key"
    old = read_key_file(path)
    changed = shop.json("secrets", "rotate", HUB_PLUGINS_DISABLED="")
    assert (changed["resealed"], changed["old_keys"]) == (1, 1)
    assert shop.json("secrets", "rotate", "--finish", HUB_PLUGINS_DISABLED="")["old_keys"] == 0
    assert shop.json("mail", "address", HUB_PLUGINS_DISABLED="")["mail_address"] == before
    assert read_key_file(path) != old


def test_a_secret_address_is_nowhere_in_the_data_folder(shop: CommandLine) -> None:
    """Neither in the database nor in its log."""
    secret = shop.json("mail", "address", HUB_PLUGINS_DISABLED="")["mail_address"].partition("@")[0]
    files = [path for path in (shop.folder / "data").rglob("*") if path.is_file()]
    assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("words", [("check",), ("serve",), ("worker",), ("web",), ("scheduler",), ("account", "list")])
def test_without_the_key_nothing_starts(shop: CommandLine, words: tuple[str, ...]) -> None:
    """The exit code is 2, the sentence names the file and the mend, and no key is made (F32)."""
    path = shop.folder / "data" / "secret.key"
    path.unlink()
    result = shop(*words)
    said = result.stdout + result.stderr
    assert (result.exit_code, f"{path} is not there" in said, "Put that file back" in said) == (2, True, True)
    assert not path.exists()


def test_a_key_that_others_can_read_is_a_warning(shop: CommandLine) -> None:
    """With the command that mends it (B49)."""
    path = shop.folder / "data" / "secret.key"
    path.chmod(0o644)
    findings = {one["where"]: one for one in shop.json("check")["findings"]}
    assert (findings[str(path)]["fatal"], f"chmod 600 {path}" in findings[str(path)]["message"]) == (False, True)
