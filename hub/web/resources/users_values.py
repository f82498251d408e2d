"""What the calls of users take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.accounts.model import Role
from hub.accounts.passwords import LONGEST
from hub.accounts.users import LONGEST_EMAIL
from hub.web.examples import shown_as
from hub.web.schemas import MOST_ITEMS, Input

LARGEST_ID = 2**53
LONGEST_CODE = 64
_like = partial(shown_as, from_attributes=True)

USER: dict[str, Any] = {
    "id": 5,
    "email": "nina@salon.example",
    "role": "manager",
    "created_at": "2027-01-04T08:30:00Z",
    "has_totp": False,
}
_A_PASSWORD = "quatre mots bien longs"  # noqa: S105 - an example
_ROLE = "`owner` does everything, `manager` all but users, tokens and sub-accounts, `sender` sends, `viewer` looks."


class UserBody(Input):
    """A person to let in."""

    model_config = shown_as({"email": USER["email"], "password": _A_PASSWORD, "role": "manager"}, extra="forbid")

    email: str = Field(max_length=LONGEST_EMAIL, description="What they sign in with; one address, one account.")
    password: str = Field(
        max_length=LONGEST, description="12 characters or more, neither the address nor one that is guessed first."
    )
    role: Role = Field(description=_ROLE)


class EditUserBody(Input):
    """What is to change of a person."""

    model_config = shown_as({"role": "sender"}, extra="forbid")

    role: Role = Field(description=_ROLE)


class PasswordBody(Input):
    """A person's next password."""

    model_config = shown_as({"password": _A_PASSWORD}, extra="forbid")

    password: str = Field(
        max_length=LONGEST, description="12 characters or more, neither the address nor one that is guessed first."
    )


class OwnPasswordBody(Input):
    """The password of the person whose codes are set up."""

    model_config = shown_as({"password": _A_PASSWORD}, extra="forbid")

    password: str = Field(max_length=LONGEST, description="The person's own.")


class TotpCodeBody(Input):
    """A first code."""

    model_config = shown_as({"code": "123456"}, extra="forbid")

    code: str = Field(max_length=LONGEST_CODE, description="What the telephone shows.")


class PasswordProofBody(OwnPasswordBody):
    """Who takes codes away must show that they could give one."""

    model_config = shown_as({"password": _A_PASSWORD, "code": "123456"}, extra="forbid")

    code: str = Field(max_length=LONGEST_CODE, description="What the telephone shows, or a recovery code.")


class UserPath(BaseModel):
    """Which person."""

    user_id: int = Field(ge=1, le=LARGEST_ID, description="The person's id.", json_schema_extra={"example": 5})


class UsersQuery(Input):
    """Which page of the people."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most people of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class User(BaseModel):
    """A person who signs in for the account."""

    model_config = _like(USER)

    id: int
    email: str
    role: Role = Field(description=_ROLE)
    created_at: datetime
    has_totp: bool = Field(description="Whether they are asked for a code of their telephone, too.")


class UserPage(BaseModel):
    """People, the oldest first."""

    model_config = shown_as({"items": [USER], "next": None})

    items: list[User]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class Enrolment(BaseModel):
    """A secret for a telephone's app: it is shown this once."""

    model_config = _like(
        {
            "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "uri": "otpauth://totp/TextoHub:nina%40salon.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=TextoHub",
        }
    )

    secret: str = Field(description="In base 32, to be typed.")
    uri: str = Field(description="The same for a QR code (otpauth).")


class RecoveryCodes(BaseModel):
    """What opens in place of a code, each once: they are shown this once."""

    model_config = shown_as({"recovery_codes": ["k7mp-22xq-9rht-wzc4"]})

    recovery_codes: list[str]
