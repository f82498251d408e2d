"""`hub routes`: how each way out is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option, table, wants_json

if TYPE_CHECKING:
    from datetime import datetime

    from hub.bootstrap import Core
    from hub.messages.route_report import RouteReport


@click.command()
@click.option("--retry", metavar="NAME", help="First have this route tried at once, for its carrier is back.")
@json_option
@click.pass_obj
def routes(session: Session, retry: str | None) -> None:
    """Show how each route is: its state, pace, queue, and what its carrier answered in the last five minutes.

    A route is closed (as a circuit: messages leave by it), open (its carrier fails; messages take others or wait),
    probing (tried with one message), resting (its carrier said "later") or paused (by you).
    """
    from hub.messages.route_report import route_reports

    with session.core() as core:
        if retry is not None:
            _retry(core, retry)
        now = core.clock.now()
        with core.store.read() as connection:
            found = route_reports(connection, core.routes.values(), now)
        answer({"items": found})
        if not wants_json():
            columns = (
                "route",
                "connector",
                "state",
                "pace /s",
                "due",
                "later",
                "call ms",
                "last 5 min",
                "last yes (UTC)",
            )
            table("Routes", columns, [_cells(one) for one in found])
            for one in found:
                if one.reason:
                    click.echo(f"{one.name}: {one.reason}")


def _retry(core: Core, name: str) -> None:
    if name not in core.routes:
        raise click.BadParameter(f"there is no route {name}; there is {', '.join(core.routes)}", param_hint="--retry")
    if core.route_health.retry_now(name):
        core.ring_dispatch(name)


def _cells(one: RouteReport) -> tuple[object, ...]:
    return (
        one.name,
        one.connector,
        _state(one),
        _pace(one),
        " + ".join(f"{queue.due} {purpose}" for purpose, queue in sorted(one.queue.items()) if queue.due) or 0,
        sum(queue.later for queue in one.queue.values()),
        f"{one.latency_ms:.0f}" if one.latency_ms is not None else "",
        ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in one.recent.items() if count),
        _time(one.last_success_at),
    )


def _state(one: RouteReport) -> str:
    said = f"{one.state} since {_time(one.since)}" if one.since else str(one.state)
    said += f", until {one.until:%H:%M:%S}" if one.until else ""
    return said + (f", {one.share:.0%} of new texts" if one.state == "closed" and one.share < 1 else "")


def _pace(one: RouteReport) -> str:
    if one.pace is not None and (one.rate is None or one.pace < one.rate):
        return f"{one.pace:.0f}" + (f" of {one.rate:g}" if one.rate is not None else "")
    return f"{one.rate:g}" if one.rate is not None else ""


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
