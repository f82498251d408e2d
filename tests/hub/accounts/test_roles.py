"""What each role may do."""

from __future__ import annotations

import pytest

from hub.accounts.model import Role, Scope
from hub.accounts.roles import OWNERS_ONLY, SCOPES, may

READ, SEND, ALL = Scope.READ, Scope.SEND, Scope.ALL


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (Role.OWNER, {READ, SEND, ALL}),
        (Role.MANAGER, {READ, SEND, ALL}),
        (Role.SENDER, {READ, SEND}),
        (Role.VIEWER, {READ}),
    ],
)
def test_a_role_makes_the_calls_that_it_is_for(role: Role, scopes: set[Scope]) -> None:
    """To look, to send, and everything else."""
    assert {scope for scope in Scope if may(role, "campaigns", scope)} == scopes


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("subject", sorted(OWNERS_ONLY))
def test_who_may_act_is_the_owners_to_say(role: Role, subject: str) -> None:
    """Nobody else looks at tokens, sub-accounts and users."""
    assert {may(role, subject, scope) for scope in Scope} == {role is Role.OWNER}


def test_every_role_is_in_the_table() -> None:
    """A new one without a line would fail on a person."""
    assert set(SCOPES) == set(Role)
