"""A person's data as one JSON document, written while it is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hub.store.bulk import in_batches
from hub.web import answers
from hub.web.resources.consents_values import RegisteredConsent
from hub.web.resources.people_values import HeldContact, HeldMail, HeldSuppression, HeldTrack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

    from hub.messages.model import MessageView
    from hub.people.finding import Holdings

BATCH = 200


def person_json(holdings: Holdings, account_id: int, number: str) -> Iterator[str]:
    """What an account holds about an E.164 number, in pieces; together they are a `Person`."""
    asked = (account_id, number)
    sections: tuple[tuple[str, Iterable[BaseModel]], ...] = (
        ("suppressions", map(HeldSuppression.model_validate, holdings.suppressions(*asked))),
        ("contacts", map(HeldContact.model_validate, holdings.contacts(*asked))),
        ("consents", map(RegisteredConsent.model_validate, holdings.consents(*asked))),
        ("messages", map(_message, holdings.messages(*asked))),
        ("answers", map(answers.InboundMessage.model_validate, holdings.answers(*asked))),
        ("mails", map(HeldMail.model_validate, holdings.mails(*asked))),
        ("tracks", map(HeldTrack.model_validate, holdings.tracks(*asked))),
    )
    yield f'{{"number":{json.dumps(number)}'
    for name, items in sections:
        yield f',"{name}":['
        begun = False
        for some in in_batches(items, BATCH):
            yield ("," if begun else "") + ",".join(one.model_dump_json() for one in some)
            begun = True
        yield "]"
    yield "}"


def _message(view: MessageView) -> answers.Message:
    return answers.Message.model_validate(view).model_copy(update={"encoding": view.encoding or None})
