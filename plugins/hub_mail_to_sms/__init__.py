"""Mail to SMS: an e-mail with numbers as its subject and text as its body becomes texts.

A mail comes in by `service.py` (the listener), `guest.py` and `smtp.py` (one connection, and what is said on it),
`door.py` (whom it is for), and `handler.py` (what becomes of it). `reading.py` and its neighbours make sense of
it, `verification.py` and `signing_in.py` of its sender, `replies.py` says what was decided.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from hub import Account, Hub, MigrationBranch, SealedColumn, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hub import Address, Finding, Registry, Service
    from hub.plugin_kit import Section

hub_api = 1


@hookimpl
def hub_config_schema() -> "Mapping[str, type[Section]]":
    """Bring the section `[mail_to_sms]`."""
    from hub_mail_to_sms.settings import MailSettings

    return {"mail_to_sms": MailSettings}


@hookimpl
def hub_migrations() -> MigrationBranch:
    """Bring the tables of addresses and allowed senders."""
    folder = Path(__file__).parent / "migrations" / "versions"
    address = SealedColumn("mail_addresses", "account_id", clear="local_part", sealed="sealed", lookup="lookup")
    return MigrationBranch("mail_to_sms", folder, sealed=(address,))


@hookimpl
def hub_register_services(registry: "Registry") -> None:
    """Bring the SMTP listener."""
    registry.add_service("mail_to_sms", _service, listens=_listens)


@hookimpl
def hub_register_commands(registry: "Registry") -> None:
    """Bring `hub mail` and `hub demo`."""
    from hub_mail_to_sms.commands import demo, mail

    registry.add_command(mail)
    registry.add_command(demo)


@hookimpl
def hub_account_details(hub: Hub, account: Account) -> "Mapping[str, str]":
    """Tell the account's mail address; make one when it has none."""
    from hub_mail_to_sms.addresses import Addresses

    return {"mail_address": Addresses(hub).address_of(account.id)}


@hookimpl
def hub_health(hub: Hub) -> "Sequence[Finding]":
    """Tell what of `[mail_to_sms]` cannot work as it stands."""
    from hub_mail_to_sms.checks import findings

    return findings(hub)


def _service(hub: Hub) -> "Service":
    from hub_mail_to_sms.service import MailService

    return MailService(hub)


def _listens(hub: Hub) -> "tuple[Address, ...]":
    from hub import Address as ListenAddress
    from hub_mail_to_sms.settings import MailSettings

    settings = hub.section(MailSettings)
    return (ListenAddress(settings.host, settings.port, "[mail_to_sms] port"),)
