"""What the hub answers by itself to a text from a phone, and when: the words are data, the rules pure."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hub.inbound.model import InboundKind
from hub.inbound.optout import tokens_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hub.accounts.model import Account
    from hub.inbound.model import InboundMessage

LEGAL = frozenset({InboundKind.OPT_OUT, InboundKind.CONTACT, InboundKind.HELP})
"""What is answered because the law asks for it."""
CONVERSATION = frozenset({InboundKind.TEXT, InboundKind.REVIEW})
"""What is for people, and for plugins."""
WHOLE_SENTENCE = "sentence"
_FALLBACK = "en"
_LONGEST_IDENTITY = 60
_SHORTEST_NUMBER = 3
_LONGEST_NUMBER = 15
_SHORTEST_PHONE = 8


def legal_words(kind: InboundKind, account: Account) -> str:
    """The words of an answer, in the account's language, else its country's, else English."""
    words = _load()
    wanted = (account.settings.language or words["countries"].get(account.country, _FALLBACK)).lower()[:2]
    spoken = words.get(wanted) or words[_FALLBACK]
    identity = " ".join((account.settings.identity or account.name).split())
    return spoken[kind].replace("{identity}", identity[:_LONGEST_IDENTITY])


def can_be_answered(message: InboundMessage, own: Collection[str]) -> bool:
    """Whether a person is there to be answered, at the number that they wrote to.

    Not where there is no such number, not to short codes and names, and not to numbers of our own (`own`): they would
    answer back.
    """
    to = _bare(message.to)
    ours = {_bare(one) for one in own} | {to}
    return (
        to.isdecimal()
        and _SHORTEST_NUMBER <= len(to) <= _LONGEST_NUMBER
        and message.number.startswith("+")
        and len(message.number) > _SHORTEST_PHONE
        and _bare(message.number) not in ours
    )


def is_worth_a_mail(message: InboundMessage) -> bool:
    """Whether its words are for people: a bare STOP says nothing that the list of opt-outs does not."""
    said_more = message.kind is InboundKind.OPT_OUT and message.rule == WHOLE_SENTENCE
    return message.kind in CONVERSATION or said_more


def is_our_own(text: str, reply: str) -> bool:
    """Whether a text is our own automatic reply come back, from a machine that quotes."""
    return tokens_of(text) == tokens_of(reply)


def _bare(number: str) -> str:
    return number.strip().removeprefix("+")


@cache
def _load() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("hub.inbound").joinpath("answers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
