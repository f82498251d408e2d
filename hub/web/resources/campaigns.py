"""Campaigns and their messages: one use case per call; all rules are the engine's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.accounts.model import Scope
from hub.compliance.model import Purpose
from hub.errors import RequestRefused
from hub.messages.model import CampaignRequest, CampaignState, MessageState, Recipient
from hub.sms.encoding import offending
from hub.sms.model import Alphabet
from hub.web import answers, document
from hub.web.frame import PREFIX, SOURCE, Frame, Resource, account, answer, found, idempotency_key
from hub.web.schedule import read_moment
from hub.web.schemas import CampaignBody, CampaignPath, MessagesQuery  # noqa: TC001 - flask-openapi3 reads the hints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask_openapi3.blueprint import APIBlueprint

    from hub.messages.model import Acceptance, CampaignView, MessageView


@dataclass(frozen=True, slots=True)
class CampaignCalls:
    """Send, follow, cancel. Docstrings of calls are what the OpenAPI document says of them."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "campaigns", "Texts", "Campaigns and their messages.")
        calls.post("/campaigns", self.create_campaign, document.CREATE_CAMPAIGN, Scope.SEND)
        calls.get("/campaigns/<campaign_id>", self.get_campaign, document.GET_CAMPAIGN)
        calls.post("/campaigns/<campaign_id>/cancel", self.cancel_campaign, document.CANCEL_CAMPAIGN, Scope.SEND)
        calls.get("/messages", self.list_messages, document.LIST_MESSAGES)
        return calls.routes

    def create_campaign(self, body: CampaignBody) -> Response:
        """Send one text to one or many recipients."""
        wanted = self._request(body)
        with self.frame.keys.hold(wanted.account_id, wanted.idempotency_key):
            acceptance = self.frame.core.accept(wanted)
        headers = {"Location": f"{PREFIX}/campaigns/{acceptance.campaign_id}"}
        if acceptance.replayed:
            headers["Idempotent-Replayed"] = "true"
        waits = acceptance.state in (CampaignState.EXPANDING, CampaignState.HELD)
        return answer(_accepted(acceptance, body), 202 if waits else 201, headers)

    def get_campaign(self, path: CampaignPath) -> Response:
        """Look at a campaign."""
        return answer(_campaign(found(path.campaign_id, partial(self.frame.core.campaigns.get, account().id))))

    def cancel_campaign(self, path: CampaignPath) -> Response:
        """Cancel what of a campaign has not left yet."""
        return answer(_campaign(found(path.campaign_id, partial(self.frame.core.campaigns.cancel, account().id))))

    def list_messages(self, query: MessagesQuery) -> Response:
        """List the messages of a campaign, or what is in doubt, page by page."""
        if query.campaign is None:
            return self._list_doubts(query)
        look = partial(
            self.frame.core.campaigns.messages,
            account().id,
            after=int(query.cursor) if query.cursor else -1,
            limit=query.limit + 1,
            states=tuple(query.state),
        )
        page_found = found(query.campaign, look)
        page = page_found[: query.limit]
        more = str(_position(page[-1])) if len(page_found) > len(page) else None
        return answer(answers.MessagePage(items=[_message(one) for one in page], next=more))

    def _list_doubts(self, query: MessagesQuery) -> Response:
        if query.state != [MessageState.UNKNOWN]:
            message = "Name a campaign; without one, only state=unknown can be asked for."
            raise RequestRefused.because("campaign", "missing", message)
        after = int(query.cursor) if query.cursor else 0
        doubts, last = self.frame.core.campaigns.doubts(account().id, after=after, limit=query.limit)
        more = None if last is None else str(last)
        return answer(answers.MessagePage(items=[_message(one) for one in doubts], next=more))

    def _request(self, body: CampaignBody) -> CampaignRequest:
        settings = self.frame.core.settings
        return CampaignRequest(
            account_id=account().id,
            text=body.text,
            recipients=tuple(Recipient(one.to, one.fields) for one in body.recipients),
            purpose=body.purpose or Purpose(settings.messages.default_purpose),
            sender=body.sender,
            send_at=None if body.send_at is None else read_moment(body.send_at, settings.hub.timezone),
            outside_window=body.outside_window,
            encoding=body.encoding,
            source=SOURCE,
            idempotency_key=idempotency_key(),
            auto_reply=body.auto_reply,
            require_consent=body.require_consent,
        )


def _accepted(acceptance: Acceptance, body: CampaignBody) -> answers.AcceptedCampaign:
    return answers.AcceptedCampaign(
        id=acceptance.campaign_id,
        state=acceptance.state,
        accepted=acceptance.accepted,
        blocked=acceptance.blocked,
        deferred=sum(waiting.count for waiting in acceptance.deferred),
        segments=acceptance.segments,
        credits=acceptance.credits,
        hold=None if acceptance.hold is None else answers.Hold.model_validate(acceptance.hold),
        messages=[_accepted_message(one, body) for one in acceptance.messages],
        blocked_by=dict(acceptance.blocked_by),
        deferrals=[answers.Deferral.model_validate(one) for one in acceptance.deferred],
        notes=list(acceptance.notes),
        changes=[answers.Change.model_validate(one) for one in acceptance.changes],
        offending=_offending(acceptance.messages),
    )


def _accepted_message(view: MessageView, body: CampaignBody) -> answers.AcceptedMessage:
    given = body.recipients[_position(view)].to
    return answers.AcceptedMessage(**dict(_message(view)), input=given)


def _message(view: MessageView) -> answers.Message:
    return answers.Message.model_validate(view).model_copy(update={"encoding": view.encoding or None})


def _campaign(view: CampaignView) -> answers.Campaign:
    return answers.Campaign.model_validate(view)


def _position(view: MessageView) -> int:
    """Where in the request a message stood: the end of its id."""
    return int(view.id.rpartition("-")[2])


def _offending(messages: Sequence[MessageView]) -> list[str]:
    """The characters that make texts of a campaign travel as UCS-2, each once."""
    texts = {view.text for view in messages if view.encoding == Alphabet.UCS2}
    return list(dict.fromkeys(character for text in sorted(texts) for character in offending(text)))
