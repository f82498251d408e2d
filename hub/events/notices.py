"""Tell an account by mail that its receiver is not called any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.mailing.model import OutgoingMail

if TYPE_CHECKING:
    from datetime import datetime

KIND = "webhook_disabled"

_SUBJECT = {
    True: "Votre webhook est désactivé : {host}",
    False: "Your webhook is switched off: {host}",
}
_BODY = {
    True: """Bonjour,

{url}
n'a pas répondu depuis plusieurs jours : les événements ne lui sont plus envoyés.
Dernière réponse : {fault}

Ce qui attend est conservé quelque temps. Une fois le serveur réparé, réactivez le webhook {webhook} : PATCH
/api/v1/webhooks/{webhook} avec {{"state": "active"}}.
""",
    False: """Hello,

{url}
has not taken what it was sent for several days: events are not sent to it any more.
Its last answer: {fault}

What waits is kept for a while. Once the server is mended, switch webhook {webhook} on again: PATCH
/api/v1/webhooks/{webhook} with {{"state": "active"}}.
""",
}


def disabled_notice(
    account_id: int, to: str, *, french: bool, webhook: int, url: str, fault: str, at: datetime
) -> OutgoingMail:
    """The mail; one for each time that it happens."""
    host = url.split("/")[2]
    subject = _SUBJECT[french].format(host=host)
    body = _BODY[french].format(url=url, fault=fault, webhook=webhook)
    return OutgoingMail(account_id, KIND, f"{webhook} {at.isoformat()}", to, subject, body)
