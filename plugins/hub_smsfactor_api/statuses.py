"""Everything that can go wrong, in one table: SMSFactor's statuses, and which one each refusal of the hub's is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from hub import (
    CommitInDoubt,
    HubError,
    NotAllowed,
    NotAuthenticated,
    NotEnoughCredits,
    NotFound,
    Paused,
    RequestRefused,
    StoreUnavailable,
    TooMany,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(IntEnum):
    """The outcome of a request, as its reply's `status` says."""

    OK = 1
    AUTHENTICATION = -1
    XML = -2
    CREDITS = -3
    DELAY = -4
    NOT_FOUND = -5
    JSON = -6
    DATA = -7
    MODERATION = -8
    UNKNOWN = -99


MESSAGES: Mapping[Status, str] = {
    Status.OK: "OK",
    Status.AUTHENTICATION: "Le login et le mot de passe ne correspondent pas",
    Status.XML: "XML error",
    Status.CREDITS: "Not enough credits",
    Status.DELAY: "Incorrect delay date",
    Status.NOT_FOUND: "Resource not found",
    Status.JSON: "JSON error",
    Status.DATA: "Data error",
    Status.MODERATION: "Campaign under moderation",
    Status.UNKNOWN: "Unknown error",
}
"""The general words of each status. That of -1 is recorded from the real server; of the others only the meaning is."""

WRONG_TOKEN = "Token invalide"  # noqa: S105 - what is said of one
WRONG_PASSWORD = "Utilisateur ou mot de passe incorrect"  # noqa: S105 - what is said of one

STATUS_BY_CLASS: Mapping[type[HubError], Status] = {
    NotAuthenticated: Status.AUTHENTICATION,
    NotAllowed: Status.AUTHENTICATION,
    NotEnoughCredits: Status.CREDITS,
    NotFound: Status.NOT_FOUND,
    TooMany: Status.UNKNOWN,
    RequestRefused: Status.DATA,
    Paused: Status.UNKNOWN,
    StoreUnavailable: Status.UNKNOWN,
    CommitInDoubt: Status.UNKNOWN,
}
"""The status of an error, by the nearest of its classes that stands here; that of any other is -99."""

STATUS_BY_CODE: Mapping[str, Status] = {
    **dict.fromkeys(("schedule_no_zone", "schedule_past", "schedule_too_far"), Status.DELAY),
    "insufficient_credit": Status.CREDITS,
    "no_such_list": Status.NOT_FOUND,
    "sub_account_cannot_buy": Status.DATA,
    "sub_account_of_sub_account": Status.DATA,
}
"""The status of a refusal whose code says more than its class."""

COUNTER_BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "country_needed",
            "empty",
            "excel_lossy",
            "extension",
            "invalid",
            "landline",
            "length",
            "letters",
            "not_mobile",
            "short_code_not_allowed",
            "unparsable",
            "voip",
        ),
        "invalid",
    ),
    "opted_out": "blacklisted",
    "unallocated": "npai",
    "country_not_allowed": "not_allowed",
    "too_many_to_recipient": "flood",
}
"""Which counter of a send reply a recipient falls under that is not texted. Where all do, the reply is no error."""

OTHER_COUNTER = "not_allowed"
"""Where recipients are counted that some other rule keeps back, beside others that are texted."""

OUR_FAULT = "The hub stumbled over this request; its operator finds out why in the log, by the X-Request-Id."


class Refused(Exception):
    """A request that is answered with a status below zero; `details` says why, in a sentence."""

    def __init__(self, status: Status, details: str) -> None:
        self.status = status
        self.details = details
        super().__init__(details)


def status_of(error: HubError) -> Status:
    """What an error of the hub is in SMSFactor's words."""
    codes = {getattr(error, "code", ""), *(fault.code for fault in getattr(error, "faults", ()))} - {""}
    known = {STATUS_BY_CODE[code] for code in codes if code in STATUS_BY_CODE}
    if len(known) == 1:
        return known.pop()
    return next((STATUS_BY_CLASS[kind] for kind in type(error).__mro__ if kind in STATUS_BY_CLASS), Status.UNKNOWN)
