"""The REST API: authenticate, one use case per call, shape the answer. All rules are the engine's."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, g, request
from flask_openapi3.blueprint import APIBlueprint

from hub.compliance.model import Purpose
from hub.contacts.model import Proof
from hub.errors import Fault, NotAuthenticated, NotFound, RequestRefused
from hub.messages.model import CampaignRequest, CampaignState, MessageState, Recipient
from hub.sms.encoding import offending
from hub.sms.model import Alphabet, NumberRefusal
from hub.sms.phone import parse_number
from hub.web import answers, document
from hub.web.bridge import OWNER
from hub.web.keys_in_hand import KeysInHand
from hub.web.schedule import read_moment
from hub.web.schemas import (  # noqa: TC001 - flask-openapi3 reads the hints
    CampaignBody,
    CampaignPath,
    InboundQuery,
    MessagesQuery,
    ProofBody,
    SettingsBody,
    SuppressionPath,
    SuppressionsQuery,
    UnallocatedBody,
    UnallocatedQuery,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from hub.accounts.model import Account
    from hub.bootstrap import Core
    from hub.contacts.model import Suppression
    from hub.messages.model import Acceptance, CampaignView, MessageView
    from hub.web.limiter import Limiter

PREFIX = "/api/v1"
SOURCE = "api"
LONGEST_KEY = 255

T = TypeVar("T")

_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(frozen=True, slots=True)
class Api:
    """The calls of version 1, on one hub. Docstrings of calls are what the OpenAPI document says of them."""

    core: Core
    limiter: Limiter
    keys: KeysInHand = field(default_factory=KeysInHand)

    def blueprint(self) -> APIBlueprint:
        """The routes, each behind a token."""
        routes = APIBlueprint("hub_api", __name__, url_prefix=PREFIX, **document.COMMON)
        routes.before_request(self._authenticate)
        routes.post("/campaigns", **document.CREATE_CAMPAIGN)(_view(self.create_campaign))
        routes.get("/campaigns/<campaign_id>", **document.GET_CAMPAIGN)(_view(self.get_campaign))
        routes.post("/campaigns/<campaign_id>/cancel", **document.CANCEL_CAMPAIGN)(_view(self.cancel_campaign))
        routes.get("/messages", **document.LIST_MESSAGES)(_view(self.list_messages))
        routes.get("/unallocated", **document.LIST_UNALLOCATED)(_view(self.list_unallocated))
        routes.post("/unallocated", **document.ADD_UNALLOCATED)(_view(self.add_unallocated))
        routes.get("/account", **document.GET_ACCOUNT)(_view(self.get_account))
        routes.get("/account/settings", **document.GET_SETTINGS)(_view(self.get_settings))
        routes.patch("/account/settings", **document.PATCH_SETTINGS)(_view(self.patch_settings))
        routes.get("/inbound", **document.LIST_INBOUND)(_view(self.list_inbound))
        routes.get("/suppressions", **document.LIST_SUPPRESSIONS)(_view(self.list_suppressions))
        routes.delete("/suppressions/<number>", **document.REMOVE_SUPPRESSION)(_view(self.remove_suppression))
        return routes

    def create_campaign(self, body: CampaignBody) -> Response:
        """Send one text to one or many recipients."""
        wanted = self._request(body)
        with self.keys.hold(wanted.account_id, wanted.idempotency_key):
            acceptance = self.core.accept(wanted)
        headers = {"Location": f"{PREFIX}/campaigns/{acceptance.campaign_id}"}
        if acceptance.replayed:
            headers["Idempotent-Replayed"] = "true"
        waits = acceptance.state in (CampaignState.EXPANDING, CampaignState.HELD)
        return _answer(_accepted(acceptance, body), 202 if waits else 201, headers)

    def get_campaign(self, path: CampaignPath) -> Response:
        """Look at a campaign."""
        return _answer(_campaign(_found(path.campaign_id, partial(self.core.campaigns.get, _account().id))))

    def cancel_campaign(self, path: CampaignPath) -> Response:
        """Cancel what of a campaign has not left yet."""
        return _answer(_campaign(_found(path.campaign_id, partial(self.core.campaigns.cancel, _account().id))))

    def list_messages(self, query: MessagesQuery) -> Response:
        """List the messages of a campaign, or what is in doubt, page by page."""
        if query.campaign is None:
            return self._list_doubts(query)
        look = partial(
            self.core.campaigns.messages,
            _account().id,
            after=int(query.cursor) if query.cursor else -1,
            limit=query.limit + 1,
            states=tuple(query.state),
        )
        found = _found(query.campaign, look)
        page = found[: query.limit]
        more = str(_position(page[-1])) if len(found) > len(page) else None
        return _answer(answers.MessagePage(items=[_message(one) for one in page], next=more))

    def list_unallocated(self, query: UnallocatedQuery) -> Response:
        """List the numbers that are proposed as unallocated, page by page."""
        after = f"+{query.cursor}" if query.cursor else ""
        found = self.core.unallocated.proposed(_account().id, after=after, limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].number.removeprefix("+") if len(found) > len(page) else None
        items = [answers.Proposal.model_validate(one) for one in page]
        return _answer(answers.ProposalPage(items=items, next=more))

    def add_unallocated(self, body: UnallocatedBody) -> Response:
        """Add proposed numbers to the unallocated ones."""
        account = _account()
        numbers = None if body.numbers is None else _parsed(body.numbers, account.country)
        return _answer(answers.AddedNumbers.model_validate(self.core.unallocated.add(account.id, numbers)))

    def get_account(self) -> Response:
        """Look at the account that the token belongs to, and at its credits."""
        account = _account()
        balance = answers.Balance.model_validate(self.core.accounts.balance(account.id))
        return _answer(answers.Account(name=account.name, country=account.country, balance=balance))

    def get_settings(self) -> Response:
        """Look at what the account says of itself."""
        return _answer(answers.AccountSettings.model_validate(self.core.accounts.get(_account().id).settings))

    def patch_settings(self, body: SettingsBody) -> Response:
        """Change what the account says of itself."""
        changes = {name: getattr(body, name) for name in body.model_fields_set}
        changed = self.core.accounts.patch_settings(_account().id, changes)
        return _answer(answers.AccountSettings.model_validate(changed.settings))

    def _list_doubts(self, query: MessagesQuery) -> Response:
        if query.state != [MessageState.UNKNOWN]:
            message = "Name a campaign; without one, only state=unknown can be asked for."
            raise RequestRefused.because("campaign", "missing", message)
        after = int(query.cursor) if query.cursor else 0
        found, last = self.core.campaigns.doubts(_account().id, after=after, limit=query.limit)
        more = None if last is None else str(last)
        return _answer(answers.MessagePage(items=[_message(one) for one in found], next=more))

    def list_inbound(self, query: InboundQuery) -> Response:
        """List what people wrote, page by page."""
        found = self.core.texts.latest(
            _account().id, kinds=tuple(query.kind), before=query.cursor, limit=query.limit + 1
        )
        page = found[: query.limit]
        items = [answers.InboundMessage.model_validate(one) for one in page]
        return _answer(answers.InboundPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def list_suppressions(self, query: SuppressionsQuery) -> Response:
        """List the numbers that must not be texted, page by page."""
        found = self.core.suppressions.all(_account().id, after=query.cursor or "", limit=query.limit + 2)
        page = page_of_numbers(found, query.limit)
        items = [answers.Suppression.model_validate(one) for one in page]
        return _answer(answers.SuppressionPage(items=items, next=page[-1].number if len(found) > len(page) else None))

    def remove_suppression(self, path: SuppressionPath, body: ProofBody) -> Response:
        """Let a number be texted again, on a proof of consent."""
        account = _account()
        number = parse_number(path.number, account.country)
        if isinstance(number, NumberRefusal):
            raise RequestRefused.because("number", number.reason, number.message)
        proof = Proof(body.proof, SOURCE, f"account {account.id}")
        kept = self.core.suppressions.remove(account.id, number.e164, body.kind, proof)
        return _answer(answers.Consent.model_validate(kept))

    def _authenticate(self) -> None:
        shown = request.authorization
        if shown is None or shown.type != "bearer" or not shown.token:
            raise NotAuthenticated("Show an API token, as in Authorization: Bearer hub_live_...")
        g.account = self.limiter.enter(shown.token, request.remote_addr or "")
        request.environ[OWNER] = f"account {g.account.id}"

    def _request(self, body: CampaignBody) -> CampaignRequest:
        settings = self.core.settings
        return CampaignRequest(
            account_id=_account().id,
            text=body.text,
            recipients=tuple(Recipient(one.to, one.fields) for one in body.recipients),
            purpose=body.purpose or Purpose(settings.messages.default_purpose),
            sender=body.sender,
            send_at=None if body.send_at is None else read_moment(body.send_at, settings.hub.timezone),
            outside_window=body.outside_window,
            encoding=body.encoding,
            source=SOURCE,
            idempotency_key=_idempotency_key(),
            auto_reply=body.auto_reply,
        )


def _view(call: Callable[..., Response]) -> Callable[..., Response]:
    """A call as a plain function: flask-openapi3 keeps notes on what it is given, and a method has no room for them."""

    @wraps(call)
    def view(**values: Any) -> Response:
        return call(**values)

    return view


def _account() -> Account:
    account: Account = g.account
    return account


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        message = f"A key is 1 to {LONGEST_KEY} visible ASCII characters; this one has {len(key)}, or others."
        raise RequestRefused.because("Idempotency-Key", "idempotency_key_form", message)
    return key


def _found(campaign_id: str, look: Callable[[str], T]) -> T:
    """What `look` finds of a campaign; one that is another account's, nobody's or no id at all is answered alike."""
    if _ID.fullmatch(campaign_id):
        with suppress(NotFound):
            return look(campaign_id)
    raise NotFound("This account has no campaign of that id.")


def page_of_numbers(found: Sequence[Suppression], limit: int) -> Sequence[Suppression]:
    """The suppressions of a page: about `limit`, for those of one number stay together; one more shows that more come.

    A number has two at most, so a page that would end between them ends after the second.
    """
    together = len(found) > limit and found[limit - 1].number == found[limit].number
    return found[: limit + 1 if together else limit]


def _answer(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content.model_dump_json(), status, headers, mimetype="application/json")


def _parsed(numbers: Sequence[str], region: str) -> list[str]:
    """Numbers as people write them, in E.164; raises RequestRefused with a fault for each that is none."""
    read = [parse_number(number, region) for number in numbers]
    faults = [
        Fault(f"numbers[{place}]", one.reason, one.message)
        for place, one in enumerate(read)
        if isinstance(one, NumberRefusal)
    ]
    if faults:
        raise RequestRefused(faults[0].message, faults=faults)
    return [one.e164 for one in read if not isinstance(one, NumberRefusal)]


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
