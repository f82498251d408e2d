"""What is done with every request: its name, its line in the log, its figures, the headers of its answer."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from flask import Request, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from hub.errors import RequestRefused
from hub.ids import new_id
from hub.web.json_body import read_object

if TYPE_CHECKING:
    from flask import Flask

    from hub.clock import Clock
    from hub.web.metrics import Metrics

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "hub",
}
"""What every answer says unless its view says otherwise, as a page with pictures must."""

OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""What is said beside that where the public reaches the hub by https: browsers then try nothing else for a year."""

UNMATCHED = "unmatched"
MOST_PASSED_OVER = 16 * 1024 * 1024
"""Bytes of a refused body that are read on; who sends more is hung up on."""
_PIECE = 64 * 1024
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOOKED_AT_OFTEN = frozenset({"/health/live", "/health/ready", "/metrics"})

log = structlog.get_logger(__name__)


class StrictRequest(Request):
    """A request whose JSON is one object, read strictly, whatever the caller would put up with."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002 - werkzeug's signature
        """The body; raises RequestRefused (`unsupported_media_type`, and those of `read_object`)."""
        kind, charset = self.mimetype, self.mimetype_params.get("charset", "utf-8").lower()
        if kind != "application/json" or charset not in {"utf-8", "utf8", "us-ascii"}:
            message = "Send JSON in UTF-8, with the header Content-Type: application/json."
            raise RequestRefused.because("Content-Type", "unsupported_media_type", message)
        return read_object(body_of(self))


def body_of(asked: Request) -> bytes:
    """The whole body of a request; raises RequestEntityTooLarge, RequestTimeout."""
    data = asked.get_data()
    if len(data) == asked.max_content_length and asked.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge  # werkzeug cuts a body of unstated length without a word
    return data


def watch(app: Flask, clock: Clock, metrics: Metrics, *, over_tls: bool = False) -> None:
    """Name, time, count and log every request of an application; `over_tls` where a proxy takes them by https."""
    app.request_class = StrictRequest
    headers = HEADERS | (OVER_TLS if over_tls else {})

    def begin() -> None:
        g.started = clock.monotonic()
        g.request_id = request_id_of(request, clock)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def end(response: Response) -> Response:
        if "account" in g:  # a stranger's slow body would only hold a thread
            read_to_the_end(request)
        seconds = clock.monotonic() - g.started
        route = request.url_rule.rule if request.url_rule else UNMATCHED
        metrics.count(request.method, route, response.status_code, seconds)
        say = log.debug if route in _LOOKED_AT_OFTEN else log.info
        say("request", method=request.method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))
        response.headers["X-Request-Id"] = g.request_id
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    app.make_default_options_response = partial(options_of, app)  # type: ignore[method-assign]  # Flask's own seam
    app.before_request(begin)
    app.after_request(end)


def options_of(app: Flask) -> Response:
    """What an address takes: where several fit, as a name fits where an id may stand, what the one that it is takes."""
    rule = request.url_rule.rule if request.url_rule else ""
    methods = {method for one in app.url_map.iter_rules() if one.rule == rule for method in one.methods or ()}
    response = app.response_class()
    response.allow.update(methods)
    return response


def read_to_the_end(asked: Request) -> None:
    """Read what is left of a body that was refused unread: who is still sending does not hear an answer."""
    stream = asked.environ["wsgi.input"]
    left = MOST_PASSED_OVER if asked.environ.get("wsgi.input_terminated") else 0
    with suppress(RequestTimeout):  # then it does not hear it
        while left > 0 and (piece := stream.read(_PIECE)):
            left -= len(piece)


def request_id_of(asked: Request, clock: Clock) -> str:
    """The caller's own name for the request where it is a sane one, else a new one."""
    given = asked.headers.get("X-Request-Id", "")
    return given if _SANE_ID.fullmatch(given) else new_id(clock.now())
