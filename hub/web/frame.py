"""What every part of the REST API is made of: who calls, what a call looks like, how it is answered.

A resource is a class with the calls of one subject. It adds them to a `Resource`, each with what the OpenAPI document
says of it, and the scope that a token needs for it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.exceptions import MethodNotAllowed

from hub.accounts.model import Scope
from hub.errors import Fault, NotAllowed, NotAuthenticated, NotFound, RequestRefused
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.web import document
from hub.web.bridge import OWNER
from hub.web.keys_in_hand import KeysInHand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from hub.accounts.model import Account, Token
    from hub.bootstrap import Core
    from hub.web.limiter import Limiter
    from hub.web.windows import Room

PREFIX = "/api/v1"
SOURCE = "api"
LONGEST_KEY = 255
LONGEST_ID = 15
"""Digits of an account's id."""
ACTS_FOR = "Hub-Account"
"""The header by which an account acts for a sub-account of its own."""

T = TypeVar("T")

_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What the resources of one hub share."""

    core: Core
    limiter: Limiter
    keys: KeysInHand = field(default_factory=KeysInHand)

    def authenticate(self) -> None:
        """Find out who calls; raises NotAuthenticated, and TooMany."""
        shown = request.authorization
        if shown is None or shown.type != "bearer" or not shown.token:
            raise NotAuthenticated("Show an API token, as in Authorization: Bearer hub_live_...")
        caller = self.limiter.enter(shown.token, request.remote_addr or "", _note_room)
        request.environ[OWNER] = f"account {caller.account.id}"
        g.token, g.account = caller.token, caller.account  # from here on it is known who calls
        if (named := request.headers.get(ACTS_FOR)) is not None:
            g.account = self._acts_for(caller.account, named)

    def _acts_for(self, parent: Account, named: str) -> Account:
        """The sub-account that the caller's account acts for; one of somebody else's is as good as none."""
        if named.isascii() and named.isdecimal() and len(named) <= LONGEST_ID:
            with suppress(NotFound):
                child = self.core.children.get(parent.id, int(named))
                if child.locked:
                    raise NotAllowed("This sub-account is locked; unlock it first.", code="account_locked")
                return child
        raise NotFound("This account has no sub-account of that id.")


@dataclass
class Resource:
    """The calls of one subject, behind a token; `tag` is what the document calls the subject."""

    frame: Frame
    name: str
    tag: str
    about: str
    needs: dict[str, Scope] = field(default_factory=dict, init=False)
    """By endpoint: what a token must be for."""
    routes: APIBlueprint = field(init=False)

    def __post_init__(self) -> None:
        tags = [Tag(name=self.tag, description=self.about)]
        self.routes = APIBlueprint(
            f"hub_api_{self.name}", __name__, url_prefix=PREFIX, abp_tags=tags, **document.COMMON
        )
        self.routes.before_request(self.frame.authenticate)
        self.routes.before_request(self._require_scope)
        self.routes.after_request(self._tell_room)
        self.routes.before_request(_require_method)

    def get(self, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope = Scope.READ) -> None:
        """Add a call that looks."""
        self._add(self.routes.get, path, call, said, scope)

    def post(self, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope = Scope.ALL) -> None:
        """Add a call that makes something, or does it."""
        self._add(self.routes.post, path, call, said, scope)

    def put(self, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope = Scope.ALL) -> None:
        """Add a call that sets something as a whole."""
        self._add(self.routes.put, path, call, said, scope)

    def patch(self, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope = Scope.ALL) -> None:
        """Add a call that changes something."""
        self._add(self.routes.patch, path, call, said, scope)

    def delete(self, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope = Scope.ALL) -> None:
        """Add a call that takes something away."""
        self._add(self.routes.delete, path, call, said, scope)

    def _require_scope(self) -> None:
        needed = self.needs[request.endpoint or ""]
        has = token().scope
        if has not in (Scope.ALL, needed):
            message = f"This token is for {has} only; show one for {needed}, or for all."
            raise NotAllowed(message, code="scope_missing")

    def _tell_room(self, response: Response) -> Response:
        """Say how often a token may ask, and how often it still may (draft-ietf-httpapi-ratelimit-headers-10)."""
        response.headers["RateLimit-Policy"] = f'"token";q={self.frame.limiter.per_minute};w=60'
        if (room := g.get("room")) is not None:
            response.headers["RateLimit"] = f'"token";r={room.remaining};t={room.reset_s}'
        return response

    def _add(self, add: Any, path: str, call: Callable[..., Response], said: dict[str, Any], scope: Scope) -> None:
        self.needs[f"{self.routes.name}.{call.__name__}"] = scope
        add(path, **said)(_view(call))


def _note_room(room: Room) -> None:
    g.room = room


def _require_method() -> None:
    """An address that is spelt out, as /segments/count, is no id: its other methods are refused, not looked up."""
    if request.view_args:
        literal = [one for one in current_app.url_map.iter_rules() if one.rule == request.path]
        if literal:
            raise MethodNotAllowed([method for one in literal for method in one.methods or ()])


def _view(call: Callable[..., Response]) -> Callable[..., Response]:
    """A call as a plain function: flask-openapi3 keeps notes on what it is given, and a method has no room for them."""

    @wraps(call)
    def view(**values: Any) -> Response:
        return call(**values)

    return view


def account() -> Account:
    """Whose token was shown."""
    shown: Account = g.account
    return shown


def token() -> Token:
    """The token that was shown."""
    shown: Token = g.token
    return shown


def answer(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A model of `hub.web.answers`, or of a resource's own, as JSON."""
    return Response(content.model_dump_json(), status, headers, mimetype="application/json")


