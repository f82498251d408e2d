"""How a line that is throttled goes slower, and faster again."""

from __future__ import annotations

from hub_smpp.pace import LONGEST_PAUSE_S, SHORTEST_PAUSE_S, SLOWEST_RATE, Pace


def _run(pace: Pace, limit: float, began: float, seconds: float) -> tuple[int, int]:
    """Write as fast as allowed to a carrier that takes `limit` per second: what it took, and what it put off."""
    taken = refused = 0
    now, room = began, limit
    while now < began + seconds:
        room = min(limit, room + limit * 0.01)
        for _ in range(min(100, 100 if (allowed := pace.allowed(now)) is None else allowed)):
            if pace.allowed(now) == 0:
                break
            pace.wrote(1)
            if room >= 1:
                room -= 1
                taken += 1
                pace.accepted(1, now)
            else:
                refused += 1
                pace.throttled(now)
        now += 0.01
    return taken, refused


def test_a_line_that_nobody_throttles_has_no_limit() -> None:
    """Its window alone holds it."""
    assert Pace().allowed(100.0) is None


def test_a_throttled_line_writes_nothing_for_a_moment() -> None:
    """Then a little."""
    pace = Pace()
    pause = pace.throttled(100.0)
    assert pause == SHORTEST_PAUSE_S
    assert pace.allowed(100.0 + pause / 2) == 0
    assert pace.allowed(100.0 + pause + 1 / SLOWEST_RATE) == 1


def test_complaints_of_one_burst_count_once() -> None:
    """A window full of them is one."""
    pace = Pace()
    pace.throttled(100.0)
    rate = pace.rate
    pace.throttled(100.01)
    assert pace.rate == rate


def test_pauses_grow_while_the_carrier_goes_on_complaining() -> None:
    """Up to the longest."""
    pace, now, pauses = Pace(), 100.0, []
    for _ in range(10):
        pauses.append(pace.throttled(now))
        now += pauses[-1]
    assert pauses[:3] == [0.25, 0.5, 1.0]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_a_line_settles_near_what_the_carrier_takes() -> None:
    """More than half of what is possible is carried, and few texts are put off."""
    taken, refused = _run(Pace(), limit=100, began=1000, seconds=120)
    assert taken > 0.5 * 100 * 120
    assert refused < 0.05 * taken


def test_a_line_is_free_again_when_the_carrier_has_forgotten() -> None:
    """After a while without complaints there is no limit."""
    pace = Pace()
    pace.throttled(100.0)
    for second in range(60):
        pace.accepted(1, 101.0 + second)
    assert pace.rate is None
