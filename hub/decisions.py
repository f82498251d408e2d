"""Ask one plugin about a batch of messages: what it says of each is noted, and what it does instead is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from hub.compliance.model import CHECK_FAILED, Violation
from hub.plugin_guard import FAILURES, PluginFault, Streak, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hub.messages.model import Draft

T = TypeVar("T")

log = structlog.get_logger(__name__)


def check_all(
    name: str,
    call: Callable[..., Any],
    asked: Mapping[int, Draft],
    said: dict[int, Violation | None],
) -> None:
    """Ask a rule about each draft, and note what it says."""

    def one(key: int, draft: Draft) -> None:
        violation = call(draft=draft)
        said[key] = None if violation is None else _as_violation(violation, name)

    _one_by_one(name, "hub_check_message", asked, one)


def choose_all(
    name: str,
    call: Callable[..., Any],
    asked: Mapping[int, tuple[Draft, Sequence[str]]],
    chosen: dict[int, str],
) -> None:
    """Ask for a route for each draft, and note those that there are."""

    def one(key: int, about: tuple[Draft, Sequence[str]]) -> None:
        draft, routes = about
        choice = call(draft=draft, routes=routes)
        if choice in routes:
            chosen[key] = str(choice)
        elif choice is not None:
            log.error("no_such_route", plugin=name, route=choice)

    _one_by_one(name, "hub_choose_route", asked, one)


def _one_by_one(name: str, hook: str, asked: Mapping[int, T], ask: Callable[[int, T], None]) -> None:
    """Ask about one after the other; one that fails keeps the next from nothing, several in a row end the batch."""
    in_a_row = 0
    for key, about in asked.items():
        try:
            ask(key, about)
        except (Exception, SystemExit) as error:
            if in_a_row == 0:
                log.exception("decision_failed", plugin=name, hook=hook, fault=told(error))
            in_a_row += 1
            if in_a_row >= FAILURES:
                raise Streak(in_a_row, error) from error
        else:
            in_a_row = 0
    if in_a_row:
        raise Streak(in_a_row, PluginFault("it failed over the last of a batch"))


def _as_violation(answer: object, plugin: str) -> Violation:
    if isinstance(answer, Violation):
        return answer
    return Violation(CHECK_FAILED, f"Plugin {plugin} answered {type(answer).__name__} instead of a Violation.")
