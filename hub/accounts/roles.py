"""What each role may do, as one table. Pure.

A call of the API needs a scope (to look, to send, or for everything else) and belongs to a subject. What opens the
account to others - tokens, sub-accounts and their credits, users - is its owners' alone, even to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.accounts.model import Role, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

OWNERS_ONLY = frozenset({"accounts", "users"})
"""The subjects (names of resources) that are for owners."""

SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset({Scope.READ, Scope.SEND, Scope.ALL}),
    Role.MANAGER: frozenset({Scope.READ, Scope.SEND, Scope.ALL}),
    Role.SENDER: frozenset({Scope.READ, Scope.SEND}),
    Role.VIEWER: frozenset({Scope.READ}),
}
"""What calls may need for a person of that role to make them."""


def may(role: Role, subject: str, needed: Scope) -> bool:
    """Whether a person of that role may make a call of that subject."""
    return needed in SCOPES[role] and (role is Role.OWNER or subject not in OWNERS_ONLY)
