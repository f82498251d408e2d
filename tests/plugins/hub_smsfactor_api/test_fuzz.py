"""Nothing that a client sends is answered with a fault of the hub's, or with a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub_smsfactor_api.endpoints import ENDPOINTS
from tests.prove.smsfactor_fuzz import fuzz

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_six_hundred_spoilt_requests_are_all_answered_with_replies(tmp_path: Path) -> None:
    """The same ones in each run; `python -m tests.prove.smsfactor_fuzz` goes on for as long as is wanted."""
    found = fuzz(tmp_path, seed=7, until=lambda said: said >= 600)
    assert found.faults == []
    assert len(found.told) == len(ENDPOINTS)