def tagged(content: BaseModel, status: int = 200) -> Response:
    """Like `answer`, for what can be edited: with an ETag, and 304 to who has it already (RFC 9110, 8.8.3)."""
    response = answer(content, status)
    response.set_etag(_tag_of(content))
    response.make_conditional(request)
    return response


def unless_changed(content: BaseModel) -> None:
    """Let an edit go on only where its If-Match, if there is one, names what stands there now.

    To be called inside the transaction that edits, with what it read under a lock. Raises RequestRefused
    (`changed_meanwhile`, 412).
    """
    if request.if_match and not request.if_match.contains(_tag_of(content)):
        message = "It was changed since you read it; read it again, and edit that."
        raise RequestRefused.because("If-Match", "changed_meanwhile", message)


def _tag_of(content: BaseModel) -> str:
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]


def idempotency_key() -> str | None:
    """The caller's own name for the request; raises RequestRefused for one of the wrong form."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        message = f"A key is 1 to {LONGEST_KEY} visible ASCII characters; this one has {len(key)}, or others."
        raise RequestRefused.because("Idempotency-Key", "idempotency_key_form", message)
    return key


def found(campaign_id: str, look: Callable[[str], T]) -> T:
    """What `look` finds of a campaign; one that is another account's, nobody's or no id at all is answered alike."""
    if _ID.fullmatch(campaign_id):
        with suppress(NotFound):
            return look(campaign_id)
    raise NotFound("This account has no campaign of that id.")


def parsed(field_name: str, numbers: Sequence[str], region: str) -> list[str]:
    """Numbers as people write them, in E.164; raises RequestRefused with a fault for each that is none."""
    read = [parse_number(number, region) for number in numbers]
    faults = [
        Fault(f"{field_name}[{place}]", one.reason, one.message)
        for place, one in enumerate(read)
        if isinstance(one, NumberRefusal)
    ]
    if faults:
        raise RequestRefused(faults[0].message, faults=faults)
    return [one.e164 for one in read if not isinstance(one, NumberRefusal)]


def one_parsed(number: str, region: str, field_name: str = "number") -> str:
    """One number, in E.164; raises RequestRefused for what is none."""
    read = parse_number(number, region)
    if isinstance(read, NumberRefusal):
        raise RequestRefused.because(field_name, read.reason, read.message)
    return read.e164
