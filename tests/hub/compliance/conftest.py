from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.compliance.policies import load_policies

if TYPE_CHECKING:
    from hub.compliance.policies import PolicyBook


@pytest.fixture(scope="session")
def book() -> PolicyBook:
    """The table as shipped, without profiles or overrides."""
    return load_policies()
