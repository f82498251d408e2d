"""What can be wrong with a request, before any recipient is looked at: a fault per thing to mend."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from hub.compliance.model import Purpose
from hub.compliance.promo import looks_promotional
from hub.errors import Fault
from hub.links.rules import LONGEST_URL, MOST_LINKS, PLACEHOLDER, as_target, file_of, is_denied, is_outside
from hub.messages.widths import LONGEST_SENDER
from hub.sms.merge import compile_text, unknown_fields
from hub.sms.short_numbers import country_of, is_short_number
from hub.store.storable import is_storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from hub.compliance.model import Violation
    from hub.messages.limits import Limits
    from hub.messages.model import CampaignRequest, Recipient

INFO_FIELDS = frozenset({"info1", "info2", "info3", "info4"})
PAST_TOLERANCE = timedelta(minutes=5)
"""How late a wanted time may be and still mean now: mail and clocks take a while."""
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories that put nothing on a screen: controls, zero-width characters, spaces."""
_BLAMED = (("sender_", "sender"), ("too_many_segments", "text"), ("empty_text", "text"))
"""What a violation is the fault of, by what its code begins with, where it is not the number's."""
_SHORT = "This is a short code or an emergency number of {country}: give the whole number of a mobile."
FIELD_FAULTS = 20
"""How many faulty merge fields are told at once."""


def request_faults(request: CampaignRequest, now: datetime, limits: Limits) -> list[Fault]:
    """Everything that is wrong with a request as a whole, none when nothing is."""
    return [
        *_text_faults(request, limits),
        *_link_faults(request, limits),
        *_recipient_faults(request, limits),
        *_sender_faults(request.sender),
        *time_faults(request.send_at, now, limits),
    ]


def request_notes(request: CampaignRequest) -> tuple[str, ...]:
    """Sentences about what is allowed and perhaps not meant."""
    notes = []
    word = looks_promotional(request.text) if request.purpose is Purpose.ALERT else None
    if word is not None:
        notes.append(f"This alert looks like an advertisement ({word!r}). If it is one, send it as marketing.")
    unfilled = compile_text(request.text, frozenset()).names
    if unfilled and not request.reads_lists and not known_fields(request.recipients):
        notes.append(f"The text has fields ({', '.join(sorted(unfilled))}) and no recipient brings any: sent as is.")
    return (*notes, *request.notes)


def known_fields(recipients: Iterable[Recipient]) -> frozenset[str]:
    """The merge fields a text may use: what the recipients bring, and info1 to info4 then; none if they bring none.

    A text to recipients without fields leaves exactly as it was written.
    """
    brought = frozenset(name for recipient in recipients for name in recipient.fields)
    return INFO_FIELDS | brought if brought else brought


def recipient_fault(position: int, given: str, violation: Violation, home: str) -> Fault:
    """What is to be mended when a recipient cannot be texted, and where: the number, the text or the sender.

    `home` (ISO 3166) is the country that a number without a calling code was read as one of.
    """
    for prefix, field in _BLAMED:
        if violation.code.startswith(prefix):
            return Fault(field, violation.code, violation.message)
    field = f"recipients[{position}].to"
    if violation.code != "length":
        return Fault(field, violation.code, f"{given}: {violation.message}")
    country = country_of(given, home)
    if country and is_short_number(given, country):
        return Fault(field, "short_code_not_allowed", f"{given}: {_SHORT.format(country=country)}")
    where = f" It was read as one of {country}." if country else ""
    return Fault(field, violation.code, f"{given}: {violation.message}{where}")


def _too_long(length: int, most: int) -> str:
    return f"The text has {length} characters; the most is {most}. Shorten it."


def _text_faults(request: CampaignRequest, limits: Limits) -> list[Fault]:
    text = request.text
    if all(unicodedata.category(character) in _INVISIBLE for character in text):
        return [Fault("text", "empty_body", "The text is empty; write what to say.")]
    if len(text) > limits.max_text:
        return [Fault("text", "too_long", _too_long(len(text), limits.max_text))]
    if fault := _character_fault("text", text):
        return [fault]
    known = None if request.reads_lists else known_fields(request.recipients)  # who knows what all contacts bring
    return [
        Fault("text", "unknown_variable", f"No recipient brings the field {name}: bring it, or take it out.")
        for name in (unknown_fields(text, known) if known else ())
    ]


