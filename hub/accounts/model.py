"""Accounts, users, tokens, and the books that credits move between."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends and pays. `country` is how national numbers are read and whose rules come first."""

    id: int
    name: str
    country: str
    created_at: datetime
    locked: bool = False
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to an account's console."""

    id: int
    account_id: int
    email: str


class Book(StrEnum):
    """Where credits are. Every entry moves some from one book to another: nothing appears or vanishes.

    `ISSUED` is the hub's side of what was sold (it goes below zero), `SPENT` what was used for good.
    """

    ISSUED = "issued"
    AVAILABLE = "available"
    RESERVED = "reserved"
    SPENT = "spent"


class Movement(StrEnum):
    """Why credits moved, and between which books."""

    PURCHASE = "purchase"
    WITHDRAWAL = "withdrawal"
    RESERVE = "reserve"
    CHARGE = "charge"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's credits: free to use, set aside for messages on their way, and used."""

    available: int
    reserved: int
    spent: int
