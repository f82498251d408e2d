"""What hub.ini says of messages, as the engine takes it: the figures, and the routes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.compliance.model import OutsideWindow, Purpose
from hub.errors import ConfigError, Fault
from hub.links.rules import LinkShape
from hub.messages.limits import Limits
from hub.messages.routing import OnUnknown, Route, folded

if TYPE_CHECKING:
    from hub.config.settings import Settings

SIMULATED = frozenset({"sandbox", "console"})
"""Kinds of connectors that reach nobody: hub.ini falls back to the first when it names none."""

SIMULATED_SHORT_CODES = {"FR": "36180", "BE": "8850"}
"""What simulated carriers sign with; a real one gives each customer their own."""


def only_simulated(settings: Settings) -> bool:
    """Whether no text of this hub can reach a phone."""
    return all(connector.type in SIMULATED for connector in settings.connectors.values())


def limits_from(settings: Settings) -> Limits:
    """The figures that messages obey, from hub.ini."""
    messages, compliance, senders = settings.messages, settings.compliance, settings.senders
    short_codes = dict(senders.by_country)
    if not short_codes and only_simulated(settings):
        short_codes = dict(SIMULATED_SHORT_CODES)
    return Limits(
        encoding=messages.encoding,
        smart=messages.smart,
        max_segments=messages.max_segments,
        inline_recipients=messages.inline_recipients,
        chunk=messages.chunk,
        batch=messages.batch,
        lease=timedelta(seconds=messages.lease_s),
        no_receipt_after=timedelta(hours=messages.no_receipt_hours),
        outside_window=OutsideWindow(compliance.outside_window),
        max_defer=timedelta(hours=compliance.max_defer_hours),
        close_margin=timedelta(seconds=compliance.close_margin_s),
        mention=compliance.mention,
        allowed_countries=frozenset(compliance.allowed_countries),
        short_codes=short_codes,
        default_sender=senders.default or None,
        registered=frozenset(senders.registered),
        repeat_within=timedelta(minutes=messages.repeat_minutes),
        links=LinkShape(link_base(settings), settings.links.code_length),
        link_life=timedelta(days=settings.links.keep_days),
        denied_hosts=frozenset(settings.links.deny),
    )


def link_base(settings: Settings) -> str:
    """What short links begin with, as a person reads it: phones need no scheme; empty where the hub has no address."""
    return settings.links.domain or settings.hub.public_url.partition("://")[2]


def routes_from(settings: Settings) -> dict[str, Route]:
    """The routes of hub.ini by name."""
    return {
        name: Route(
            name=name,
            connector=route.connector,
            countries=frozenset(route.countries),
            purposes=frozenset(Purpose(purpose) for purpose in route.purposes),
            rate=route.rate,
            priority=route.priority,
            on_unknown=OnUnknown(route.on_unknown),
            accounts=frozenset(map(folded, route.accounts)),
            senders=frozenset(map(folded, route.senders)),
            weight=route.weight,
            open_after=route.open_after,
            slow_after_s=route.slow_after_s,
        )
        for name, route in settings.routes.items()
    }


def require_routes(settings: Settings) -> None:
    """Raise ConfigError when there is no way out at all."""
    if not settings.routes:
        raise ConfigError([Fault("[route.NAME]", "no_route", "Add a route, or no text can leave.")])
