"""Sub-accounts and tokens: who may act, with whose credits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response

from hub.web import frame as framing
from hub.web.answers import Balance
from hub.web.document import IDEMPOTENCY_KEY, IF_MATCH, call
from hub.web.frame import PREFIX, Frame, Resource, account, answer, idempotency_key, tagged, unless_changed
from hub.web.resources.accounts_values import (
    EditSubAccountBody,
    NewToken,
    ResetAnswer,
    SubAccount,
    SubAccountBody,
    SubAccountPage,
    SubAccountPath,
    SubAccountsQuery,
    Token,
    TokenBody,
    TokenList,
    TokenPath,
    TransferBody,
)
from hub.web.schedule import read_moment

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.accounts import model

_EDITS = {"openapi_extensions": {"parameters": [IF_MATCH]}}
_ONCE = {"openapi_extensions": {"parameters": [IDEMPOTENCY_KEY]}}

LIST = call("listSubAccounts", "The oldest first.", {"200": SubAccountPage}, "")
CREATE = call(
    "createSubAccount",
    "It has credits of its own, given by its parent, or draws on its parent's. To act for it, make a token with the "
    "header `Hub-Account: ID`, or show a token of the parent's with that header in any call.",
    {"201": SubAccount},
    "400 402 403 408 409 413 415",
)
GET = call("getSubAccount", "With its own credits.", {"200": SubAccount}, "404")
EDIT = call(
    "editSubAccount",
    "What the body names is changed, and the rest stays as it is. A locked one can neither call nor send.",
    {"200": SubAccount},
    "400 404 408 409 412 413 415",
    **_EDITS,
)
TRANSFER = call(
    "transferCredits",
    "Gives a sub-account credits of its parent's, or takes unused ones back, below zero.",
    {"200": Balance},
    "400 402 404 408 409 413 415",
    **_ONCE,
)
RESET = call("resetSubAccount", "Gives its unused credits back to the parent.", {"200": ResetAnswer}, "404")
LIST_TOKENS = call("listTokens", "Those that were not revoked; their secrets are not kept.", {"200": TokenList}, "")
CREATE_TOKEN = call(
    "createToken",
    "Its secret is shown this once. It is never stronger than the one that makes it: neither for longer, nor for more "
    "networks.",
    {"201": NewToken},
    "400 403 408 413 415",
)
REVOKE_TOKEN = call(
    "revokeToken", "From then on it opens nothing. Not the one that is shown.", {"204": None}, "404 409"
)


@dataclass(frozen=True, slots=True)
class SubAccountCalls:
    """Sub-accounts of the caller's account, and tokens."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "accounts", "Access", "Sub-accounts, their credits, and tokens.")
        calls.get("/accounts", self.list_sub_accounts, LIST)
        calls.post("/accounts", self.create_sub_account, CREATE)
        calls.get("/accounts/<account_id>", self.get_sub_account, GET)
        calls.patch("/accounts/<account_id>", self.edit_sub_account, EDIT)
        calls.post("/accounts/<account_id>/transfer", self.transfer_credits, TRANSFER)
        calls.post("/accounts/<account_id>/reset", self.reset_sub_account, RESET)
        calls.get("/tokens", self.list_tokens, LIST_TOKENS)
        calls.post("/tokens", self.create_token, CREATE_TOKEN)
        calls.delete("/tokens/<token_id>", self.revoke_token, REVOKE_TOKEN)
        return calls.routes

    def list_sub_accounts(self, query: SubAccountsQuery) -> Response:
        """List the sub-accounts, page by page."""
        found = self.frame.core.children.all(account().id, after=query.cursor or 0, limit=query.limit + 1)
        page = found[: query.limit]
        balances = self.frame.core.accounts.balances([one.id for one in page])
        items = [_shown(one, balances[one.id]) for one in page]
        return answer(SubAccountPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def create_sub_account(self, body: SubAccountBody) -> Response:
        """Open a sub-account."""
        made = self.frame.core.children.create(
            account().id,
            body.name,
            body.country,
            draws=body.draws,
            credits_=body.credits,
            countries=None if body.countries is None else [one.upper() for one in body.countries],
        )
        return answer(self._with_balance(made), 201, {"Location": f"{PREFIX}/accounts/{made.id}"})

    def get_sub_account(self, path: SubAccountPath) -> Response:
        """Look at a sub-account."""
        return tagged(self._with_balance(self.frame.core.children.get(account().id, path.account_id)))

    def edit_sub_account(self, path: SubAccountPath, body: EditSubAccountBody) -> Response:
        """Change a sub-account."""
        changes = {name: getattr(body, name) for name in body.model_fields_set}

        def check(now: model.Account) -> None:
            unless_changed(self._with_balance(now))

        changed = self.frame.core.children.change(account().id, path.account_id, changes, check)
        return tagged(self._with_balance(changed))

    def transfer_credits(self, path: SubAccountPath, body: TransferBody) -> Response:
        """Give a sub-account credits, or take some back."""
        children = self.frame.core.children
        balance = children.transfer(account().id, path.account_id, body.credits, key=idempotency_key())
        return answer(Balance.model_validate(balance))

    def reset_sub_account(self, path: SubAccountPath) -> Response:
        """Take back what a sub-account has not used."""
        return answer(ResetAnswer(returned=self.frame.core.children.reset(account().id, path.account_id)))

    def list_tokens(self) -> Response:
        """List the tokens."""
        items = [Token.model_validate(one) for one in self.frame.core.tokens.all(account().id)]
        return answer(TokenList(items=items))

    def create_token(self, body: TokenBody) -> Response:
        """Make a token."""
        zone = self.frame.core.settings.hub.timezone
        token, new = self.frame.core.tokens.make(
            account().id,
            body.name,
            scope=body.scope,
            expires_at=None if body.expires_at is None else read_moment(body.expires_at, zone, "expires_at"),
            networks=body.networks,
            by=framing.token(),
        )
        shown = NewToken(**Token.model_validate(token).model_dump(), secret=new.secret)
        return answer(shown, 201, {"Location": f"{PREFIX}/tokens/{token.id}"})

    def revoke_token(self, path: TokenPath) -> Response:
        """Revoke a token."""
        self.frame.core.tokens.revoke(account().id, path.token_id, by=framing.token())
        return Response(status=204)

    def _with_balance(self, one: model.Account) -> SubAccount:
        return _shown(one, self.frame.core.accounts.balance(one.id))


def _shown(one: model.Account, balance: model.Balance) -> SubAccount:
    return SubAccount(
        id=one.id,
        name=one.name,
        country=one.country,
        draws=one.draws,
        locked=one.locked,
        created_at=one.created_at,
        balance=Balance.model_validate(balance),
    )
