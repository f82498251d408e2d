"""The addresses that carriers call: `/carriers/NAME/SECRET/receipts` and `/inbound`.

A call is answered with yes only after the database has what it says. Who does not show that it is the carrier hears no
more than no, and nothing that it sent was read further than it took to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub import ConnectorError, StoreUnavailable
from hub_http_carrier.calls import receipts_in, texts_in
from hub_http_carrier.proofs import Called, Proofs
from hub_http_carrier.settings import HttpSettings
from hub_http_carrier.tree import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub import Hub, InboundText, Sink
    from hub_http_carrier.definition import Definition

MOST_BYTES = 256 * 1024
"""Longest body of a call that is read."""
_MOST_FIELDS = 1000
_AGAIN_S = "10"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """Where one carrier comes in."""

    name: str
    settings: HttpSettings
    definition: Definition
    proofs: Proofs

    def is_open(self, kind: str) -> bool:
        """Whether it may call about this at all."""
        wanted, spoken = {
            "receipts": (self.settings.receipts, self.definition.receipts),
            "inbound": (self.settings.inbound, self.definition.inbound),
        }[kind]
        return wanted and spoken is not None


def blueprint(hub: Hub) -> Blueprint:
    """The routes of every carrier of type `http`; one whose definition cannot be read has none."""
    doors = {name: door for name, settings in hub.connectors(HttpSettings).items() if (door := _door(name, settings))}
    made = Blueprint("http_carriers", __name__)

    def call(name: str, kind: str, secret: str = "") -> Response:
        door = doors.get(name)
        if door is None or not door.is_open(kind):
            abort(404)
        if not door.proofs.knows(secret):
            where = {"connector": name, "kind": kind, "address": request.remote_addr}
            log.warning("carrier_call_refused", missing="the secret of the address", **where)
            abort(404)
        return _called(hub, door, kind)

    for rule in (
        "/carriers/<name>/<any(receipts, inbound):kind>",
        "/carriers/<name>/<secret>/<any(receipts, inbound):kind>",
    ):
        made.add_url_rule(rule, view_func=call, methods=["GET", "POST"])
    return made


def _door(name: str, settings: HttpSettings) -> Door | None:
    try:
        definition = settings.described()
    except ValueError as error:
        log.error("carrier_not_described", connector=name, error=str(error))
        return None
    return Door(name, settings, definition, Proofs.of(settings, definition))


def _called(hub: Hub, door: Door, kind: str) -> Response:
    called = _read(hub)
    if missing := door.proofs.missing(called, hub.clock.now()):
        log.warning("carrier_call_refused", connector=door.name, kind=kind, missing=missing, address=called.address)
        abort(403)
    try:
        return _TAKERS[kind](door, called, hub.sink(door.name))
    except Unreadable as error:
        log.warning("carrier_call_unreadable", connector=door.name, kind=kind, error=str(error))
        return Response(status=400)
    except (StoreUnavailable, ConnectorError) as error:  # a repeat is harmless: what is kept already is kept once
        log.warning("carrier_call_not_kept", connector=door.name, kind=kind, error=str(error))
        return Response(status=503, headers={"Retry-After": _AGAIN_S})


def _read(hub: Hub) -> Called:
    """The call as it came, and no more of it than `MOST_BYTES`."""
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    if len(body) >= MOST_BYTES:  # one of unstated length is cut there without a word
        raise RequestEntityTooLarge
    query = request.query_string.decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in request.headers.items()}
    is_form = "json" not in headers.get("content-type", "") and "xml" not in headers.get("content-type", "")
    return Called(
        method=request.method,
        url=f"{hub.public_url}{request.path}{f'?{query}' if query else ''}",
        headers=headers,
        query=_pairs(query),
        form=_pairs(body.decode("utf-8", "replace")) if is_form else (),
        body=body,
        address=request.remote_addr,
    )


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return ()


def _take_receipts(door: Door, called: Called, sink: Sink) -> Response:
    if door.definition.receipts is None:
        abort(404)
    sink.receipts(receipts_in(door.definition.receipts, called))
    return _yes(door)


def _take_texts(door: Door, called: Called, sink: Sink) -> Response:
    if door.definition.inbound is None:
        abort(404)
    texts = texts_in(door.definition.inbound, called, door.settings.number)
    sink.inbound(texts)
    response = _yes(door)
    response.call_on_close(partial(_acknowledge, door.name, sink, texts))
    return response


def _acknowledge(name: str, sink: Sink, texts: Sequence[InboundText]) -> None:
    """Note that the answer has left. When that fails, the same words would be taken for a repeat once too often."""
    try:
        sink.acknowledged(texts)
    except (StoreUnavailable, ConnectorError) as error:
        log.warning("carrier_call_not_noted", connector=name, error=str(error))


def _yes(door: Door) -> Response:
    callbacks = door.definition.callbacks
    return Response(callbacks.answer, 200, content_type=callbacks.answer_type)


_TAKERS: dict[str, Callable[[Door, Called, Sink], Response]] = {"receipts": _take_receipts, "inbound": _take_texts}
