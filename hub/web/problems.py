"""Every answer that is a no, as `application/problem+json` (RFC 9457): one table says which status is which."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from hub.errors import (
    CommitInDoubt,
    Conflict,
    Fault,
    HubError,
    LooksRepeated,
    NotAllowed,
    NotAuthenticated,
    NotEnoughCredits,
    NotFound,
    Paused,
    RequestRefused,
    StoreUnavailable,
    TooMany,
)
from hub.guard.counters import WINDOW
from hub.web import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask
    from werkzeug.wrappers import Response as BaseResponse

MEDIA_TYPE = "application/problem+json"

STATUS_BY_CODE: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "invalid_json",
            "invalid_utf8",
            "object_expected",
            "json_too_deep",
            "number_not_finite",
            "duplicate_key",
            "idempotency_key_form",
        ),
        400,
    ),
    **dict.fromkeys(
        ("country_not_allowed", "marketing_disabled", "no_consent", "not_mobile", "opted_out", "unallocated", "voip"),
        403,
    ),
    "too_many_to_recipient": 429,
    "changed_meanwhile": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
}
"""The status of a code that differs from that of its class: unreadable, or forbidden whatever the wording."""

KIND_BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(("empty", "unparsable", "excel_lossy"), "not_a_number"),
    **dict.fromkeys(("length", "invalid"), "impossible_number"),
    **dict.fromkeys(
        (
            "sender_accent",
            "sender_character",
            "sender_digit_first",
            "sender_empty",
            "sender_fixed",
            "sender_forbidden",
            "sender_not_numeric",
            "sender_not_registered",
            "sender_only_digits",
            "sender_space",
            "sender_too_long",
            "sender_too_short",
        ),
        "sender_id",
    ),
}
"""The kind of problem that several rules make, for callers who do not care which; other rules are their own kind."""

STATUS_BY_CLASS: Mapping[type[Exception], int] = {
    NotAuthenticated: 401,
    NotEnoughCredits: 402,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    RequestRefused: 422,
    StoreUnavailable: 503,
    Paused: 503,
}

RETRY_BY_CODE: Mapping[str, timedelta] = {
    "idempotency_key_busy": timedelta(seconds=1),
    "too_many_to_recipient": WINDOW,
    "store_unavailable": timedelta(seconds=2),
    "paused": timedelta(seconds=60),
}

_NOTHING_KEPT = "The database did not take the request, and nothing of it was kept. Send it again in a moment."
_IN_DOUBT = "The database did not say whether it kept the request: it may have been taken. "
_REPEAT_IT = _IN_DOUBT + "Send it again with the same Idempotency-Key; it is not carried out twice."
_LOOK_FIRST = _IN_DOUBT + "Look at what is there before you send it again, or use an Idempotency-Key."
_OUR_FAULT = "The hub stumbled over this request. Its operator finds out why in the log, by the request_id."

log = structlog.get_logger(__name__)


def install(app: Flask) -> None:
    """Answer every error of an application as a problem."""

    def answer(error: Exception) -> BaseResponse:
        if isinstance(error, RequestEntityTooLarge):
            most = (request.max_content_length or 0) // 1024  # each call has its own, most that of the application
            message = f"The request is larger than {most} kB; send less at once."
            return problem(413, "too_large", message, faults=[Fault("body", "too_large", message)])
        if isinstance(error, HTTPException):
            return _answer_to_http(error)
        return _answer_to_hub(error) if isinstance(error, HubError) else _answer_to_bug(error)

    app.register_error_handler(Exception, answer)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    needed: int | None = None,
    available: int | None = None,
    duplicate_of: str | None = None,
) -> Response:
    """A problem as an answer; its type and title follow from its code."""
    content = answers.Problem(
        type=f"/problems/{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        errors=[answers.ProblemFault.model_validate(fault) for fault in faults],
        request_id=g.get("request_id", ""),
        needed=needed,
        available=available,
        duplicate_of=duplicate_of,
    )
    return Response(content.model_dump_json(exclude_none=True), status, headers, mimetype=MEDIA_TYPE)


def status_of(error: HubError) -> int:
    """The status that an error of the hub is answered with; 500 where it is no answer to a request.

    Several reasons of one status make that status: three numbers, each forbidden for its own, are forbidden.
    """
    code = getattr(error, "code", "")
    if code in STATUS_BY_CODE:
        return STATUS_BY_CODE[code]
    by_fault = {STATUS_BY_CODE.get(fault.code) for fault in getattr(error, "faults", ())}
    if len(by_fault) == 1 and (status := by_fault.pop()):
        return status
    return next((STATUS_BY_CLASS[kind] for kind in type(error).__mro__ if kind in STATUS_BY_CLASS), 500)


def kind_of(error: RequestRefused) -> str:
    """What kind of problem a refusal is: that of its faults where they have one in common, else its own code."""
    kinds = {KIND_BY_CODE.get(fault.code, fault.code) for fault in error.faults}
    return kinds.pop() if len(kinds) == 1 else KIND_BY_CODE.get(error.code, error.code)


def _answer_to_hub(error: HubError) -> Response:
    if isinstance(error, CommitInDoubt):
        return _answer_to_doubt(error)
    if isinstance(error, StoreUnavailable):
        log.warning("store_unavailable", error=str(error))
        return problem(503, "store_unavailable", _NOTHING_KEPT, headers=_retry_after(error, "store_unavailable"))
    if isinstance(error, Paused):
        return problem(503, "paused", str(error), headers=_retry_after(error, "paused"))
    if not isinstance(error, RequestRefused):
        return _answer_to_bug(error)
    credits_ = (error.needed, error.available) if isinstance(error, NotEnoughCredits) else (None, None)
    return problem(
        status_of(error),
        kind_of(error),
        str(error),
        faults=error.faults,
        headers=_challenge(error) | _retry_after(error, error.code),
        needed=credits_[0],
        available=credits_[1],
        duplicate_of=error.earlier if isinstance(error, LooksRepeated) else None,
    )


def _answer_to_doubt(error: CommitInDoubt) -> Response:
    """Without Retry-After unless repeating is safe: clients that retry by themselves would send twice."""
    log.error("commit_in_doubt", error=str(error))
    if error.repeatable:
        headers = _retry_after(error, "store_unavailable")
        return problem(503, "commit_in_doubt", _REPEAT_IT, headers=headers)
    return problem(503, "commit_in_doubt", _LOOK_FIRST)


def _answer_to_http(error: HTTPException) -> BaseResponse:
    response = error.get_response()
    if response.status_code < HTTPStatus.BAD_REQUEST or error.response is not None:
        return response  # a redirect, or an answer that a view made up itself
    status = HTTPStatus(response.status_code)
    headers = {name: value for name, value in response.headers if name in {"Allow", "Retry-After", "WWW-Authenticate"}}
    return problem(status, status.name.lower(), _said(error, status, headers.get("Allow", "")), headers=headers)


def _said(error: HTTPException, status: HTTPStatus, allowed: str) -> str:
    if status is HTTPStatus.NOT_FOUND:
        return "There is nothing at this address; /api/v1/openapi.json lists what there is."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return f"This address does not take {request.method}; it takes {allowed}."
    return error.description or status.description


def _answer_to_bug(error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return problem(500, "internal_error", _OUR_FAULT)


def _challenge(error: RequestRefused) -> dict[str, str]:
    """What a 401 must say (RFC 9110, 11.6.1); RFC 6750 has the words."""
    return {"WWW-Authenticate": 'Bearer realm="hub"'} if isinstance(error, NotAuthenticated) else {}


def _retry_after(error: HubError, code: str) -> dict[str, str]:
    wait = error.retry_after if isinstance(error, TooMany) else RETRY_BY_CODE.get(code)
    return {} if wait is None else {"Retry-After": str(max(1, -(-wait // timedelta(seconds=1))))}
