"""Every hook a plugin can implement: a typed signature, one sentence, and what goes in and out.

Three kinds. *Registration* hooks run once, while the hub is put together. *Decisions* are asked before
something happens; they are pure and quick, and one that raises counts as a no. *Notices* tell what has
happened, in batches; each listener is called alone, and its failure is logged and hurts nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hub.accounts.model import Account
    from hub.billing.model import LowBalance, PurchaseOrder
    from hub.compliance.model import Violation
    from hub.config.schema import Section
    from hub.inbound.model import InboundMessage, OptOutNotice
    from hub.links.model import ClickNotice
    from hub.messages.model import Acceptance, Draft, Finding, MessageNotice
    from hub.registry import MigrationBranch, Registry
    from hub.running import Hub

PROJECT = "hub"
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# --- registration -----------------------------------------------------------------------------------------


@hookspec
def hub_config_schema() -> Mapping[str, type[Section]]:
    """Add sections to hub.ini.

    :return: the section's name (`mail_to_sms`) and the model of its keys, with their defaults.
    """
    raise NotImplementedError


@hookspec
def hub_register_connectors(registry: Registry) -> None:
    """Add kinds of connectors, for `[connector.NAME] type = ...`.

    :param registry: takes a type name, the model of its keys and a factory: `add_connector(...)`.
    """


@hookspec
def hub_register_services(registry: Registry) -> None:
    """Add services: things that run as long as the hub does, in a process of their own.

    :param registry: takes a name and a factory: `add_service(...)`.
    """


@hookspec
def hub_register_jobs(registry: Registry) -> None:
    """Add jobs that run again and again, once per period whatever the number of processes.

    :param registry: takes a name, a function of the running hub and a period in seconds: `add_job(...)`.
    """


@hookspec
def hub_register_commands(registry: Registry) -> None:
    """Add commands to the `hub` command line.

    :param registry: takes a click command or group: `add_command(...)`.
    """


@hookspec
def hub_register_blueprints(registry: Registry) -> None:
    """Add HTTP routes.

    :param registry: takes a function of the running hub that gives a Flask blueprint: `add_blueprint(...)`.
    """


@hookspec
def hub_register_console(registry: Registry) -> None:
    """Add links to what people look at, such as where to pay a purchase order.

    :param registry: takes a place, a label and a path of the hub's: `add_console_link(...)`.
    """


@hookspec
def hub_register_event_styles(registry: Registry) -> None:
    """Add forms of webhook calls, for receivers that were written for another platform.

    :param registry: takes a name and what makes the calls of a webhook: `add_event_style(...)`.
    """


@hookspec
def hub_migrations() -> MigrationBranch | None:
    """Name the folder of the plugin's Alembic revisions, a branch of their own.

    :return: the branch's label and folder, or None for a plugin without tables.
    """
    raise NotImplementedError


# --- decisions --------------------------------------------------------------------------------------------


@hookspec
def hub_check_message(draft: Draft) -> Violation | None:
    """Forbid one message, before it is accepted; must not do any I/O.

    :param draft: the message as it would leave.
    :return: the reason why it may not, or None.
    """


@hookspec(firstresult=True)
def hub_choose_route(draft: Draft, routes: Sequence[str]) -> str | None:
    """Choose the route of one message; must not do any I/O.

    :param draft: the message as it would leave.
    :param routes: names of the routes that can take it, the hub's own choice first.
    :return: one of them, or None to leave the choice to the next plugin, and to the hub at last.
    """


@hookspec(firstresult=True)
def hub_claim_inbound(hub: Hub, message: InboundMessage) -> bool | None:
    """Take a text from a phone for the plugin: an answer to its survey, to its reminder.

    :param hub: the running hub.
    :param message: what somebody wrote; never an opt-out or a call for help, which are the hub's own.
    :return: True to take it, False that no plugin shall, None to leave it to the next one.
    """


# --- notices ----------------------------------------------------------------------------------------------


@hookspec
def hub_campaign_accepted(hub: Hub, account: Account, acceptance: Acceptance) -> None:
    """Hear that a campaign was accepted; it is committed.

    :param hub: the running hub.
    :param account: who sends.
    :param acceptance: the hub's answer.
    """


@hookspec
def hub_message_submitted(hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
    """Hear that a carrier took a batch of messages.

    :param hub: the running hub.
    :param messages: what was taken; never more than one connector batch.
    :param at: when, in UTC.
    """


@hookspec
def hub_message_settled(hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
    """Hear that a batch of messages came to their end.

    :param hub: the running hub.
    :param messages: what ended, and how. A late receipt may settle a message again, for the better.
    :param at: when, in UTC.
    """


@hookspec
def hub_inbound_received(hub: Hub, messages: Sequence[InboundMessage]) -> None:
    """Hear what people wrote, opt-outs included, once the hub has done what is to be done about it.

    :param hub: the running hub.
    :param messages: what came in, and what became of each.
    """


@hookspec
def hub_opted_out(hub: Hub, opt_outs: Sequence[OptOutNotice]) -> None:
    """Hear who wants no more texts of an account.

    :param hub: the running hub.
    :param opt_outs: who, whose texts, and what they wrote; each once.
    """


@hookspec
def hub_link_clicked(hub: Hub, clicks: Sequence[ClickNotice]) -> None:
    """Hear that people followed short links of texts; programs that follow links are not told.

    :param hub: the running hub.
    :param clicks: who, of which text, and where the link led; each once.
    """


@hookspec
def hub_purchase_order_paid(hub: Hub, account: Account, order: PurchaseOrder) -> None:
    """Hear that a purchase order was paid; its credits are bought, and committed.

    :param hub: the running hub.
    :param account: whose order.
    :param order: the order, with who said that it is paid.
    """


@hookspec
def hub_balance_low(hub: Hub, account: Account, low: LowBalance) -> None:
    """Hear that an account's free credits fell below the threshold that it set; once per crossing.

    :param hub: the running hub.
    :param account: whose credits.
    :param low: what it has left, and the threshold.
    """


@hookspec
def hub_health(hub: Hub) -> Sequence[Finding]:
    """Say what is wrong with the plugin's own world, for `hub check` and `/health/ready`.

    :param hub: the running hub.
    :return: one finding per fault; an empty list when all is well.
    """
    raise NotImplementedError


@hookspec
def hub_account_details(hub: Hub, account: Account) -> Mapping[str, str]:
    """Say what the plugin knows of an account that its owner needs, such as its mail address.

    :param hub: the running hub.
    :param account: whose details.
    :return: names and values, shown by `hub account create` and `list`.
    """
    raise NotImplementedError
