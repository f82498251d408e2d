"""What the calls of sub-accounts and of tokens take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.accounts.model import Scope
from hub.accounts.service import MAX_CREDITS
from hub.accounts.tokens import MOST_NETWORKS
from hub.web.answers import Balance
from hub.web.examples import shown_as
from hub.web.schemas import MOST_ITEMS, Input

LARGEST_ID = 2**53
LONGEST_NAME = 200
_like = partial(shown_as, from_attributes=True)

SUB_ACCOUNT: dict[str, Any] = {
    "id": 7,
    "name": "Salon Exemple, Lyon",
    "country": "FR",
    "draws": False,
    "locked": False,
    "created_at": "2027-01-04T08:30:00Z",
    "balance": {"available": 100, "reserved": 0, "spent": 0},
}
TOKEN: dict[str, Any] = {
    "id": 3,
    "name": "caisse",
    "hint": "x4Qz",
    "scope": "send",
    "created_at": "2027-01-04T08:30:00Z",
    "expires_at": "2028-01-04T08:30:00Z",
    "networks": ["192.0.2.0/24"],
    "last_used_at": None,
}


class SubAccountBody(Input):
    """A sub-account to open."""

    model_config = shown_as({"name": SUB_ACCOUNT["name"], "credits": 100}, extra="forbid")

    name: str = Field(max_length=LONGEST_NAME, description="What it is called; no two accounts of a hub are alike.")
    country: str | None = Field(
        default=None, description="Where numbers without a calling code are from; the parent's without a word."
    )
    countries: list[str] | None = Field(
        default=None,
        max_length=300,
        description="Which countries it may text, among those of its parent; all of these without a word.",
    )
    draws: bool = Field(
        default=False, strict=True, description="Whether what it lacks is taken from its parent's credits."
    )
    credits: int = Field(
        default=0, strict=True, ge=0, le=MAX_CREDITS, description="Credits of its parent's to begin with."
    )


class EditSubAccountBody(Input):
    """What is to change of a sub-account."""

    model_config = shown_as({"draws": True}, extra="forbid")

    name: str = Field(default="", max_length=LONGEST_NAME)
    draws: bool = Field(
        default=False, strict=True, description="Whether what it lacks is taken from its parent's credits."
    )
    locked: bool = Field(default=False, strict=True, description="Whether it can neither call nor send.")


class SubAccountPath(BaseModel):
    """Which sub-account."""

    account_id: int = Field(ge=1, le=LARGEST_ID, description="Its id.", json_schema_extra={"example": 7})


class SubAccountsQuery(Input):
    """Which page of the sub-accounts."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most sub-accounts of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class TransferBody(Input):
    """Credits to give or to take back."""

    model_config = shown_as({"credits": 100}, extra="forbid")

    credits: int = Field(
        strict=True, ge=-MAX_CREDITS, le=MAX_CREDITS, description="How many to give; below zero, to take back."
    )


class SubAccount(BaseModel):
    """A sub-account."""

    model_config = _like(SUB_ACCOUNT)

    id: int
    name: str
    country: str
    draws: bool = Field(description="Whether what it lacks is taken from its parent's credits.")
    locked: bool = Field(description="It can neither call nor send; so it is while its parent is locked.")
    created_at: datetime
    balance: Balance = Field(description="Its own credits.")


class SubAccountPage(BaseModel):
    """Sub-accounts, the oldest first."""

    model_config = shown_as({"items": [SUB_ACCOUNT], "next": None})

    items: list[SubAccount]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class ResetAnswer(BaseModel):
    """How many credits went back to the parent account."""

    model_config = shown_as({"returned": 42})

    returned: int


class TokenBody(Input):
    """A token to make."""

    model_config = shown_as({"name": "caisse", "scope": "send", "networks": ["192.0.2.0/24"]}, extra="forbid")

    name: str = Field(max_length=100, description="What uses it.")
    scope: Scope = Field(
        default=Scope.ALL, description="`send` to send and cancel, `read` to look, `all` for everything."
    )
    expires_at: str | None = Field(
        default=None, description="Until when it holds, ISO 8601; for ever without a word, or as long as the one shown."
    )
    networks: list[str] = Field(
        default_factory=list,
        max_length=MOST_NETWORKS,
        description="From where it may be shown, as CIDR; none is anywhere.",
    )


class TokenPath(BaseModel):
    """Which token."""

    token_id: int = Field(ge=1, le=LARGEST_ID, description="Its id.", json_schema_extra={"example": 3})


class Token(BaseModel):
    """A token, without its secret."""

    model_config = _like(TOKEN)

    id: int
    name: str
    hint: str = Field(description="The last four characters of its secret.")
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    networks: list[str]
    last_used_at: datetime | None = Field(description="When it was last shown, to ten minutes.")


class NewToken(Token):
    """A token just made, with its secret: it is shown this once."""

    model_config = _like({**TOKEN, "secret": "hub_live_x3Jc...x4Qz"})

    secret: str


class TokenList(BaseModel):
    """The tokens of an account, the oldest first."""

    model_config = shown_as({"items": [TOKEN]})

    items: list[Token]
