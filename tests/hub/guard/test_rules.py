"""What is unusual: tables of figures, and lists that must not look like fraud."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.model import AccountLimits
from hub.guard.model import Figures, HoldReason, Request, Spending, Spent, Traffic
from hub.guard.rules import crowded_block, has_jumped, reason_to_hold, run_among

USUAL = Figures()
FIRST = 33612345600


def numbers(*offsets: int) -> tuple[str, ...]:
    """Mobiles that far from the first."""
    return tuple(f"+{FIRST + offset}" for offset in offsets)


def held(
    request: Request, spending: Spending | None = None, traffic: Traffic | None = None, figures: Figures = USUAL
) -> HoldReason | None:
    """Why it would be held."""
    found = reason_to_hold(figures, request, spending or Spending(0, ()), traffic or Traffic())
    return found[0] if found else None


# --- credits ---


@pytest.mark.parametrize(
    ("today", "cost", "reason"),
    [
        (0, 10_000, None),
        (0, 10_001, HoldReason.DAY_CEILING),
        (9_999, 1, None),
        (9_999, 2, HoldReason.DAY_CEILING),
        (50_000, 1, HoldReason.DAY_CEILING),
    ],
)
def test_up_to_the_ceiling_credits_go_without_review(today: int, cost: int, reason: HoldReason | None) -> None:
    """What was spent today counts."""
    assert held(Request(cost, 1), Spending(today, ()), figures=replace(USUAL, hour_credits=0)) is reason


@pytest.mark.parametrize(
    ("before", "cost", "reason"),
    [(0, 5_000, None), (0, 5_001, HoldReason.HOUR_CEILING), (4_999, 1, None), (4_999, 2, HoldReason.HOUR_CEILING)],
)
def test_up_to_the_hour_s_ceiling_credits_go_without_review(before: int, cost: int, reason: HoldReason | None) -> None:
    """Wherever they went within the hour."""
    spent = {"FR": Spent(hour=before - before // 3), "BE": Spent(hour=before // 3)}
    assert held(Request(cost, 1), Spending(0, (), by_country=spent)) is reason


@pytest.mark.parametrize(
    ("spent", "cost", "reason"),
    [
        (Spent(), 200, None),
        (Spent(), 201, HoldReason.COUNTRY_HOUR),
        (Spent(hour=199, day=199), 2, HoldReason.COUNTRY_HOUR),
        (Spent(hour=0, day=999), 1, None),
        (Spent(hour=0, day=999), 2, HoldReason.COUNTRY_DAY),
    ],
)
def test_a_foreign_country_has_tighter_ceilings(spent: Spent, cost: int, reason: HoldReason | None) -> None:
    """Per hour and per day, each country for itself."""
    spending = Spending(0, (), by_country={"BE": spent, "CH": Spent(hour=150, day=900)})
    assert held(Request(cost, 1, abroad={"BE": cost}), spending) is reason


def test_the_sentence_names_the_country() -> None:
    """So that its reader knows where to look."""
    found = reason_to_hold(USUAL, Request(300, 1, abroad={"BE": 100, "CH": 201}), Spending(0, ()), Traffic())
    assert found is not None
    assert found.message == (
        "This costs 201 credits to CH, 0 went there within the hour, and 200 an hour to a foreign country go without "
        "review."
    )


def test_a_message_that_is_too_dear_is_held() -> None:
    """Even one."""
    assert (held(Request(6, 6)), held(Request(7, 7))) == (None, HoldReason.MESSAGE_COST)


@pytest.mark.parametrize(
    ("available", "reason"), [(111, None), (110, None), (109, HoldReason.LOW_BALANCE), (10, HoldReason.LOW_BALANCE)]
)
def test_what_must_be_left_is_left(available: int, reason: HoldReason | None) -> None:
    """A hundred, and the request costs ten."""
    figures = replace(USUAL, low_balance=100)
    assert held(Request(10, 1), Spending(0, (), available), figures=figures) is reason


def test_more_than_there_is_is_not_held_for_a_low_balance() -> None:
    """It is refused, elsewhere."""
    figures = replace(USUAL, low_balance=100)
    assert held(Request(11, 1), Spending(0, (), 10), figures=figures) is None


def test_figures_of_nothing_are_no_limits() -> None:
    """0 switches a guard off."""
    figures = replace(USUAL, day_credits=0, message_credits=0, low_balance=0, number_run=0, prefix_per_hour=0)
    figures = replace(figures, hour_credits=0, abroad_day_credits=0, abroad_hour_credits=0)
    everywhere = Traffic(numbers(*range(100)), 100)
    request = Request(10**9, 200, numbers(50), {"BE": 10**9})
    assert held(request, Spending(10**9, (), 10**9), everywhere, figures) is None


def test_the_sentence_has_the_figures() -> None:
    """The reader can act on it."""
    found = reason_to_hold(USUAL, Request(500, 1), Spending(9_800, ()), Traffic())
    assert found is not None
    assert found[1] == "This costs 500 credits, 9800 went today, and 10000 a day go without review."


# --- runs of numbers ---


@pytest.mark.parametrize(
    ("ours", "before", "is_run"),
    [
        ((0, 1, 2, 3, 4), (), True),
        ((0, 1, 2, 3), (), False),
        ((9,), (0, 2, 4, 6), True),
        ((10,), (0, 2, 4, 6), False),
        ((4,), (0, 1, 2, 3), True),
        ((50,), (0, 1, 2, 3, 4), False),
        ((0, 100, 200, 300, 400), (), False),
    ],
)
def test_five_of_ten_consecutive_numbers_are_a_run(
    ours: tuple[int, ...],
    before: tuple[int, ...],
    is_run: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """One of them must be ours: what others did before is no fault of this request."""
    found = held(Request(1, 1, numbers(*ours)), traffic=Traffic(numbers(*before)))
    assert (found is HoldReason.NUMBER_RUN) == is_run


def test_the_same_number_again_is_no_run() -> None:
    """Five codes to one impatient person."""
    assert run_among(numbers(0, 0, 0, 0, 0), 5, numbers(0)) is None


@given(st.sets(st.integers(0, 400), max_size=40), st.integers(0, 400))
def test_a_run_is_found_wherever_there_is_one(before: set[int], mine: int) -> None:
    """As by trying every ten consecutive numbers around ours."""
    everybody = before | {mine}
    windows = (everybody & set(range(start, start + 10)) for start in range(mine - 9, mine + 1))
    expected = any(len(window) >= 5 for window in windows)
    assert (run_among(numbers(*before), 5, numbers(mine)) is not None) == expected


# --- blocks of numbers ---


def test_a_crowded_block_is_held_where_it_is_much_of_all() -> None:
    """Fifty-one numbers out of a hundred texts; far apart, so that they are no run."""
    before = numbers(*range(0, 5000, 100))
    request = Request(1, 1, numbers(6000))
    assert held(request, traffic=Traffic(before, texts=100)) is HoldReason.NUMBER_BLOCK
    assert held(request, traffic=Traffic(before, texts=1000)) is None


def test_fifty_numbers_are_not_yet_a_crowd() -> None:
    """One more is."""
    assert crowded_block(USUAL, numbers(*range(50))) is None
    assert crowded_block(USUAL, numbers(*range(51))) == ("+336123", 51)


def test_a_contact_list_looks_like_nothing() -> None:
    """A hundred mobiles of France, at random, a thousand times over."""
    chance = random.Random(1)  # noqa: S311 - a list of contacts, no secret
    lists = ([f"+336{chance.randrange(10**8):08d}" for _ in range(100)] for _ in range(1000))
    suspected = [held(Request(100, 1, tuple(some)), traffic=Traffic((), 100)) for some in lists]
    assert [found for found in suspected if found] == []


def test_what_is_not_watched_is_no_pattern() -> None:
    """A long list, or marketing."""
    assert held(Request(5, 1), traffic=Traffic(numbers(*range(60)), 60)) is None


# --- jumps ---


@pytest.mark.parametrize(
    ("today", "before", "jumps"),
    [
        (499, (), False),
        (500, (), True),
        (5000, (500,) * 7, False),
        (5001, (500,) * 7, True),
        (5001, (3500,), True),
        (5001, (7000,), False),
    ],
)
def test_ten_times_the_mean_of_seven_days_is_a_jump(today: int, before: tuple[int, ...], jumps: bool) -> None:  # noqa: FBT001 - a column of the table
    """From five hundred on; days without any count as none."""
    assert has_jumped(USUAL, Spending(today, before)) == jumps


def test_without_a_factor_nothing_jumps() -> None:
    """0 switches it off."""
    assert not has_jumped(replace(USUAL, jump_factor=0), Spending(10**9, ()))


# --- accounts of their own ---


def test_an_account_s_own_limits_go_before_the_hub_s() -> None:
    """Those that it has; a limit of 0 is one."""
    figures = USUAL.of(AccountLimits(day_credits=5, recipient_per_hour=0))
    assert (figures.day_credits, figures.recipient_per_hour, figures.message_credits) == (5, 0, 6)


def test_an_account_without_patterns_is_not_watched() -> None:
    """Its other guards stay."""
    assert USUAL.of(AccountLimits(patterns=False)) == replace(USUAL, watched=0)
