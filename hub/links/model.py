"""Links, what they lead to, and the visits they had."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

OPT_OUT = 0
"""The place of a text's opt-out link; what its `<-short->` become are 1, 2 and so on."""


class LinkKind(StrEnum):
    """What a link leads to: an address, the page on which a person opts out, or a file that the hub keeps.

    What is gone was one of them until its time was over.
    """

    TARGET = "target"
    OPT_OUT = "opt_out"
    FILE = "file"
    GONE = "gone"


class Visitor(StrEnum):
    """Who follows a link: a person, a program that makes a preview of it, or one that looks whether it is safe."""

    PERSON = "person"
    PREVIEW = "preview"
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True)
class Slot:
    """A link of one message: its place in the text, and the code that makes it this message's own."""

    place: int
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is followed. `number` (E.164) is who was texted, `url` where it leads, if it leads away."""

    code: str
    account_id: int
    campaign_id: str
    position: int
    place: int
    number: str | None
    kind: LinkKind
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a text came from, as its reader knows them, and whether its reader has opted out already."""

    name: str
    sender: str | None
    has_opted_out: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a link. `headers` are those few that tell programs from people, by their names in small letters.

    `address` is looked at and not kept. `waited_s` are the seconds since a carrier took the text, None where nobody
    knows whether one has.
    """

    method: str
    agent: str
    headers: Mapping[str, str]
    address: str
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who it was, and the rule that says so."""

    visitor: Visitor
    rule: str


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself and what it runs on; None where it does not say."""

    brand: str | None = None
    model: str | None = None
    system: str | None = None
    browser: str | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """A visit as it is kept."""

    id: int
    public_id: str
    campaign_id: str
    place: int
    number: str
    url: str
    at: datetime
    visitor: Visitor
    rule: str
    device: Device


@dataclass(frozen=True, slots=True)
class ClickNotice:
    """A person followed the link of a text to them: which account's text, whose number (E.164), and where it led.

    `code` is the link's own, `url` is `file:ID` for a file of the account's, `clicks` how often people have followed
    this link by now.
    """

    click_id: str
    account_id: int
    campaign_id: str
    number: str
    code: str
    url: str
    at: datetime
    device: Device
    clicks: int


@dataclass(frozen=True, slots=True)
class LinkCount:
    """A link of a campaign: how many recipients have it, how often people followed it, how many did, other visits."""

    campaign_id: str
    place: int
    url: str
    recipients: int
    clicks: int
    people: int
    others: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Clicker:
    """A person who followed links of a campaign: how often, when first and when last."""

    number: str
    clicks: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Clicked:
    """How often people followed the links of a campaign, how many did, and how many opted out by their link."""

    clicks: int
    people: int
    opt_outs: int
