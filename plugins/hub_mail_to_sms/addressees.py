"""Whom an address is for: an account that names numbers in the subject, or a person who is texted by writing to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub_mail_to_sms import dialogue_replies as say
from hub_mail_to_sms.addresses import ANYBODY
from hub_mail_to_sms.settings import Accept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Hub
    from hub_mail_to_sms.addresses import Addresses

_NUMBER = re.compile(r"\+?[0-9]{7,15}")


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose mail this is (None: whoever is verified), and who is texted by it (None: the subject says who).

    `sender` is the one that the person wrote to. `proven`: the hub made the address, and gave it to the account.
    """

    account_id: int | None
    number: str | None = None
    sender: str | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """Finds who an address is for. Reads the database: not to be called in the event loop."""

    hub: Hub
    addresses: Addresses
    way: Accept

    def find(self, local_part: str, signed_in: int | None, named: Sequence[Addressee]) -> Addressee | str:
        """Who a local part in small letters is for, or the reply that refuses it.

        `signed_in` is the account that did; `named` are the addresses that the mail has so far: a number alone is
        no secret, and is taken beside one.
        """
        if "-" in local_part and (known := self.hub.conversation(local_part)):
            found = Addressee(known.account_id, known.number, known.sender, proven=True)
            return found if signed_in in (None, known.account_id) else say.UNKNOWN_ADDRESS
        if self.way is Accept.AUTH and signed_in is None:
            return say.SIGN_IN_FIRST
        if local_part == ANYBODY:
            may_be_anybody = signed_in is not None or self.way is Accept.VERIFIED
            return Addressee(signed_in) if may_be_anybody else say.UNKNOWN_ADDRESS
        if _NUMBER.fullmatch(local_part):
            return self._number(local_part, signed_in, named)
        owner = self.addresses.account_of(local_part)
        if owner is None or signed_in not in (None, owner):
            return say.UNKNOWN_ADDRESS
        return Addressee(owner)

    def _number(self, written: str, signed_in: int | None, named: Sequence[Addressee]) -> Addressee | str:
        number = written if written.startswith(("0", "+")) else f"+{written}"
        if signed_in is not None or self.way is Accept.VERIFIED:
            return Addressee(signed_in, number)
        known = {one.account_id for one in named if one.number is None or not one.proven}
        return Addressee(known.pop(), number) if len(known) == 1 else say.NUMBER_ALONE


def refusal_beside(found: Addressee, named: Sequence[Addressee]) -> str | None:
    """Why an address cannot be taken beside those that the mail has; None when it can."""
    if any(one.account_id != found.account_id for one in named):
        return say.ONE_ACCOUNT
    senders = {one.sender for one in (*named, found) if one.number is not None}
    return say.ONE_SENDER if len(senders) > 1 else None
