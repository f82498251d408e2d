"""What was counted, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.plugin_kit import answer, json_option
from hub_discreet.counting import last_round, totals

if TYPE_CHECKING:
    from hub.plugin_kit import Session


@click.group()
def discreet() -> None:
    """What was kept off lock screens."""


@discreet.command("counts")
@json_option
@click.pass_obj
def show_counts(session: Session) -> None:
    """Show what was sent and kept back, over all accounts."""
    with session.core() as hub:
        found, last = totals(hub), last_round(hub)
    lines = [f"{kind:<12} {number}" for kind, number in found.items()]
    lines.append(f"Old counts were cleared out: {f'{last:%Y-%m-%d %H:%M} UTC' if last else 'not yet'}.")
    answer({"counts": found, "cleared_out_at": last}, "\n".join(lines))
