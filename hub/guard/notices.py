"""Tell an account by mail that a guard holds something of it: once for each reason and day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.guard.sentences import ENGLISH, FRENCH, SENTENCES
from hub.mailing.model import OutgoingMail
from hub.sms.plans import home_plan

if TYPE_CHECKING:
    from datetime import datetime

    from hub.accounts.model import Account, AccountSettings
    from hub.guard.rules import Found

KIND = "guard_hold"

_IN_FRENCH = home_plan("FR") | {"BE", "CH", "LU", "MC"}
"""Countries whose accounts are written to in French unless they have said otherwise."""

_SUBJECT = {
    ENGLISH: "Your texts are held: campaign {campaign}",
    FRENCH: "Vos textos sont retenus : campagne {campaign}",
}
_BODY = {
    ENGLISH: """Hello,

Campaign {campaign} of the account {account} ({source}: {messages} message(s), {credits} credit(s)) has been held since
{since:%Y-%m-%d %H:%M}.

{why}

Nothing is lost. The operator of the hub looks at it: then it leaves, or it is cancelled and its credits come back. What
comes after it is looked at in the same way.

If it is yours, there is nothing to do. If it is not, somebody else may be using your account: tell the operator of the
hub at once.

No other mail of this kind is sent today.
""",
    FRENCH: """Bonjour,

La campagne {campaign} du compte {account} ({source} : {messages} message(s), {credits} crédit(s)) est retenue depuis le
{since:%d/%m/%Y à %H:%M}.

{why}

Rien n'est perdu. L'exploitant du service la contrôle : ensuite elle part, ou bien elle est annulée et ses crédits sont
rendus. Ce qui suit est contrôlé de la même façon.

Si cet envoi est le vôtre, il n'y a rien à faire. Sinon, quelqu'un d'autre utilise peut-être votre compte : prévenez
l'exploitant sans attendre.

Aucun autre message de cette sorte n'est envoyé aujourd'hui.
""",
}


@dataclass(frozen=True, slots=True)
class HeldPart:
    """What is held: of which campaign and by which way it came, how many messages for how many credits, since when.

    `since` is in the hub's time zone.
    """

    campaign_id: str
    source: str
    messages: int
    credits: int
    since: datetime


def address_of(settings: AccountSettings) -> str | None:
    """Where the hub writes to an account; None where it has named no address."""
    return settings.notice_email or settings.reply_email


def language_of(account: Account) -> str:
    """The language in which an account is written to: its own, else its country's; English where there is none."""
    said = account.settings.language
    if said is None:
        return FRENCH if account.country in _IN_FRENCH else ENGLISH
    return said if said in SENTENCES else ENGLISH


def hold_mail(account: Account, found: Found, part: HeldPart) -> OutgoingMail | None:
    """The mail that says so; None where the account has named no address. One key for each account, reason and day."""
    to = address_of(account.settings)
    if to is None:
        return None
    language = language_of(account)
    words = {
        "account": account.name,
        "campaign": part.campaign_id,
        "source": part.source,
        "messages": part.messages,
        "credits": part.credits,
        "since": part.since,
        "why": SENTENCES[language][found.reason].format(**found.values),
    }
    return OutgoingMail(
        account_id=account.id,
        kind=KIND,
        key=f"{account.id}/{found.reason}/{part.since.date().isoformat()}",
        to=to,
        subject=_SUBJECT[language].format(**words),
        body=_BODY[language].format(**words),
    )
