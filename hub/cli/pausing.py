"""Commands that stop what comes in and what goes out, and let it go on: pause, resume, drain."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from hub.bootstrap import Core
    from hub.messages.backlog import Backlog
    from hub.switches import Way

LOOK_EVERY_S = 0.5
_WAY = click.argument("way", type=click.Choice(["in", "out", "all"]))
_ROUTE = click.option("--route", default="", help="Only messages of this route; for `out`.")


@click.command()
@_WAY
@_ROUTE
@click.option("--note", default=None, help="Why, for those who look later.")
@json_option
@click.pass_obj
def pause(session: Session, way: str, route: str, note: str | None) -> None:
    """Stop what comes in, what goes out, or both; for every process, until `hub resume`.

    While `in` is paused, requests are refused with 503 and mails with 451: clients try again later. While `out`
    is paused, messages wait; what is in hand is finished.
    """
    from hub.switches import LONGEST_NOTE

    with session.core() as core:
        ways = _ways(core, way, route)
        core.switches.pause(ways, route=route, note=note[:LONGEST_NOTE] if note else None)
        _say_what_is_paused(core)


@click.command()
@_WAY
@_ROUTE
@click.option("--resend-restored", is_flag=True, help="After `hub restore`: send what waited, perhaps a second time.")
@click.option("--drop-restored", is_flag=True, help="After `hub restore`: send nothing of what waited.")
@json_option
@click.pass_obj
def resume(session: Session, way: str, route: str, resend_restored: bool, drop_restored: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Let go on what `hub pause`, `hub drain` or `hub restore` has stopped."""
    with session.core() as core:
        ways = _ways(core, way, route)
        _decide(core, way, resend=resend_restored, drop=drop_restored)
        core.switches.resume(ways, route=route)
        for name in core.routes:
            core.ring_dispatch(name)
        _say_what_is_paused(core)


@click.command()
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), default=300.0, show_default=True, help="Seconds.")
@json_option
@click.pass_obj
def drain(session: Session, timeout_s: float) -> None:
    """Take nothing in, and wait until everything that is due has left.

    The exit code is 0 when nothing is left in hand, 1 when it was not over in time. Either way the hub takes
    nothing in until `hub resume in`. Messages that are due later stay, and leave when their time comes.
    """
    from hub.switches import Cause, Way

    with session.core() as core:
        core.switches.pause([Way.IN], cause=Cause.DRAIN)
        left, why_not = _wait(core, timeout_s)
        answer({"drained": left.is_empty, "left": left, "why_not": why_not}, _drained(left, why_not))
        if not left.is_empty:
            click.get_current_context().exit(1)


def _ways(core: Core, way: str, route: str) -> list[Way]:
    from hub.switches import Way

    if route and way != "out":
        raise RequestRefused.because("--route", "route_for_out", "A route is about what goes out: say `out --route`.")
    if route and route not in core.routes:
        known = ", ".join(core.routes)
        raise RequestRefused.because("--route", "unknown_route", f"There is no route {route!r}; there are: {known}.")
    return list(Way) if way == "all" else [Way(way)]


def _decide(core: Core, way: str, *, resend: bool, drop: bool) -> None:
    if not (resend or drop):
        return
    if resend and drop:
        raise RequestRefused.because("--drop-restored", "which", "Either send what waited, or do not: say one of both.")
    if way == "in":
        raise RequestRefused.because("--drop-restored", "way", "This is about what goes out: say `hub resume out`.")
    if resend:
        core.restored.resend()
    else:
        core.restored.drop()


def _say_what_is_paused(core: Core) -> None:
    found = core.switches.all()
    answer({"paused": found}, "\n".join(map(str, found)) or "Nothing is paused.")


def _wait(core: Core, timeout_s: float) -> tuple[Backlog, str | None]:
    """Wait for the end; what is left, and why it will not leave, if that is known."""
    from hub.messages.backlog import backlog

    end, said = time.monotonic() + timeout_s, ""
    while True:
        with core.store.read() as connection:
            left = backlog(connection, core.clock.now())
        closed = [str(one) for one in core.switches.all() if one.way == "out"]
        if left.is_empty or closed or time.monotonic() >= end:
            return left, " ".join(closed) or None if not left.is_empty else None
        if (line := str(left)) != said:
            said = line
            click.echo(f"Waiting: {line}.", err=True)
        time.sleep(min(LOOK_EVERY_S, max(0.01, end - time.monotonic())))


def _drained(left: Backlog, why_not: str | None) -> str:
    first = "Nothing is left in hand" if left.is_empty else f"Not done: {left}"
    later = f" {left.later} message(s) are due later." if left.later else ""
    return f"{first}.{later} {why_not or ''}\nNothing is taken in until `hub resume in`.".replace(" \n", "\n")
