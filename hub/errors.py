"""The exception tree, named after what the caller can do about it.

HubError
├── ConfigError             mend hub.ini: carries every fault found, not only the first
├── RequestRefused          mend the request: carries faults that name field, rule and remedy
│   ├── NotAuthenticated    show a valid token, password or address
│   ├── NotAllowed          ask for the right, or do something else
│   ├── NotFound            look elsewhere: nothing of that name belongs to the account
│   ├── Conflict            the state forbids it now (already sent, key used for something else)
│   │   └── LooksRepeated   look at the earlier one, or say that the repetition is meant
│   ├── NotEnoughCredits    buy credits, or send less
│   └── TooMany             slow down, try again after a while
├── StoreUnavailable        try again soon: the database is locked, full or away
│   └── CommitInDoubt       look before you try again: it may have been kept after all
├── Paused                  try again later: the operator has stopped what comes in, and nothing was kept
├── NewerDatabase           run the newer hub that wrote this database
└── ConnectorError          what a carrier said, in the engine's words
    ├── TemporaryFailure    nothing was sent, try again later
    │   └── Throttled       nothing was sent, slow down
    └── PermanentFailure    nothing was sent, and trying again will not help: raise the alarm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, which rule, and a sentence that says how to mend it."""

    field: str
    code: str
    message: str


class HubError(Exception):
    """Anything that the hub itself raises; its text is a sentence a person can act on."""


class ConfigError(HubError):
    """The configuration cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.field}: {fault.message}" for fault in self.faults))


class RequestRefused(HubError):
    """A request the hub will not carry out as it stands; nothing was stored."""

    code = "invalid_request"

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), code: str | None = None) -> None:
        self.faults = tuple(faults)
        self.code = code or (faults[0].code if len(faults) == 1 else type(self).code)
        super().__init__(message)

    @classmethod
    def because(cls, field: str, code: str, message: str) -> RequestRefused:
        """The refusal that one faulty field calls for."""
        return cls(message, faults=[Fault(field, code, message)])


class NotAuthenticated(RequestRefused):
    """The caller did not show who they are."""

    code = "not_authenticated"


class NotAllowed(RequestRefused):
    """The caller is known, and may not do this."""

    code = "not_allowed"


class NotFound(RequestRefused):
    """Nothing of that name belongs to the caller's account."""

    code = "not_found"


class Conflict(RequestRefused):
    """The present state forbids the request."""

    code = "conflict"


class LooksRepeated(Conflict):
    """The same was asked for a moment ago; `earlier` is the campaign that it brought forth."""

    code = "looks_repeated"

    def __init__(self, earlier: str) -> None:
        self.earlier = earlier
        super().__init__(
            f"The same text went to the same recipients a moment ago, as campaign {earlier}. If it is to go to them "
            "once more, ask with allow_repeat: true."
        )


class NotEnoughCredits(RequestRefused):
    """The account cannot pay for the request; `needed` and `available` are in credits."""

    code = "insufficient_credit"

    def __init__(self, needed: int, available: int) -> None:
        self.needed = needed
        self.available = available
        super().__init__(f"This costs {needed} credits and the account has {available} left.")


class TooMany(RequestRefused):
    """A limit was reached; `retry_after` says when to come back."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class StoreUnavailable(HubError):
    """The database did not take the transaction; nothing was kept, and a retry may work."""


class CommitInDoubt(StoreUnavailable):
    """The database's answer to a commit was lost: everything was kept, or nothing.

    `repeatable` says that the request may be made again all the same, as with an idempotency key.
    """

    def __init__(self, message: str, *, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        super().__init__(message)


class Paused(HubError):
    """The operator has stopped what comes in; nothing was kept, and the same request works once it goes on."""


class NewerDatabase(HubError):
    """The database was written by a newer hub than this one."""


class ConnectorError(HubError):
    """A carrier did not take a batch, and nothing of it was sent."""


class TemporaryFailure(ConnectorError):
    """Nothing was sent; trying again later may work. `retry_after` is the carrier's own word, if any."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Throttled(TemporaryFailure):
    """Nothing was sent; the carrier wants us slower."""


class PermanentFailure(ConnectorError):
    """Nothing was sent, and nothing will be until someone mends the connection (credentials, contract)."""
