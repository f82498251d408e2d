"""What mails about texts from phones say, by language. Pure; `speech_of` chooses the language of an account."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.accounts.model import Account

_FRENCH_SPEAKING = frozenset("FR BE LU CH MC GP MQ GF RE YT PM BL MF NC PF WF".split())  # noqa: SIM905 - a list to read


@dataclass(frozen=True, slots=True)
class Speech:
    """The sentences of one language; `moment` is a form for `strftime`."""

    subject: str
    text_from: str
    received: str
    written_to: str
    answers: str
    how_to_answer: str
    no_answer: str
    moment: str


SPEECHES: Mapping[str, Speech] = MappingProxyType(
    {
        "fr": Speech(
            subject="SMS de {number}",
            text_from="SMS de : {number}",
            received="Reçu le : {moment} ({zone})",
            written_to="Envoyé au : {sender}",
            answers="En réponse à votre SMS : {text}",
            how_to_answer="Pour répondre par SMS, répondez à ce mail : seul votre texte part, sans signature.",
            no_answer="On ne peut pas répondre à cet expéditeur.",
            moment="%d/%m/%Y à %H:%M",
        ),
        "en": Speech(
            subject="Text from {number}",
            text_from="Text from: {number}",
            received="Received: {moment} ({zone})",
            written_to="Sent to: {sender}",
            answers="In answer to your text: {text}",
            how_to_answer="To answer by text, answer this mail: your words alone leave, without signature or quotes.",
            no_answer="This sender cannot be answered.",
            moment="%Y-%m-%d at %H:%M",
        ),
    }
)


def speech_of(account: Account) -> Speech:
    """The language that the account asked for, else its country's; English where the hub does not speak it."""
    wanted = account.settings.language or ("fr" if account.country in _FRENCH_SPEAKING else "en")
    return SPEECHES.get(wanted, SPEECHES["en"])
