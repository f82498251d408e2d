"""Passwords and API tokens: what is shown once, and what is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

TOKEN_PREFIX = "hub_live_"  # noqa: S105 - what a token begins with, not a token


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is shown once; `digest` and `hint` are what the database keeps."""

    secret: str = field(repr=False)
    digest: str
    hint: str


def new_token() -> NewToken:
    """Make an API token of 256 random bits."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return NewToken(secret, digest_of(secret), secret[-4:])


def digest_of(secret: str) -> str:
    """SHA-256 of a token: 256 random bits need no slow hash, and the lookup must be quick."""
    return hashlib.sha256(_bytes(secret)).hexdigest()


def hash_password(password: str) -> str:
    """An argon2id hash, with its parameters and salt inside."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(_bytes(password))


def password_matches(password_hash: str, password: str) -> bool:
    """Whether this is the password of that hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(password_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(typed: str) -> bytes:
    return typed.encode("utf-8", "surrogatepass")  # a wire may bring anything, and it is wrong, not an error
