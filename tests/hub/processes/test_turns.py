"""Routes of one connector have their turns, one after the other."""

from __future__ import annotations

import threading

from hub.processes.turns import Turns


def test_each_route_that_was_asked_for_has_its_turn_in_order_and_once() -> None:
    """However often it was asked for while it waited."""
    had: list[str] = []
    may_begin, done = threading.Event(), threading.Event()

    def act(route: str) -> None:
        may_begin.wait(10)
        had.append(route)
        if route == "last":
            done.set()

    turns = Turns("carrier", act)
    turns.start()
    for route in ("first", "a", "b", "a", "b", "last"):
        turns.ask(route)
    may_begin.set()
    assert done.wait(10)
    turns.stop()
    assert sorted(had[:-1]) in (["a", "b", "first"], ["a", "a", "b", "b", "first"])
    assert had[0] == "first"


def test_stopping_waits_for_the_turn_in_hand_and_begins_no_other() -> None:
    """What is on the wire is finished."""
    had: list[str] = []
    began, go_on = threading.Event(), threading.Event()

    def act(route: str) -> None:
        began.set()
        go_on.wait(10)
        had.append(route)

    turns = Turns("carrier", act)
    turns.start()
    turns.ask("first")
    assert began.wait(10)
    turns.ask("second")
    stopping = threading.Thread(target=turns.stop)
    stopping.start()
    while not turns._over:
        began.wait(0.01)
    go_on.set()
    stopping.join(timeout=10)
    assert (had, stopping.is_alive()) == (["first"], False)
