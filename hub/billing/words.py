"""What accounts are told of their credits, as sentences: a table by language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.guard.notices import language_of
from hub.guard.sentences import ENGLISH, FRENCH
from hub.mailing.model import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.accounts.model import Account

LOW = "balance_low"
IDLE = "credits_idle"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language."""

    low_subject: str
    low_body: str
    low_text: str
    idle_subject: str
    idle_body: str
    kept: str
    expiring: str


WORDS: Mapping[str, Words] = {
    ENGLISH: Words(
        "Few credits left: {available}",
        """Hello,

The account {account} has {available} credit(s) left to use; you asked to be told below {threshold}.

When none are left, its texts are refused. You are told again once there were more, and fewer again.
""",
        "{account}: {available} credit(s) left, below your threshold of {threshold}.",
        "Your unused credits: {available}",
        """Hello,

The account {account} has sent no text for {months} months, and has {available} credit(s) left.

{fate}
""",
        "They are kept: there is nothing to do.",
        "Credits that are not used for so long may be taken back. Send a text, or write to the operator of the hub.",
    ),
    FRENCH: Words(
        "Il vous reste peu de crédits : {available}",
        """Bonjour,

Le compte {account} dispose encore de {available} crédit(s) ; vous avez demandé à être prévenu sous {threshold}.

Quand il n'y en aura plus, ses textos seront refusés. Vous serez prévenu de nouveau si le solde remonte, puis redescend.
""",
        "{account} : il reste {available} crédit(s), sous votre seuil de {threshold}.",
        "Vos crédits inutilisés : {available}",
        """Bonjour,

Le compte {account} n'a envoyé aucun texto depuis {months} mois, et dispose encore de {available} crédit(s).

{fate}
""",
        "Ils restent à vous : il n'y a rien à faire.",
        "Inutilisés si longtemps, ils peuvent être repris. Envoyez un texto, ou écrivez à l'exploitant du service.",
    ),
}


def words_for(account: Account) -> Words:
    """The words in the account's language."""
    return WORDS[language_of(account)]


def low_mail(account: Account, to: str, key: str, *, available: int, threshold: int) -> OutgoingMail:
    """The mail that says that few credits are left."""
    words = words_for(account)
    values = {"account": account.name, "available": available, "threshold": threshold}
    return OutgoingMail(account.id, LOW, key, to, words.low_subject.format(**values), words.low_body.format(**values))


def low_text(account: Account, *, available: int, threshold: int) -> str:
    """The text that says so."""
    return words_for(account).low_text.format(account=account.name, available=available, threshold=threshold)


def idle_mail(account: Account, to: str, key: str, *, available: int, months: int, expire: bool) -> OutgoingMail:
    """The mail that says that credits lie unused."""
    words = words_for(account)
    values = {
        "account": account.name,
        "available": available,
        "months": months,
        "fate": words.expiring if expire else words.kept,
    }
    return OutgoingMail(
        account.id, IDLE, key, to, words.idle_subject.format(**values), words.idle_body.format(**values)
    )
