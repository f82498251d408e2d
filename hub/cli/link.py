"""`hub link`: whose a short link is, and an end to one that leads where none should."""

from __future__ import annotations

import click

from hub.cli.shared import Session, answer, json_option
from hub.errors import NotFound


@click.command("link")
@click.argument("code", metavar="LINK")
@click.option("--end", "ends", is_flag=True, help="End every link of its campaign, but those to opt out.")
@json_option
@click.pass_obj
def link(session: Session, code: str, *, ends: bool) -> None:
    """Say whose LINK is (a code, or the whole link), where it leads and until when."""
    with session.core() as core:
        wanted = code.rstrip("/").rpartition("/")[2]
        found = core.links.end(wanted) if ends else core.links.find(wanted)
        if found is None:
            raise NotFound(f"There is no link {wanted!r}.")
        account = core.accounts.get(found.account_id)
        over = core.links.leads_nowhere(found)
        content = {
            "code": found.code,
            "account": account.name,
            "campaign_id": found.campaign_id,
            "kind": found.kind,
            "url": found.url,
            "expires_at": found.expires_at,
            "is_over": over,
        }
        leads = found.url or "the page to opt out"
        until = "over" if over else f"until {found.expires_at:%Y-%m-%d %H:%M} UTC"
        answer(content, f"{account.name}, campaign {found.campaign_id}: leads to {leads}, {until}.")
