"""What a text will look like to one person, with the opt-out mention of the account's own country."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hub.compliance.model import OutsideWindow
from hub.compliance.optout import append_mention
from hub.ids import new_id
from hub.messages.model import CampaignRequest, Recipient
from hub.messages.planning import plan_country
from hub.sms.encoding import offending, prepare
from hub.sms.merge import compile_text, fields_in
from hub.sms.model import Alphabet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.accounts.model import Account
    from hub.compliance.model import Purpose
    from hub.messages.accept import Intake
    from hub.templates.model import Wording


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as it would leave: its characters, alphabet and segments, and the fields that were left empty.

    `offending` are the characters for which it goes as UCS-2.
    """

    text: str
    characters: int
    encoding: str
    segments: int
    missing: tuple[str, ...]
    offending: tuple[str, ...]


def preview(intake: Intake, account: Account, wording: Wording, purpose: Purpose, fields: Mapping[str, str]) -> Preview:
    """A wording with these fields filled, sent as `purpose`; raises RequestRefused for half a character."""
    words = intake.limits.links.worded(wording.text)
    template = compile_text(words, frozenset({*fields, *fields_in(words)}))
    rendered = template.render(fields)
    mention = _mention(intake, account, wording, purpose)
    prepared = prepare(
        append_mention(rendered, mention) if mention else rendered, intake.limits.encoding, smart=intake.limits.smart
    )
    cut = prepared.segmentation
    dear = offending(prepared.text) if cut.alphabet is Alphabet.UCS2 else ()
    missing = template.missing(fields)
    return Preview(prepared.text, len(prepared.text), cut.alphabet, cut.segments, missing, tuple(dict.fromkeys(dear)))


def _mention(intake: Intake, account: Account, wording: Wording, purpose: Purpose) -> str | None:
    now = intake.clock.now()
    request = CampaignRequest(account.id, wording.text, (Recipient(""),), purpose, wording.sender)
    terms = replace(intake.terms(request, account, new_id(now), now), outside_window=OutsideWindow.DEFER)
    return plan_country(terms, account.country, intake.policies.get(account.country), ()).mention
