"""The figures that messages obey, as the operator set them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.compliance.model import OutsideWindow
from hub.links.rules import LinkShape
from hub.sms.model import EncodingMode

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """What a campaign may be, how it is cut up, and how long things may take.

    `short_codes` is the default sender per country; `registered` the senders a registry knows;
    `repeat_within` is how long a campaign is looked for that repeats another (0: it is not). `links` is what short
    links look like, `link_life` how long one leads anywhere, `denied_hosts` are those that none may lead to.
    """

    encoding: EncodingMode = EncodingMode.AUTO
    smart: bool = True
    max_segments: int = 6
    max_text: int = 2000
    max_recipients: int = 1_000_000
    inline_recipients: int = 2000
    chunk: int = 1000
    batch: int = 500
    lease: timedelta = timedelta(seconds=60)
    no_receipt_after: timedelta = timedelta(hours=48)
    alert_lifetime: timedelta = timedelta(hours=48)
    outside_window: OutsideWindow = OutsideWindow.DEFER
    max_defer: timedelta = timedelta(hours=96)
    close_margin: timedelta = timedelta(seconds=300)
    max_ahead: timedelta = timedelta(days=366)
    mention: str = " - STOP au {shortcode}"
    allowed_countries: frozenset[str] = frozenset()
    short_codes: Mapping[str, str] = field(default_factory=dict)
    default_sender: str | None = None
    registered: frozenset[str] = frozenset()
    repeat_within: timedelta = timedelta(minutes=10)
    links: LinkShape = field(default_factory=LinkShape)
    link_life: timedelta = timedelta(days=365)
    denied_hosts: frozenset[str] = frozenset()
