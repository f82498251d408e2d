"""Who may sign a text: the country's rule, the names that no one may use, and the registered ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.compliance.folding import fold
from hub.compliance.model import CustomSender, Violation
from hub.sms.sender import sender_problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from hub.compliance.model import CountryPolicy, SenderRule


def sender_violation(
    policy: CountryPolicy,
    sender: str,
    *,
    denylist: Collection[str] = (),
    registered: Collection[str] = (),
) -> Violation | None:
    """Why a business may not sign with `sender` in this country; None when it may.

    `denylist` is `PolicyDefaults.sender_denylist`; `registered` are the names that the country's
    authorities know, compared letter for letter where the country minds capitals. The codes are those of
    `hub.sms.sender`, and `sender_digit_first`, `sender_forbidden`, `sender_not_registered`.
    """
    return _form_violation(policy, sender) or _name_violation(policy, sender, denylist, registered)


def _form_violation(policy: CountryPolicy, sender: str) -> Violation | None:
    rule = policy.sender
    problem = sender_problem(
        sender,
        allowed=rule.custom,
        max_len=rule.max_len,
        allow_space=rule.allow_space,
        need_letter=rule.need_letter,
    )
    if problem is not None:
        return Violation(problem.code, f"{policy.label}: {problem.message}")
    if rule.letter_first and not sender[:1].isalpha():
        return Violation(
            "sender_digit_first", f"In {policy.label} a sender starts with a letter, and {sender!r} does not."
        )
    return None


def _name_violation(
    policy: CountryPolicy, sender: str, denylist: Collection[str], registered: Collection[str]
) -> Violation | None:
    if _bare(sender) in {_bare(name) for name in denylist}:
        return Violation(
            "sender_forbidden",
            f"{sender!r} does not say who is writing, or passes for someone else: sign with the name of the business.",
        )
    if policy.sender.custom is CustomSender.REGISTERED and not _is_among(sender, registered, policy.sender):
        return Violation(
            "sender_not_registered",
            f"{policy.label} blocks names that are not on its list, and {sender!r} is not among the ones registered: "
            "register it, or leave the sender empty.",
        )
    return None


def _is_among(sender: str, registered: Collection[str], rule: SenderRule) -> bool:
    if rule.case_sensitive:
        return sender in registered
    return sender.casefold() in {name.casefold() for name in registered}


def _bare(name: str) -> str:
    return "".join(character for character in fold(name) if character.isalnum())
