"""From a send request to the campaign that is asked for: both forms, the query of a GET and the document of a POST."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hub import CampaignRequest, EncodingMode, Purpose, Recipient
from hub_smsfactor_api.numbers import international, parsed, read_id, split
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.times import read_time

if TYPE_CHECKING:
    from datetime import datetime

    from hub_smsfactor_api.node import Node
    from hub_smsfactor_api.routing import Asked

SOURCE = "smsfactor"
LONGEST_SENDER = 11
_STOP = re.compile(r"[ \t]*<-\s*stop\s*->", re.IGNORECASE)
PLACEHOLDER = "<-short->"
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_SHORT = re.compile(r"<-\s*short\s*->", re.IGNORECASE)
_NUMERIC = re.compile(r"\+?\d{3,15}")
_FITTING = re.compile(r"[A-Za-z0-9 ]{1,11}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent: the campaign, what the client calls its recipients (E.164), and the lists it goes to."""

    request: CampaignRequest
    names: dict[str, str]
    lists: tuple[int, ...] = ()


def wish_of(asked: Asked) -> Wish:
    """What a send request asks for; raises Refused for what cannot be read."""
    document = asked.body.inner("sms")
    message = document.one("message")
    if message is None or not message.parts:
        return _flat(asked, asked.wishes if asked.wishes.has("text", "to") else document)
    given = _recipients(document)
    if not given:
        raise Refused(Status.DATA, 'recipients is missing: name one number, as in {"gsm": [{"value": "336..."}]}.')
    return replace(_wish(asked, message, given), names=_names(asked, given))


def wish_for_lists(asked: Asked) -> Wish:
    """What a request to contact lists asks for; raises Refused for what cannot be read."""
    document = asked.body.inner("sms")
    found = [_one_of(one) for one in (*document.all("lists"), *document.all("list"))]
    said = [one for some in found for one in some]
    if not said:
        raise Refused(Status.DATA, "lists is missing: name at least one list by its id.")
    lists = tuple(dict.fromkeys(read_id(one, "list") for one in said))
    wish = _wish(asked, document.inner("message"), [])
    return replace(wish, request=replace(wish.request, lists=lists))


def _one_of(node: Node) -> list[str]:
    """The ids that a part names: one alone, or several `value`s or `list`s in it."""
    inner = node.all("value", "list", "id", "listId")
    return [said for one in (inner or (node,)) if (said := (one.said() or "").strip())]


def _flat(asked: Asked, wishes: Node) -> Wish:
    """A request whose parameters stand side by side, as in a query."""
    names = wishes.values("gsmsmsid")
    numbers = split([one.said() or "" for one in wishes.all("to", "gsm", "recipients")])
    if not numbers:
        raise Refused(Status.DATA, "to is missing: name at least one number, as in 33612345678.")
    given = [(number, names[place] if place < len(names) else None) for place, number in enumerate(numbers)]
    wish = _wish(asked, wishes, given)
    return replace(wish, names=_names(asked, given))


def _recipients(document: Node) -> list[tuple[str, str | None]]:
    """Who is to be texted, and what the client calls them."""
    holder = document.inner("recipients")
    found = [
        ((one.said() or one.value("destination", "gsm", "to") or "").strip(), one.value("gsmsmsid"))
        for one in holder.all("gsm", "recipient", "to")
    ]
    return [one for one in found if any(one)]


def _names(asked: Asked, given: list[tuple[str, str | None]]) -> dict[str, str]:
    """The client's names by number; of a number that comes twice the first is texted, and named."""
    names: dict[str, str] = {}
    for number, name in given:
        if name is not None and (read := parsed(number, asked.account.country)) is not None:
            names.setdefault(read.e164, name)
    return names


def _wish(asked: Asked, message: Node, given: list[tuple[str, str | None]]) -> Wish:
    region = asked.account.country
    text, links = _text(message)
    request = CampaignRequest(
        account_id=asked.account.id,
        text=text,
        links=links,
        recipients=tuple(Recipient(international(number, region)) for number, _ in given),
        purpose=_purpose(message),
        sender=clean_sender(message.value("sender")),
        send_at=_delay(message),
        encoding=EncodingMode.UNICODE if message.flag("unicode") else None,
        source=SOURCE,
    )
    return Wish(request, {})


def _text(message: Node) -> tuple[str, tuple[str, ...]]:
    """The text and what its short links lead to; with `shortlink` alone, the addresses in the text become such.

    Its mark for the STOP mention is left out, for the hub puts the mention where the law asks for it.
    """
    text = message.raw("text") or ""
    if not text.strip():
        raise Refused(Status.DATA, "text is missing: write what to say.")
    text, links = _SHORT.sub(PLACEHOLDER, _STOP.sub("", text)), message.values("links", "link")
    if message.flag("shortlink") and not links:
        return _ADDRESS.sub(PLACEHOLDER, text), tuple(_ADDRESS.findall(text))
    return text, links


def _purpose(message: Node) -> Purpose:
    said = (message.value("pushtype") or Purpose.ALERT).lower()
    try:
        return Purpose(said)
    except ValueError:
        raise Refused(Status.DATA, "pushtype is alert or marketing.") from None


def _delay(message: Node) -> datetime | None:
    said = message.value("delay")
    return None if said is None or said in {"0", "now"} else read_time(said, "delay", Status.DELAY)


def clean_sender(said: str | None) -> str | None:
    """A sender as phones show it: the real server took names of any length and cut them to what a phone shows."""
    if said is None or _NUMERIC.fullmatch(said) or _FITTING.fullmatch(said):
        return said
    spelt = "".join(one for one in unicodedata.normalize("NFKD", said) if not unicodedata.combining(one))
    return "".join(one for one in spelt if one.isascii() and one.isalnum())[:LONGEST_SENDER] or None
