"""The account that a token belongs to, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.web import answers, document
from hub.web.frame import Frame, Resource, account, answer, tagged, unless_changed
from hub.web.schemas import SettingsBody  # noqa: TC001 - flask-openapi3 reads the hints

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.accounts.model import AccountSettings


@dataclass(frozen=True, slots=True)
class AccountCalls:
    """Look at it, change its settings."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "account", "Account", "The account that pays, and its settings.")
        calls.get("/account", self.get_account, document.GET_ACCOUNT)
        calls.get("/account/settings", self.get_settings, document.GET_SETTINGS)
        calls.patch("/account/settings", self.patch_settings, document.PATCH_SETTINGS)
        return calls.routes

    def get_account(self) -> Response:
        """Look at the account that the token belongs to, and at its credits."""
        mine = account()
        balance = answers.Balance.model_validate(self.frame.core.accounts.balance(mine.id))
        return answer(answers.Account(name=mine.name, country=mine.country, balance=balance))

    def get_settings(self) -> Response:
        """Look at what the account says of itself."""
        return tagged(answers.AccountSettings.model_validate(self.frame.core.accounts.get(account().id).settings))

    def patch_settings(self, body: SettingsBody) -> Response:
        """Change what the account says of itself."""
        changes = {name: getattr(body, name) for name in body.model_fields_set}

        def check(now: AccountSettings) -> None:
            unless_changed(answers.AccountSettings.model_validate(now))

        changed = self.frame.core.accounts.patch_settings(account().id, changes, check)
        return tagged(answers.AccountSettings.model_validate(changed.settings))
