"""Discretion for medical practices: what a lock screen must not show stays out of texts.

`rules.py` decides, `counting.py` counts, `api.py` and `commands.py` show what was counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hub import CampaignState, MigrationBranch, Violation, hookimpl
from hub_discreet.rules import discreet_route, is_read_receipt, telling_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hub import (
        Acceptance,
        Account,
        ClickNotice,
        Draft,
        Finding,
        Hub,
        InboundMessage,
        LowBalance,
        MessageNotice,
        OptOutNotice,
        PurchaseOrder,
        Registry,
    )
    from hub.plugin_kit import Section

hub_api = 1


@hookimpl
def hub_config_schema() -> Mapping[str, type[Section]]:
    """Bring the section `[discreet]`."""
    from hub_discreet.settings import DiscreetSettings

    return {"discreet": DiscreetSettings}


@hookimpl
def hub_migrations() -> MigrationBranch:
    """Bring the tables of counts."""
    return MigrationBranch("discreet", Path(__file__).parent / "migrations" / "versions")


@hookimpl
def hub_check_message(draft: Draft) -> Violation | None:
    """Block a text that says too much."""
    word = telling_word(draft.text)
    if word is None:
        return None
    return Violation("telling_word", f"{word!r} would show on a lock screen; ask the patient to call back instead.")


@hookimpl
def hub_choose_route(draft: Draft, routes: Sequence[str]) -> str | None:
    """Send alerts over a route whose name begins with `discreet`, where there is one."""
    return discreet_route(draft, routes)


@hookimpl
def hub_register_jobs(registry: Registry) -> None:
    """Bring the daily clearing out of old counts."""
    from hub_discreet.counting import clear_out

    registry.add_job("discreet_clear_out", clear_out, period_s=86_400)


@hookimpl
def hub_register_commands(registry: Registry) -> None:
    """Bring `hub discreet`."""
    from hub_discreet.commands import discreet

    registry.add_command(discreet)


@hookimpl
def hub_register_blueprints(registry: Registry) -> None:
    """Bring `GET /discreet/counts`."""
    from hub_discreet.api import build

    registry.add_blueprint(build)


@hookimpl
def hub_register_console(registry: Registry) -> None:
    """Show beside an order where the practice pays it."""
    registry.add_console_link("order", "Caisse du cabinet", "/discreet/pay/{id}")


@hookimpl
def hub_campaign_accepted(hub: Hub, account: Account, acceptance: Acceptance) -> None:
    """Count the texts that were kept back, once a large campaign has grown to its end."""
    from hub_discreet.counting import count

    if acceptance.state is CampaignState.ACCEPTED:
        count(hub, account.id, {"kept_back": acceptance.blocked_by.get("telling_word", 0)}, hub.clock.now())


@hookimpl
def hub_message_submitted(hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
    """Count the texts that a carrier took."""
    from hub_discreet.counting import count_messages

    count_messages(hub, messages, at)


@hookimpl
def hub_message_settled(hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
    """Count the texts that came to their end."""
    from hub_discreet.counting import count_messages

    count_messages(hub, messages, at)


@hookimpl
def hub_claim_inbound(hub: Hub, message: InboundMessage) -> bool | None:
    """Take the answer OK, by which a patient says that a reminder was read, and count it."""
    from hub_discreet.counting import count

    if message.account_id is None or not is_read_receipt(message.text):
        return None
    count(hub, message.account_id, {"read": 1}, message.received_at)
    return True


@hookimpl
def hub_inbound_received(hub: Hub, messages: Sequence[InboundMessage]) -> None:
    """Count what patients wrote."""
    from hub_discreet.counting import count

    for message in messages:
        if message.account_id is not None:
            count(hub, message.account_id, {"answered": 1}, message.received_at)


@hookimpl
def hub_opted_out(hub: Hub, opt_outs: Sequence[OptOutNotice]) -> None:
    """Count the patients who want no more texts."""
    from hub_discreet.counting import count

    for one in opt_outs:
        count(hub, one.account_id, {"opted_out": 1}, one.at)


@hookimpl
def hub_link_clicked(hub: Hub, clicks: Sequence[ClickNotice]) -> None:
    """Count how often patients followed links, without saying who did."""
    from hub_discreet.counting import count_clicks

    count_clicks(hub, clicks)


@hookimpl
def hub_purchase_order_paid(hub: Hub, account: Account, order: PurchaseOrder) -> None:
    """Count the credits that were bought."""
    from hub_discreet.counting import count

    count(hub, account.id, {"bought": order.credits}, hub.clock.now())


@hookimpl
def hub_balance_low(hub: Hub, account: Account, low: LowBalance) -> None:
    """Count how often credits ran short."""
    from hub_discreet.counting import count

    if low.available < low.threshold:
        count(hub, account.id, {"ran_short": 1}, hub.clock.now())


@hookimpl
def hub_health(hub: Hub) -> Sequence[Finding]:
    """Say so when old counts are no longer cleared out."""
    from hub_discreet.counting import overdue

    return overdue(hub)


@hookimpl
def hub_account_details(hub: Hub, account: Account) -> Mapping[str, str]:
    """Tell how many texts of an account were kept back."""
    from hub_discreet.counting import totals

    return {"kept_back": str(totals(hub, account.id).get("kept_back", 0))}
