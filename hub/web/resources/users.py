"""People who sign in for an account: their roles, their passwords, and the codes of their telephones."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, request

from hub.errors import NotAllowed, NotAuthenticated
from hub.web.document import IF_MATCH, call
from hub.web.frame import PREFIX, Frame, Resource, account, answer, tagged, unless_changed
from hub.web.resources.users_values import (
    EditUserBody,
    Enrolment,
    OwnPasswordBody,
    PasswordBody,
    PasswordProofBody,
    RecoveryCodes,
    TotpCodeBody,
    User,
    UserBody,
    UserPage,
    UserPath,
    UsersQuery,
)
from hub.web.signing_in import SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_openapi3.blueprint import APIBlueprint

    from hub.accounts import model
    from hub.accounts.second_factor import SecondFactor
    from hub.accounts.users import Users

_EDITS = {"openapi_extensions": {"parameters": [IF_MATCH]}}

LIST = call("listUsers", "The oldest first.", {"200": UserPage}, "")
CREATE = call("createUser", "They can sign in from now on.", {"201": User}, "400 408 409 413 415")
GET = call("getUser", "With their role.", {"200": User}, "404")
EDIT = call(
    "editUser",
    "An account that has an owner keeps one: 409 `last_owner`.",
    {"200": User},
    "400 404 408 409 412 413 415",
    **_EDITS,
)
REMOVE = call("removeUser", "They sign in no more.", {"204": None}, "404 409")
RESET = call(
    "resetPassword",
    "As an owner does for who forgot it.",
    {"204": None},
    "400 404 408 413 415",
)
BEGIN = call(
    "beginTotp",
    "Makes a secret for an app that shows codes (RFC 6238). Nothing changes before a first code confirms it.",
    {"201": Enrolment},
    "400 403 404 408 409 413 415",
)
CONFIRM = call(
    "confirmTotp",
    "From then on a code is asked for at sign-in, each once. A recovery code does where the telephone is lost.",
    {"200": RecoveryCodes},
    "400 403 404 408 409 413 415",
)
STOP = call(
    "removeTotp",
    "On the person's password and a code. Who has lost both is helped by the operator.",
    {"204": None},
    "400 403 404 408 413 415",
)


@dataclass(frozen=True, slots=True)
class UserCalls:
    """The people of the account."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "users", "Users", "People who sign in, and what each may do.")
        calls.get("/users", self.list_users, LIST)
        calls.post("/users", self.create_user, CREATE)
        calls.get("/users/<user_id>", self.get_user, GET)
        calls.patch("/users/<user_id>", self.edit_user, EDIT)
        calls.delete("/users/<user_id>", self.remove_user, REMOVE)
        calls.put("/users/<user_id>/password", self.reset_password, RESET)
        calls.post("/users/<user_id>/totp", self.begin_totp, BEGIN)
        calls.post("/users/<user_id>/totp/confirm", self.confirm_totp, CONFIRM)
        calls.delete("/users/<user_id>/totp", self.remove_totp, STOP)
        return calls.routes

    @property
    def _users(self) -> Users:
        return self.frame.core.users

    @property
    def _codes(self) -> SecondFactor:
        return self.frame.core.second_factor

    def list_users(self, query: UsersQuery) -> Response:
        """List the people, page by page."""
        found = self._users.all(account().id, after=query.cursor or 0, limit=query.limit + 1)
        page = found[: query.limit]
        items = [User.model_validate(one) for one in page]
        return answer(UserPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def create_user(self, body: UserBody) -> Response:
        """Let a person in."""
        made = User.model_validate(self._users.create(account().id, body.email, body.password, body.role))
        return answer(made, 201, {"Location": f"{PREFIX}/users/{made.id}"})

    def get_user(self, path: UserPath) -> Response:
        """Look at a person."""
        return tagged(User.model_validate(self._users.get(account().id, path.user_id)))

    def edit_user(self, path: UserPath, body: EditUserBody) -> Response:
        """Change what a person may do."""

        def check(now: model.User) -> None:
            unless_changed(User.model_validate(now))

        return tagged(User.model_validate(self._users.set_role(account().id, path.user_id, body.role, check)))

    def remove_user(self, path: UserPath) -> Response:
        """Let a person in no more."""
        self._users.remove(account().id, path.user_id)
        return Response(status=204)

    def reset_password(self, path: UserPath, body: PasswordBody) -> Response:
        """Give a person another password."""
        self._users.reset_password(account().id, path.user_id, body.password)
        return Response(status=204)

    def begin_totp(self, path: UserPath, body: OwnPasswordBody) -> Response:
        """Begin to set up codes."""
        with self._guess(path.user_id):
            begun = self._codes.begin(account().id, path.user_id, body.password)
        return answer(Enrolment.model_validate(begun), 201)

    def confirm_totp(self, path: UserPath, body: TotpCodeBody) -> Response:
        """Ask for codes from now on."""
        try:
            codes = self._codes.confirm(account().id, path.user_id, body.code)
        except NotAuthenticated as error:  # not counted: whoever calls was shown the secret
            raise _forbidden(error) from error
        return answer(RecoveryCodes(recovery_codes=list(codes)))

    def remove_totp(self, path: UserPath, body: PasswordProofBody) -> Response:
        """Ask for codes no more."""
        with self._guess(path.user_id):
            self._codes.remove(account().id, path.user_id, body.password, body.code)
        return Response(status=204)

    @contextmanager
    def _guess(self, user_id: int) -> Iterator[None]:
        """Count a wrong password or code like one at sign-in. It is 403: who calls showed a token that is right."""
        email = self._users.get(account().id, user_id).email
        try:
            with self._sign_in.attempt(email, request.remote_addr or ""):
                yield
        except NotAuthenticated as error:
            raise _forbidden(error) from error

    @property
    def _sign_in(self) -> SignIn:
        guesses = self.frame.core.settings.web.wrong_passwords_per_hour
        return SignIn(self._users, self.frame.limiter, guesses)


def _forbidden(error: NotAuthenticated) -> NotAllowed:
    code = "wrong_password" if error.code == NotAuthenticated.code else error.code
    return NotAllowed(str(error), code=code)
