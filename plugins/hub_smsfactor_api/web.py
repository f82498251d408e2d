"""The plugin's one view: read, find who calls and what is meant, make one call, write the reply. HTTP is always 200."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from hub import Hub, HubError
from hub.plugin_kit import whole_body
from hub_smsfactor_api.door import let_in, shown
from hub_smsfactor_api.endpoints import ENDPOINTS
from hub_smsfactor_api.node import EMPTY, Node
from hub_smsfactor_api.reading import Document, Form, read_document, read_fields, read_query
from hub_smsfactor_api.rendering import Paper, Reply, render
from hub_smsfactor_api.routing import Asked, find, pieces_of
from hub_smsfactor_api.settings import SmsfactorSettings
from hub_smsfactor_api.statuses import OUR_FAULT, Refused, Status, status_of

HOME = "smsfactor"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

log = structlog.get_logger(__name__)


def build(hub: Hub) -> Blueprint:
    """The routes of the plugin, on a running hub: under /smsfactor, and at the root where `mount` says so."""
    blueprint = Blueprint("smsfactor_api", __name__)
    at_root = hub.section(SmsfactorSettings).mount == "/"

    def answer(smsfactor_path: str) -> Response:
        return _answer(hub, smsfactor_path)

    blueprint.record(lambda state: state.app.url_map.converters.update(smsfactor=_converter(at_root=at_root)))
    blueprint.add_url_rule(
        "/<smsfactor:smsfactor_path>",
        "endpoints",
        answer,
        methods=METHODS,
        provide_automatic_options=False,
        strict_slashes=False,
    )
    return blueprint


def _converter(*, at_root: bool) -> type[BaseConverter]:
    """What takes a whole path, doubled slashes too: werkzeug would send clients elsewhere for those."""
    heads = sorted({one.pieces[0] for one in ENDPOINTS}) if at_root else []
    names = "|".join((HOME, *heads))

    class SmsfactorPath(BaseConverter):
        regex = rf"/*(?:{names})(?:/.*)?"
        part_isolating = False

    return SmsfactorPath


def _answer(hub: Hub, path: str) -> Response:
    form = _accepted() or Form.XML
    try:
        document = _document()
        form = _accepted() or document.form or _unnamed()
        reply = _reply(hub, path, document.content)
    except Refused as refused:
        reply = Reply(status=refused.status, details=refused.details)
        if refused.status is Status.JSON and _accepted() is None:
            form = Form.JSON
    except HTTPException as error:
        reply = Reply(status=Status.DATA, details=error.description or error.name)
    except HubError as error:
        reply = Reply(status=status_of(error), details=str(error))
    except Exception:
        log.exception("request_failed")
        reply = Reply(status=Status.UNKNOWN, details=OUR_FAULT)
    if isinstance(reply, Paper):
        headers = {"Content-Disposition": f'attachment; filename="{reply.filename}"'}
        return _plain(Response(reply.data, headers=headers), "application/pdf")
    return _plain(Response(render(reply, form)), form.value)


def _plain(response: Response, kind: str) -> Response:
    """An answer of exactly that type: some clients compare the header as a whole."""
    response.headers["Content-Type"] = kind
    return response


def _reply(hub: Hub, path: str, body: Node) -> Reply | Paper:
    query = read_query(request.args.items(multi=True))
    pieces = pieces_of(path)
    inner = "/".join(pieces[1:] if pieces[:1] == (HOME,) else pieces)
    method = "GET" if request.method == "HEAD" else request.method
    endpoint, ids = find(ENDPOINTS, method, inner)
    guest = let_in(shown(request.headers, query, body))
    log.info(
        "smsfactor_call",
        endpoint=f"{endpoint.method} {endpoint.path}",
        account=guest.account.id,
        application=request.headers.get("X-application", "")[:20] or None,
    )
    if endpoint.scope not in guest.scopes or (endpoint.owners and not guest.owns):
        needed = "everything" if endpoint.owners else endpoint.scope
        raise Refused(Status.AUTHENTICATION, f"This needs a token for {needed}, which this one is not.")
    return endpoint.view(Asked(hub, guest, ids, query, body))


def _document() -> Document:
    """What the body says. A form with files is read by werkzeug, all else by what it begins with."""
    if request.mimetype == "multipart/form-data":
        files = [(name, file.read().decode("utf-8", "replace")) for name, file in request.files.items(multi=True)]
        return read_fields([*request.form.items(multi=True), *files])
    charset = request.mimetype_params.get("charset")
    try:
        return read_document(whole_body(), request.mimetype, charset)
    except Refused:
        if request.method in {"GET", "HEAD", "DELETE", "OPTIONS"}:
            return Document(EMPTY)  # clients send all kinds of things where nothing is read
        raise


def _accepted() -> Form | None:
    """The form that `Accept` names, in whatever way; None where it names none."""
    said = request.headers.get("Accept", "").lower()
    named = [(place, form) for word, form in _WORDS if (place := said.find(word)) >= 0]
    return min(named, key=lambda one: one[0])[1] if named else None


def _unnamed() -> Form:
    """The form of a reply to a request that shows none: JSON for who takes anything, XML for who says nothing."""
    return Form.JSON if "*/*" in request.headers.get("Accept", "") else Form.XML


_WORDS = (("json", Form.JSON), ("xml", Form.XML))
