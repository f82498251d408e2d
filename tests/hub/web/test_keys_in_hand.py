"""A key whose first request is not done yet."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hub.errors import Conflict
from hub.web.keys_in_hand import KeysInHand

if TYPE_CHECKING:
    from .conftest import Caller

PATIENCE_S = 30.0


def test_a_key_is_held_once() -> None:
    """By one request at a time, of one account."""
    keys = KeysInHand()
    with keys.hold(1, "k"), keys.hold(2, "k"), keys.hold(1, "other"), pytest.raises(Conflict), keys.hold(1, "k"):
        pass


def test_a_key_is_let_go_when_its_request_fails() -> None:
    """Who asks again after an error is not told to wait."""
    keys = KeysInHand()
    with pytest.raises(ValueError, match="odd"), keys.hold(1, "k"):
        raise ValueError("odd")
    with keys.hold(1, "k"):
        assert keys._held == {(1, "k")}


def test_requests_without_a_key_hold_nothing() -> None:
    """Two of them are two requests."""
    keys = KeysInHand()
    with keys.hold(1, None), keys.hold(1, None):
        assert keys._held == set()


def test_a_request_whose_first_is_still_at_work_is_told_to_come_back(caller: Caller) -> None:
    """(B29) 409 with Retry-After, at once, and one campaign in the end."""
    path = caller.hub.core.store.url.database
    assert path
    answers: list[tuple[int, str | None]] = []

    def ask() -> None:
        answer = caller.send(headers={"Idempotency-Key": "k"})
        answers.append((answer.status_code, answer.headers.get("Retry-After")))

    with closing(sqlite3.connect(path, isolation_level=None)) as somebody_else:
        somebody_else.execute("BEGIN IMMEDIATE")
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        while not answers:
            threads[0].join(0.01)
        somebody_else.execute("ROLLBACK")
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(answers, key=str) == [(201, None), (409, "1")]
    assert len(caller.hub.core.campaigns.latest()) == 1
