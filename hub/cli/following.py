"""Watch a campaign until its messages have come to their end, with a bar on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from hub.messages.model import UNSETTLED, CampaignState, MessageState

if TYPE_CHECKING:
    from hub.bootstrap import Core
    from hub.messages.model import CampaignView

LOOK_EVERY_S = 0.5


def follow(core: Core, account_id: int, campaign_id: str) -> None:
    """Return once nothing of the campaign is on its way; what is in doubt or held for review is not waited for."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("settled", total=None)
        while True:
            campaign = core.campaigns.get(account_id, campaign_id)
            waiting = on_its_way(campaign)
            total = sum(campaign.by_state.values())
            progress.update(bar, total=total, completed=total - waiting)
            if not waiting and campaign.state is not CampaignState.EXPANDING:
                return
            time.sleep(LOOK_EVERY_S)


def on_its_way(campaign: CampaignView) -> int:
    """How many messages have not come to their end, and are neither in doubt nor held."""
    return sum(campaign.by_state.get(state, 0) for state in UNSETTLED - {MessageState.UNKNOWN, MessageState.HELD})
