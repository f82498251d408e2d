"""Webhooks: ask to be called when something happens, and see how the calls went."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from flask import Response

from hub.errors import RequestRefused
from hub.events.model import WebhookState
from hub.web.document import IF_MATCH, call
from hub.web.frame import PREFIX, Frame, Resource, account, answer, tagged, unless_changed
from hub.web.resources.webhooks_values import (
    Attempt,
    AttemptPage,
    AttemptsQuery,
    EditWebhookBody,
    EventPath,
    SecretWebhook,
    WaitingEvent,
    Webhook,
    WebhookBody,
    WebhookList,
    WebhookPath,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.events import model
    from hub.events.service import Webhooks

LIST_WEBHOOKS = call("listWebhooks", "Every webhook of the account.", {"200": WebhookList}, "")
CREATE_WEBHOOK = call(
    "createWebhook",
    "It is told what happens from the answer on. Its secret is in this answer, and in no other.",
    {"201": SecretWebhook},
    "400 408 409 413 415",
)
GET_WEBHOOK = call("getWebhook", "How it stands.", {"200": Webhook}, "404")
EDIT_WEBHOOK = call(
    "editWebhook",
    "What the body names is changed, and the rest stays as it is.",
    {"200": Webhook},
    "400 404 408 412 413 415",
    openapi_extensions={"parameters": [IF_MATCH]},
)
DELETE_WEBHOOK = call("deleteWebhook", "It is told nothing more, and its secret is forgotten.", {"204": None}, "404")
ROTATE_SECRET = call(
    "rotateWebhookSecret",
    "Makes another secret, in this answer only. For 24 hours calls are signed with the old one too.",
    {"200": SecretWebhook},
    "404",
)
TEST_WEBHOOK = call(
    "testWebhook",
    "Sends an event `webhook.test`, behind what waits, at once; how it went is among the attempts.",
    {"202": WaitingEvent},
    "404 409",
)
LIST_ATTEMPTS = call("listWebhookAttempts", "Each call with its answer, the latest first.", {"200": AttemptPage}, "404")
REPLAY_EVENT = call(
    "replayWebhookEvent",
    "Sends an event again, under its own id and with the same body.",
    {"202": WaitingEvent},
    "404 409",
)


@dataclass(frozen=True, slots=True)
class WebhookCalls:
    """Webhooks and what they were told."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "webhooks", "Webhooks", "Be called when something happens.")
        calls.get("/webhooks", self.list_webhooks, LIST_WEBHOOKS)
        calls.post("/webhooks", self.create_webhook, CREATE_WEBHOOK)
        calls.get("/webhooks/<webhook_id>", self.get_webhook, GET_WEBHOOK)
        calls.patch("/webhooks/<webhook_id>", self.edit_webhook, EDIT_WEBHOOK)
        calls.delete("/webhooks/<webhook_id>", self.delete_webhook, DELETE_WEBHOOK)
        calls.post("/webhooks/<webhook_id>/secret", self.rotate_secret, ROTATE_SECRET)
        calls.post("/webhooks/<webhook_id>/test", self.test_webhook, TEST_WEBHOOK)
        calls.get("/webhooks/<webhook_id>/attempts", self.list_attempts, LIST_ATTEMPTS)
        calls.post("/webhooks/<webhook_id>/events/<event_id>/replay", self.replay_event, REPLAY_EVENT)
        return calls.routes

    @property
    def _webhooks(self) -> Webhooks:
        return self.frame.core.webhooks

    def list_webhooks(self) -> Response:
        """List the webhooks."""
        found = self._webhooks.all(account().id)
        return answer(WebhookList(items=[Webhook.model_validate(one) for one in found]))

    def create_webhook(self, body: WebhookBody) -> Response:
        """Make a webhook."""
        made = _with_secret(self._webhooks.create(account().id, body.url, body.types))
        return answer(made, 201, {"Location": f"{PREFIX}/webhooks/{made.id}"})

    def get_webhook(self, path: WebhookPath) -> Response:
        """Look at a webhook."""
        return tagged(Webhook.model_validate(self._webhooks.get(account().id, path.webhook_id)))

    def edit_webhook(self, path: WebhookPath, body: EditWebhookBody) -> Response:
        """Edit a webhook."""
        for name in sorted(body.model_fields_set):
            if getattr(body, name) is None:
                raise RequestRefused.because(name, "null", "This cannot be null; leave it out to keep it as it is.")

        def check(now: model.Webhook) -> None:
            unless_changed(Webhook.model_validate(now))

        state = WebhookState(body.state) if body.state else None
        changed = self._webhooks.edit(
            account().id, path.webhook_id, url=body.url, types=body.types, state=state, check=check
        )
        return tagged(Webhook.model_validate(changed))

    def delete_webhook(self, path: WebhookPath) -> Response:
        """Delete a webhook."""
        self._webhooks.delete(account().id, path.webhook_id)
        return Response(status=204)

    def rotate_secret(self, path: WebhookPath) -> Response:
        """Change the secret of a webhook."""
        return answer(_with_secret(self._webhooks.rotate(account().id, path.webhook_id)))

    def test_webhook(self, path: WebhookPath) -> Response:
        """Try a webhook."""
        return answer(WaitingEvent(event_id=self._webhooks.test(account().id, path.webhook_id)), 202)

    def list_attempts(self, path: WebhookPath, query: AttemptsQuery) -> Response:
        """List the calls of a webhook, page by page."""
        found = self._webhooks.attempts(account().id, path.webhook_id, before=query.cursor, limit=query.limit + 1)
        page = found[: query.limit]
        items = [Attempt.model_validate(one) for one in page]
        return answer(AttemptPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def replay_event(self, path: EventPath) -> Response:
        """Send an event again."""
        self._webhooks.replay(account().id, path.webhook_id, path.event_id)
        return answer(WaitingEvent(event_id=path.event_id), 202)


def _with_secret(made: model.NewWebhook) -> SecretWebhook:
    return SecretWebhook(secret=made.secret, **{**asdict(made.webhook), "types": list(made.webhook.types)})
