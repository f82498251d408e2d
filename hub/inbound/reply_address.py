"""The e-mail address by which a person on a phone is answered: it says who, and proves that the hub made it. Pure.

`33612345678-36180-7-k3xq2w5trbn4mzsa7fyd`: the person's number, the sender that they wrote to, the account (in base
36), and a signature over the three under the hub's key. Nothing is kept, so nothing runs out; what was made with an
older key holds as long as that key is kept. Mail systems may change the case of letters; it does not count.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.vault import Vault

LONGEST_LOCAL_PART = 64
"""RFC 5321, section 4.5.3.1.1."""

_PURPOSE = "reply address"
_PROOF_LETTERS = 20
"""Base 32: a hundred bits, of which each guess costs a dialogue with the mail server."""
_NO_SENDER = "0"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NUMBER = re.compile(r"\+([1-9]\d{4,14})")
_SENDER = re.compile(r"\+?\d{2,15}")
_LOCAL_PART = re.compile(rf"([1-9]\d{{4,14}})-(p?\d{{1,15}})-([0-9a-z]{{1,13}})-([a-z2-7]{{{_PROOF_LETTERS}}})")


@dataclass(frozen=True, slots=True)
class Conversation:
    """Whom an address reaches: the person's number (E.164), for which account, from which sender (None: any)."""

    account_id: int
    number: str
    sender: str | None


def reply_address(vault: Vault, conversation: Conversation) -> str | None:
    """The local part for a conversation; None where the number is none that can be texted.

    A sender that an address cannot hold (letters: a text cannot be answered to them) is left out.
    """
    number = _NUMBER.fullmatch(conversation.number)
    if number is None:
        return None
    facts = f"{number[1]}-{_sender_word(conversation.sender)}-{_base36(conversation.account_id)}"
    local_part = f"{facts}-{_proof(vault.signature(_PURPOSE, facts))}"
    return local_part if len(local_part) <= LONGEST_LOCAL_PART else None


def read_reply_address(vault: Vault, local_part: str) -> Conversation | None:
    """The conversation that a local part stands for; None unless the hub made it."""
    found = _LOCAL_PART.fullmatch(local_part.lower())
    if found is None:
        return None
    number, sender, account, shown = found.groups()
    facts = f"{number}-{sender}-{account}"
    proofs = [_proof(one) for one in vault.signatures(_PURPOSE, facts)]
    if not any(hmac.compare_digest(shown, proof) for proof in proofs):
        return None
    return Conversation(int(account, 36), f"+{number}", _sender_of(sender))


def _proof(signature: str) -> str:
    return base64.b32encode(bytes.fromhex(signature)).decode().lower()[:_PROOF_LETTERS]


def _sender_word(sender: str | None) -> str:
    return sender.replace("+", "p") if sender and _SENDER.fullmatch(sender) else _NO_SENDER


def _sender_of(word: str) -> str | None:
    return None if word == _NO_SENDER else word.replace("p", "+")


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
