"""How the recipient of a marketing text says stop, and what the text must say about it.

Sources: CPCE L34-5 (a simple way to refuse, in every message), the af2m charters (STOP keyword or
unsubscribe link), and per country the `optout` of its policy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.compliance.folding import compose, fold
from hub.compliance.model import OptOut, OptOutAnswer, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.compliance.model import CountryPolicy

LINK_TEMPLATE = " STOP {link}"
"""The label and the link: six characters more than the link itself."""

INSTRUCTION = re.compile(
    r"""
    (?<!\w)(?<!\w-)                                # not the end of "non-stop"
    (?P<desabo>desabo(?:nnement)?\s{1,3})? stop (?!\w)
    (?:\s{1,3}(?:(?P<sms>sms)|pub)(?!\w))?
    (?:\s{0,3},?\s{0,3}(?:envoye[rz]|repond(?:ez|re)|tape[rz])\s{1,3}(?P<again>stop)(?!\w))?
    (?:
        (?:\s{0,3}[:=>]\s{0,3}|\s{1,3}(?:(?:au|a|to|at|an)\s{1,3})?)
        (?P<code>\d{4,6})(?![\w%€$]|[.,:]\d)
    )?
    """,
    re.VERBOSE,
)
"""The accepted forms, folded: STOP SMS, STOP SMS au 36180, Desabo STOP, STOP SMS envoyez STOP, STOP 36180.

Blanks are bounded, so that a text full of them costs no more than another.
"""


def mention_for(
    policy: CountryPolicy,
    *,
    custom_sender: bool,
    shortcode: str | None,
    template: str,
    link: str | None,
    link_template: str = LINK_TEMPLATE,
) -> OptOutAnswer:
    """What a marketing text to this country must say about opting out.

    `custom_sender` tells a sender of the business's own from the route's; `shortcode` is the number that
    takes STOP and fills the template's `{shortcode}`; `link` is the recipient's unsubscribe address. The
    answer's text is meant for `append_mention`. Where a mention is due and the hub has no short code, a
    link takes its place (af2m charter of 2026). Violations: `optout_link_needed`,
    `optout_shortcode_needed`, `optout_impossible`.
    """
    rule = policy.optout
    way = rule.custom_sender if custom_sender else rule.default_sender
    if way is OptOut.MENTION and not shortcode and link:
        way = OptOut.LINK
    if way is OptOut.REPLY:
        return OptOutAnswer(way)
    if way is OptOut.MENTION and shortcode:
        return OptOutAnswer(way, template.replace("{shortcode}", shortcode))
    if way is OptOut.LINK and link:
        return OptOutAnswer(way, link_template.replace("{link}", link))
    return OptOutAnswer(way, violation=_violation(policy, way))


def append_mention(text: str, mention: str) -> str:
    """The text followed by the mention, unless it says already how to stop.

    An instruction that names a short code counts only if that is the mention's own; where the mention is a
    link, only that link counts, for there the answer STOP does not arrive.
    """
    if not mention.strip() or says_how_to_stop(text, mention):
        return text
    parted = mention if mention[0].isspace() else f" {mention}"
    return text.rstrip() + parted


def says_how_to_stop(text: str, mention: str) -> bool:
    """Whether the text gives the mention's way out in one of the accepted forms."""
    codes = [code for code, _ in _instructions(mention) if code]
    if codes:
        return any(code in {None, codes[0]} for code, _ in _instructions(text))
    link = next((piece for piece in mention.split() if "." in piece or "/" in piece), mention.strip())
    return re.search(re.escape(link) + r"(?![\w/-])", text) is not None


def stop_instruction(text: str) -> str | None:
    """The words of the text that tell its reader how to stop, if any do."""
    return next((words for _, words in _instructions(text)), None)


def _instructions(text: str) -> Iterator[tuple[str | None, str]]:
    composed = compose(text)
    for found in INSTRUCTION.finditer(fold(text)):
        if found["code"] or found["desabo"] or found["sms"] or found["again"]:
            yield found["code"], composed[found.start() : found.end()]


def _violation(policy: CountryPolicy, way: OptOut) -> Violation:
    if way is OptOut.LINK:
        return Violation(
            "optout_link_needed",
            f"In {policy.label} a marketing text must carry an unsubscribe link, and this hub has no web address for "
            "one: its operator sets [links] domain, or [hub] public_url. Until then only alerts can be sent there.",
        )
    if way is OptOut.MENTION:
        return Violation(
            "optout_shortcode_needed",
            f"In {policy.label} a marketing text under your own sender must say where to send STOP, and the "
            "hub has no short code: set one, or leave the sender empty.",
        )
    return Violation(
        "optout_impossible",
        f"In {policy.label} no marketing may be sent from such a sender, for no one could answer STOP to it: "
        "leave the sender empty.",
    )
