"""What people attach to a mail becomes links behind its text: pictures and PDF, if the hub has a web address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hub import RequestRefused
from hub_mail_to_sms.reading import note_on

if TYPE_CHECKING:
    from hub import CampaignRequest, Hub
    from hub_mail_to_sms.mail import Mail

PLACEHOLDER = "<-short->"


def with_files(hub: Hub, request: CampaignRequest, mail: Mail) -> tuple[CampaignRequest, tuple[str, ...]]:
    """The request with a link for each file that the hub keeps, and what is to be said of the mail then.

    A file that it does not keep is left out, and said to be: the text goes all the same.
    """
    links, sent = [], []
    for one in mail.files:
        try:
            links.append(hub.keep_file(request.account_id, one.name, one.content))
        except RequestRefused:
            continue
        sent.append(one.name)
    if not links:
        return request, mail.notes
    text = " ".join([request.text.rstrip(), *(PLACEHOLDER for _ in links)])
    return replace(request, text=text, links=tuple(links)), _notes(mail, sent)


def _notes(mail: Mail, sent: list[str]) -> tuple[str, ...]:
    left = list(mail.attachments)
    for name in sent:
        left.remove(name)
    others = (note for note in mail.notes if note != note_on(mail.attachments))
    ignored = (note_on(left),) if left else ()
    return (note_on(sent, "sent as a link" if len(sent) == 1 else "sent as links"), *ignored, *others)
