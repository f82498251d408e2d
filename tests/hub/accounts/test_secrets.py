"""What is shown once, and what is kept."""

from __future__ import annotations

import hashlib

import pytest

from hub.accounts.secrets import TOKEN_PREFIX, digest_of, hash_password, new_token, password_matches


def test_a_token_says_what_it_is_and_cannot_be_guessed() -> None:
    """256 bits behind a prefix that a scanner of leaked secrets finds."""
    tokens = {new_token().secret for _ in range(50)}
    assert len(tokens) == 50
    assert all(token.startswith(TOKEN_PREFIX) and len(token) == len(TOKEN_PREFIX) + 43 for token in tokens)


def test_what_is_kept_of_a_token_does_not_give_it_away() -> None:
    """A hash, and the last four characters."""
    token = new_token()
    assert token.digest == hashlib.sha256(token.secret.encode()).hexdigest()
    assert (token.secret[-4:], token.secret in token.digest) == (token.hint, False)


def test_a_new_token_shows_itself_only_when_asked() -> None:
    """Not where it is printed as part of something else."""
    token = new_token()
    assert token.secret not in repr(token)


@pytest.mark.parametrize("typed", ["", "\x00", "\ud800", "é" * 1000])
def test_whatever_is_shown_as_a_token_has_a_digest(typed: str) -> None:
    """A wire may bring anything."""
    assert len(digest_of(typed)) == 64


def test_a_password_is_kept_as_a_salted_slow_hash() -> None:
    """The same password twice is two hashes."""
    first, second = (hash_password("correct horse battery") for _ in range(2))
    assert first.startswith("$argon2id$")
    assert (first == second, password_matches(first, "correct horse battery")) == (False, True)


@pytest.mark.parametrize("typed", ["", "Correct horse battery", "correct horse battery ", "\ud800"])
def test_another_password_does_not_match(typed: str) -> None:
    """Whatever was typed."""
    assert not password_matches(hash_password("correct horse battery"), typed)


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$v=19$broken"])
def test_a_broken_hash_matches_nothing(kept: str) -> None:
    """Nobody comes in by it, and nothing falls over."""
    assert not password_matches(kept, "correct horse battery")
