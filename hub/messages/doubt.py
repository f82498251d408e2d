"""When the database's answer to a commit is lost, what was kept is read again before anybody is answered."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.errors import CommitInDoubt, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.messages.model import Acceptance

READ_AGAIN_S = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Waits between looks: the server may be away for a moment, and may still be busy with the commit."""


def found_by_key(look: Callable[[], Acceptance | None], campaign_id: str, doubt: CommitInDoubt) -> Acceptance:
    """What a request brought forth whose commit is in doubt, as far as its key tells.

    `look` finds what is kept under the key, `campaign_id` is the one that was being written. Raises CommitInDoubt:
    repeatable, for what may still be on its way would be found by the repetition.
    """
    for wait_s in READ_AGAIN_S:
        try:
            found = look()
        except StoreUnavailable:
            found = None
        if found is not None:
            return replace(found, replayed=found.campaign_id != campaign_id)
        time.sleep(wait_s)
    raise CommitInDoubt(str(doubt), repeatable=True) from doubt
