"""What is sealed can be opened with the key, found by its keyed hash, and read by nobody else."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest

from hub.vault import (
    Vault,
    WrongKey,
    create_key_file,
    fingerprint_of,
    is_open_to_others,
    new_key,
    read_key_file,
    read_keys,
    replace_key_file,
)

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue
    from pathlib import Path

OLD, NEW = new_key(), new_key()


def test_what_was_sealed_is_opened_again() -> None:
    """Letter by letter."""
    vault = Vault((OLD,))
    assert vault.open(vault.seal("é-secret")) == "é-secret"


def test_a_sealed_text_says_nothing_of_itself() -> None:
    """Not even whether two are the same."""
    vault = Vault((OLD,))
    one, other = vault.seal("secret"), vault.seal("secret")
    assert (one != other, "secret" in one) == (True, False)


def test_another_key_opens_nothing() -> None:
    """It raises, and gives nothing."""
    with pytest.raises(WrongKey, match="another key"):
        Vault((NEW,)).open(Vault((OLD,)).seal("secret"))


def test_an_old_key_still_opens_and_finds() -> None:
    """While the key is being changed."""
    before, meanwhile = Vault((OLD,)), Vault((NEW, OLD))
    assert meanwhile.open(before.seal("secret")) == "secret"
    assert before.lookup("secret") in meanwhile.lookups("secret")


def test_the_hash_of_a_text_depends_on_the_key() -> None:
    """Who has the database alone cannot try addresses out."""
    assert Vault((OLD,)).lookup("secret") != Vault((NEW,)).lookup("secret")


def test_neither_a_vault_nor_a_fingerprint_shows_the_key() -> None:
    """They may stand in a log."""
    vault = Vault((OLD,))
    assert OLD not in repr(vault) + vault.fingerprint
    assert fingerprint_of(OLD) != fingerprint_of(NEW)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "no-key", f"{OLD} no-key", "é", OLD[:-4]],
    ids=["nothing", "blank", "word", "two", "accent", "short"],
)
def test_what_is_no_key_is_named(text: str) -> None:
    """With where it stands, not with what it is."""
    with pytest.raises(WrongKey, match="the setting holds no usable key"):
        read_keys(text, "the setting")


def test_keys_are_separated_as_people_do() -> None:
    """By lines, blanks or commas."""
    assert read_keys(f" {NEW},{OLD}\n", "x") == read_keys(f"{NEW}\n{OLD}", "x") == (NEW, OLD)


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """From the first moment, and after a change."""
    path = tmp_path / "secret.key"
    assert read_key_file(path) is None
    assert create_key_file(path, [OLD]) == (OLD,)
    replace_key_file(path, [NEW, OLD])
    assert (read_key_file(path), path.stat().st_mode & 0o777, is_open_to_others(path)) == ((NEW, OLD), 0o600, False)
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    """Whoever comes second takes the first one's key."""
    path = tmp_path / "secret.key"
    create_key_file(path, [OLD])
    assert (create_key_file(path, [NEW]), path.read_text()) == ((OLD,), f"{OLD}\n")


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder in its place, or no text."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("folder", "bytes"):
        with pytest.raises(WrongKey, match=f"{tmp_path / name} cannot be read"):
            read_key_file(tmp_path / name)


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path) -> None:
    """Whichever was first."""
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    children = [fork.Process(target=_make_key, args=(tmp_path / "secret.key", answers)) for _ in range(6)]
    for child in children:
        child.start()
    found = {answers.get() for _ in children}
    for child in children:
        child.join()
    assert len(found) == 1


def _make_key(path: Path, answers: SimpleQueue[tuple[str, ...]]) -> None:
    answers.put(create_key_file(path, [new_key()]))


def test_a_signature_is_the_same_for_the_same_words() -> None:
    """And another for another purpose, text or key."""
    vault = Vault((OLD,))
    found = {vault.signature(purpose, text) for purpose in "ab" for text in "xy"}
    assert (len(found), vault.signature("a", "x") in found, Vault((NEW,)).signature("a", "x") in found) == (
        4,
        True,
        False,
    )


def test_what_was_signed_with_an_older_key_is_still_believed() -> None:
    """Until that key is forgotten."""
    assert Vault((OLD,)).signature("a", "x") in Vault((NEW, OLD)).signatures("a", "x")
