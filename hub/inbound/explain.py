"""What the hub makes of a text from a phone, in plain values: for `hub explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.config.words import did_you_mean
from hub.errors import RequestRefused
from hub.inbound.optout import read_text, tokens_of

if TYPE_CHECKING:
    from hub.compliance.policies import PolicyBook


def explain_inbound(book: PolicyBook, text: str, country: str) -> dict[str, object]:
    """The `kind` of a text from a number of a country, the `rule` that says so, and the words that it rests on.

    `tokens` is the text as the rules read it. Raises RequestRefused for a country that the table does not have.
    """
    policy = book.get(country)
    if policy is None:
        near = did_you_mean(country, tuple(book.countries))
        raise RequestRefused.because("country", "unknown_country", f"There is no policy for {country!r}{near}.")
    verdict = read_text(text, policy)
    return {
        "kind": verdict.kind.value,
        "rule": verdict.rule,
        "matched": verdict.matched,
        "country": country,
        "tokens": list(tokens_of(text)),
    }
