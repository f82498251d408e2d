"""From the body of a request to the campaign that is asked for: template, recipients of every kind, times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.compliance.model import Purpose
from hub.errors import NotFound, RequestRefused
from hub.messages.model import CampaignRequest, Recipient
from hub.sms.phone_list import split_numbers
from hub.templates.model import Wording
from hub.web.frame import SOURCE, account, idempotency_key
from hub.web.resources.file_rows import recipients_in_file
from hub.web.schedule import read_moment
from hub.web.schemas import NumbersBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.web.frame import Frame
    from hub.web.schemas import CampaignBody, RecipientBody


@dataclass(frozen=True, slots=True)
class Drafts:
    """Reads bodies on behalf of the account that calls."""

    frame: Frame

    def request(self, body: CampaignBody) -> CampaignRequest:
        """The campaign that a body asks for; raises RequestRefused for what cannot be read."""
        settings = self.frame.core.settings
        text = body.text if "text" in body.model_fields_set else None
        said = self.wording(text, body.template, body.purpose, body.sender)
        return CampaignRequest(
            account_id=account().id,
            text=said.text,
            recipients=recipients_of(body, account().country),
            purpose=said.purpose or Purpose(settings.messages.default_purpose),
            sender=said.sender,
            send_at=None if body.send_at is None else read_moment(body.send_at, settings.hub.timezone),
            outside_window=body.outside_window,
            encoding=body.encoding,
            source=SOURCE,
            idempotency_key=idempotency_key(),
            auto_reply=body.auto_reply,
            allow_repeat=body.allow_repeat,
            require_consent=body.require_consent,
            lists=tuple(body.lists),
            segments=tuple(body.segments),
            links=tuple(body.links),
        )

    def wording(self, text: str | None, template: str | None, purpose: Purpose | None, sender: str | None) -> Wording:
        """What a request says, its template where it says nothing itself; raises RequestRefused without a text."""
        kept = self._template(template)
        if text is None and kept is None:
            raise RequestRefused.because("text", "missing", "Write what to say, or name a template that says it.")
        said = kept or Wording("", "")
        return Wording(
            said.name,
            said.text if text is None else text,
            purpose or said.purpose,
            said.sender if sender is None else sender,
        )

    def _template(self, template_id: str | None) -> Wording | None:
        if template_id is None:
            return None
        try:
            return self.frame.core.templates.get(account().id, template_id).wording
        except NotFound as error:
            raise RequestRefused.because("template", "unknown_template", str(error)) from None


def recipients_of(body: CampaignBody, region: str) -> tuple[Recipient, ...]:
    """Who the body names itself: its recipients, then those of its file."""
    named = (recipient for one in body.recipients for recipient in _named_by(one, region))
    return (*named, *(recipients_in_file(body.file, region) if body.file else ()))


def _named_by(one: RecipientBody, region: str) -> Iterator[Recipient]:
    if isinstance(one, NumbersBody):
        yield from (Recipient(number) for number in split_numbers(one.to, region))
    else:
        yield Recipient(one.to, one.fields)
