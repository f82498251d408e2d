"""What can go wrong, named after what the caller can do about it.

ClientError
├── Nobody          nobody answers there: nothing was sent
├── NoHub           what answers there is no hub
├── StillBusy       what was waited for takes longer
├── InDoubt         the answer never came: the hub may have taken the request
└── Problem         the hub says no, in a problem (RFC 9457)
    ├── Unknown     401: show a valid token
    ├── NotPaid     402: buy credits, or send less
    ├── Forbidden   403: ask for the right, or do something else
    ├── Missing     404: nothing of that name belongs to the account
    ├── InConflict  409: the state forbids it now
    ├── Changed     412: read it again, and edit that
    ├── TooOften    429: wait
    ├── Stumbled    500 and more: the hub's own trouble
    └── Refused     any other: mend the request
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ClientError(Exception):
    """Anything that the client raises; its text is a sentence a person can act on."""


class Nobody(ClientError):
    """Nobody answers at the address; nothing was sent."""


class NoHub(ClientError):
    """What answers there does not do so as a hub does."""


class StillBusy(ClientError):
    """The hub works on it still; nothing is wrong."""


class InDoubt(ClientError):
    """The answer never came: nobody knows whether the hub took the request."""


@dataclass(frozen=True, slots=True)
class ProblemFault:
    """One thing that is wrong: where, which rule, and how to mend it."""

    field: str
    code: str
    message: str


class Problem(ClientError):
    """A no of the hub: `status`, a stable `code`, `faults`, and the `request_id` to ask its operator about.

    `type` is the address of the page that says what the code means.

    `needed` and `available` are credits, where those do not suffice. `retry_after` is in seconds.
    """

    def __init__(self, content: dict[str, Any], status: int, retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(content["code"])
        self.type = str(content.get("type", ""))
        self.faults = tuple(
            ProblemFault(str(one["field"]), str(one["code"]), str(one["message"]))
            for one in content.get("errors") or ()
        )
        self.request_id = str(content.get("request_id", ""))
        self.needed: int | None = content.get("needed")
        self.available: int | None = content.get("available")
        self.retry_after = retry_after
        super().__init__(str(content.get("detail") or content.get("title") or self.code))


class Refused(Problem):
    """The request cannot be carried out as it stands."""


class Unknown(Problem):
    """The token is missing, unknown, revoked or out of date."""


class NotPaid(Problem):
    """The account cannot pay for it."""


class Forbidden(Problem):
    """The caller is known, and may not do this."""


class Missing(Problem):
    """Nothing of that name belongs to the account."""


class InConflict(Problem):
    """The present state forbids it."""


class Changed(Problem):
    """It was changed since it was read."""


class TooOften(Problem):
    """A limit was reached."""


class Stumbled(Problem):
    """The hub has trouble of its own."""


_BY_STATUS: dict[int, type[Problem]] = {
    401: Unknown,
    402: NotPaid,
    403: Forbidden,
    404: Missing,
    409: InConflict,
    412: Changed,
    429: TooOften,
}
_OWN_TROUBLE = 500


def problem_of(content: dict[str, Any], status: int, retry_after: float | None) -> Problem:
    """The exception for an answer that is a problem."""
    kind = Stumbled if status >= _OWN_TROUBLE else _BY_STATUS.get(status, Refused)
    return kind(content, status, retry_after)
