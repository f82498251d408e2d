"""Test texts: an account's own number, and what it wants to see on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.accounts.model import Scope
from hub.web import answers
from hub.web.frame import Frame, Resource, account, answer
from hub.web.resources import trials_values as values
from hub.web.resources.drafts import Drafts
from hub.web.resources.trials_values import (  # noqa: TC001 - flask-openapi3 reads the hints
    CodeBody,
    TestNumberBody,
    TestTextBody,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint


@dataclass(frozen=True, slots=True)
class TrialCalls:
    """Name a number, confirm it, send to it."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(
            self.frame, "trials", "Test texts", "Texts to the account's own phone, before others get them."
        )
        calls.get("/account/test-number", self.get_number, values.GET)
        calls.post("/account/test-number", self.ask_number, values.ASK)
        calls.post("/account/test-number/confirm", self.confirm_number, values.CONFIRM)
        calls.post("/campaigns/test", self.send_test, values.SEND, Scope.SEND)
        return calls.routes

    def get_number(self) -> Response:
        """Look at the number that test texts go to."""
        return answer(values.TestNumber.model_validate(self.frame.core.trials.number(account().id)))

    def ask_number(self, body: TestNumberBody) -> Response:
        """Name a number for test texts: it is sent a code."""
        return answer(values.TestNumber.model_validate(self.frame.core.trials.ask(account().id, body.number)), 202)

    def confirm_number(self, body: CodeBody) -> Response:
        """Confirm a number by its code."""
        return answer(values.TestNumber.model_validate(self.frame.core.trials.confirm(account().id, body.code)))

    def send_test(self, body: TestTextBody) -> Response:
        """Send a text to the account's own number, to look at it."""
        wording = Drafts(self.frame).wording(body.text, body.template, body.purpose, body.sender)
        sent = self.frame.core.trials.send(account().id, wording)
        return answer(answers.Message.model_validate(sent), 201)