def _link_faults(request: CampaignRequest, limits: Limits) -> list[Fault]:
    places = request.text.count(PLACEHOLDER)
    if not places and not request.links:
        return []
    if not limits.links.base:
        return [Fault("links", "no_link_address", NO_ADDRESS)]
    if places != len(request.links) or places > MOST_LINKS:
        message = f"The text has {places} {PLACEHOLDER}, and there are {len(request.links)} links: give one for each, "
        return [Fault("links", "link_count", f"{message}{MOST_LINKS} at most.")]
    found = ((place, _link_fault(url, limits)) for place, url in enumerate(request.links))
    return [Fault(f"links[{place}]", code, message) for place, (code, message) in found if code]


NO_ADDRESS = "This hub has no web address for links; its operator sets [links] domain, or [hub] public_url."


def _link_fault(url: str, limits: Limits) -> tuple[str, str]:
    """Why a link may not lead there: a code and a sentence, both empty where it may."""
    target = as_target(url)
    if target is None:
        message = (
            f"A link leads to http:// or https:// and a host, without a password, in {LONGEST_URL} characters, "
            "or to file:ID of a file that is kept."
        )
        return "link_form", message
    if file_of(target):
        return "", ""
    if is_denied(target, {limits.links.base.partition(":")[0].partition("/")[0]}):
        return "link_denied", "A link may not lead to another one of this hub: name the address that is meant."
    if not is_outside(target):
        return "link_denied", "A phone cannot reach that address: name a host of the open internet."
    if is_denied(target, limits.denied_hosts):
        return "link_denied", "Links of this hub may not lead there; its operator says where not: [links] deny."
    return "", ""


def _recipient_faults(request: CampaignRequest, limits: Limits) -> list[Fault]:
    if not request.recipients and not request.reads_lists:
        return [Fault("recipients", "no_recipient", "Give at least one recipient.")]
    if len(request.recipients) > limits.max_recipients:
        message = f"A campaign has at most {limits.max_recipients} recipients; make several of it."
        return [Fault("recipients", "too_many_recipients", message)]
    return list(islice(_field_faults(request.recipients), FIELD_FAULTS))


def _field_faults(recipients: Iterable[Recipient]) -> Iterator[Fault]:
    for position, recipient in enumerate(recipients):
        for name, value in recipient.fields.items():
            if fault := _character_fault(f"recipients[{position}].fields", name + value):
                yield fault


def _sender_faults(sender: str | None) -> list[Fault]:
    if sender is None:
        return []
    if not sender.strip():
        return [Fault("sender", "sender_empty", "Leave the sender out to use the default one.")]
    if len(sender) > LONGEST_SENDER:
        return [Fault("sender", "sender_too_long", f"No sender has more than {LONGEST_SENDER} characters; shorten it.")]
    fault = _character_fault("sender", sender)
    return [fault] if fault else []


def time_faults(send_at: datetime | None, now: datetime, limits: Limits) -> list[Fault]:
    """What is wrong with the time at which a campaign is to leave."""
    if send_at is None:
        return []
    if send_at.tzinfo is None:
        return [Fault("send_at", "schedule_no_zone", f"{send_at.isoformat()} has no time zone: add one, as in +01:00.")]
    if send_at < now - PAST_TOLERANCE:
        message = f"{send_at.isoformat()} is past; to send now, leave it out, or write null."
        return [Fault("send_at", "schedule_past", message)]
    if send_at > now + limits.max_ahead:
        days = limits.max_ahead.days
        return [
            Fault(
                "send_at",
                "schedule_too_far",
                f"{send_at.isoformat()} is more than {days} days ahead; write an earlier time.",
            )
        ]
    return []


def _character_fault(field: str, text: str) -> Fault | None:
    if is_storable(text):
        return None
    if "\x00" in text:
        return Fault(field, "control_character", f"There is a NUL character in {field}; leave it out.")
    return Fault(
        field, "unpaired_surrogate", f"There is half of a character (an unpaired surrogate) in {field}; write it again."
    )
