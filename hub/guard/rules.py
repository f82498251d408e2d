"""Decide what is unusual enough for a person to look at it first: pure, from figures to a reason or none.

What pumping looks like (texts sent for the fee that some networks pass on): runs of adjacent numbers, many of one
block, and far more than ever before.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from hub.guard.model import HoldReason, Spent
from hub.guard.sentences import ENGLISH, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from hub.guard.model import Figures, Request, Spending, Traffic

PREFIX = len("+336123")
"""A plus and six digits: in most plans a block of a hundred thousand numbers or fewer."""
RUN_SPAN = 10
"""Among so many consecutive numbers a run is looked for."""
BLOCK_SHARE = 0.1
"""A block is crowded when it also has more than this part of all that the account texted within the hour."""
MEAN_DAYS = 7


class Found(NamedTuple):
    """Why a request is held: the reason, its sentence in English, and the figures for it in any language."""

    reason: HoldReason
    message: str
    values: Mapping[str, object]


def reason_to_hold(figures: Figures, request: Request, spending: Spending, traffic: Traffic) -> Found | None:
    """The first reason, with its sentence, why a request waits for a person to look at it; None when it may go."""
    for rule in _RULES:
        if found := rule(figures, request, spending, traffic):
            return found
    return None


def prefixes_of(numbers: Iterable[str]) -> set[str]:
    """The blocks that numbers (E.164) are of."""
    return {number[:PREFIX] for number in numbers}


def crowded_block(figures: Figures, numbers: Collection[str]) -> tuple[str, int] | None:
    """The fullest block, and how many different numbers it has; None when none has more than the figure."""
    if not figures.prefix_per_hour or not numbers:
        return None
    block, count = Counter(number[:PREFIX] for number in numbers).most_common(1)[0]
    return (block, count) if count > figures.prefix_per_hour else None


def run_among(numbers: Iterable[str], wanted: int, ours: Collection[str]) -> tuple[str, str] | None:
    """The first and last of `wanted` numbers within ten consecutive ones, some of them ours; None without such."""
    if wanted < 1:
        return None
    mine = {int(number) for number in ours}
    ordered = sorted({int(number) for number in numbers} | mine)
    for place in range(len(ordered) - wanted + 1):
        some = ordered[place : place + wanted]
        if some[-1] - some[0] < RUN_SPAN and not mine.isdisjoint(some):
            return f"+{some[0]}", f"+{some[-1]}"
    return None


def has_jumped(figures: Figures, spending: Spending) -> bool:
    """Whether today's credits are many times the mean of the last seven days; days without any count as 0."""
    if not figures.jump_factor or spending.today < figures.jump_credits:
        return False
    return spending.today > figures.jump_factor * sum(spending.before) / MEAN_DAYS


def _found(reason: HoldReason, **values: object) -> Found:
    return Found(reason, SENTENCES[ENGLISH][reason].format(**values), values)


def _message_cost(figures: Figures, request: Request, _: Spending, __: Traffic) -> Found | None:
    if not figures.message_credits or request.dearest <= figures.message_credits:
        return None
    return _found(HoldReason.MESSAGE_COST, cost=request.dearest, most=figures.message_credits)


def _day_ceiling(figures: Figures, request: Request, spending: Spending, _: Traffic) -> Found | None:
    if _fits(request.credits, spending.today, figures.day_credits):
        return None
    return _found(HoldReason.DAY_CEILING, cost=request.credits, spent=spending.today, most=figures.day_credits)


def _hour_ceiling(figures: Figures, request: Request, spending: Spending, _: Traffic) -> Found | None:
    if _fits(request.credits, spending.hour, figures.hour_credits):
        return None
    return _found(HoldReason.HOUR_CEILING, cost=request.credits, spent=spending.hour, most=figures.hour_credits)


def _country_day(figures: Figures, request: Request, spending: Spending, _: Traffic) -> Found | None:
    most = figures.abroad_day_credits
    for country, cost in sorted(request.abroad.items()):
        spent = spending.by_country.get(country, Spent()).day
        if not _fits(cost, spent, most):
            return _found(HoldReason.COUNTRY_DAY, country=country, cost=cost, spent=spent, most=most)
    return None


def _country_hour(figures: Figures, request: Request, spending: Spending, _: Traffic) -> Found | None:
    most = figures.abroad_hour_credits
    for country, cost in sorted(request.abroad.items()):
        spent = spending.by_country.get(country, Spent()).hour
        if not _fits(cost, spent, most):
            return _found(HoldReason.COUNTRY_HOUR, country=country, cost=cost, spent=spent, most=most)
    return None


def _fits(cost: int, spent: int, most: int) -> bool:
    """Whether a cost goes below a ceiling beside what was spent already; 0 is none."""
    return not most or spent + cost <= most


def _low_balance(figures: Figures, request: Request, spending: Spending, _: Traffic) -> Found | None:
    if not figures.low_balance or spending.available is None:
        return None
    left = spending.available - request.credits
    if not 0 <= left < figures.low_balance:
        return None  # more than there is is refused, not held
    return _found(HoldReason.LOW_BALANCE, left=left, least=figures.low_balance)


def _number_run(figures: Figures, request: Request, _: Spending, traffic: Traffic) -> Found | None:
    run = run_among(traffic.numbers, figures.number_run, request.watched)
    if run is None:
        return None
    return _found(HoldReason.NUMBER_RUN, count=figures.number_run, first=run[0][-4:], last=run[1][-4:])


def _number_block(figures: Figures, request: Request, _: Spending, traffic: Traffic) -> Found | None:
    crowded = crowded_block(figures, {*traffic.numbers, *request.watched} if request.watched else ())
    if crowded is None or traffic.texts is None or crowded[1] <= BLOCK_SHARE * traffic.texts:
        return None
    return _found(HoldReason.NUMBER_BLOCK, count=crowded[1], block=crowded[0])


_RULES: tuple[Callable[[Figures, Request, Spending, Traffic], Found | None], ...] = (
    _message_cost,
    _day_ceiling,
    _hour_ceiling,
    _country_day,
    _country_hour,
    _low_balance,
    _number_run,
    _number_block,
)
