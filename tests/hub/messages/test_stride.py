"""How many messages a worker takes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.stride import TARGET_S, Stride

if TYPE_CHECKING:
    from collections.abc import Callable


def rounds(stride: Stride, lasts: Callable[[int], float], count: int = 20) -> list[int]:
    """The sizes of some rounds on a line on which so many messages last so long."""
    sizes = []
    for _ in range(count):
        sizes.append(stride.size)
        stride.took(stride.size, lasts(stride.size))
    return sizes


def test_a_quick_line_is_given_large_batches_within_some_rounds() -> None:
    """Beginning with few, for it might have been slow."""
    assert rounds(Stride(500), lambda size: 0.001 + size / 20_000)[:6] == [4, 16, 64, 256, 500, 500]


@pytest.mark.parametrize("per_message_s", [0.02, 0.1, 0.4])
def test_a_slow_line_is_given_half_a_second_of_work(per_message_s: float) -> None:
    """An alert waits for no more than that."""
    last = rounds(Stride(500), lambda size: size * per_message_s)[-1]
    assert last == pytest.approx(TARGET_S / per_message_s, abs=1)


def test_a_line_that_takes_a_second_for_a_message_is_given_one() -> None:
    """Less is nothing."""
    assert rounds(Stride(500), lambda size: size * 1.0)[-1] == 1


def test_a_long_way_to_the_carrier_makes_no_batch_smaller() -> None:
    """A second for any batch: the larger the better."""
    assert rounds(Stride(500), lambda _: 1.0)[-1] == 500


def test_a_line_that_becomes_slower_is_given_less() -> None:
    """Twenty times slower, from one moment to the next."""
    stride = Stride(500)
    rounds(stride, lambda size: size * 0.001)
    assert rounds(stride, lambda size: size * 0.02)[-1] == pytest.approx(25, abs=2)


@pytest.mark.parametrize("before_s", [0.02, 1.0])
def test_a_line_that_becomes_quicker_is_given_more(before_s: float) -> None:
    """It was only ill."""
    stride = Stride(500)
    rounds(stride, lambda size: size * before_s)
    assert rounds(stride, lambda size: size * 0.0001)[-1] == 500


def test_few_messages_say_little_about_many() -> None:
    """Rounds that were not full make none larger."""
    stride = Stride(500)
    for _ in range(20):
        stride.took(1, 0.001)
    assert stride.size == 4


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 60)), max_size=60))
def test_whatever_rounds_were_like_the_next_one_has_a_size(rounds_: list[tuple[int, float]]) -> None:
    """Of any sizes and durations, in any order: of nearly the same size, too."""
    stride = Stride(500)
    for count, seconds in rounds_:
        stride.took(count, seconds)
        assert 1 <= stride.size <= 500


def test_a_round_as_large_as_one_long_before_is_compared_with_nothing() -> None:
    """Eleven, ten, eleven: a tenth more is no other size, and the same size tells nothing."""
    stride = Stride(500)
    for count in (20, 11, 10, 11, 20, 11):
        stride.took(count, 0.1)
    assert stride.size >= 1
