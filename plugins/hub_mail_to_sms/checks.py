"""What of `[mail_to_sms]` cannot work as it stands, for `hub check` and `/health/ready`."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from hub import Finding, HubError
from hub_mail_to_sms.certificate import expiry_findings
from hub_mail_to_sms.settings import Accept, MailSettings, Verify
from hub_mail_to_sms.verification import verifier_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Hub


def findings(hub: Hub) -> tuple[Finding, ...]:
    """Everything at once."""
    settings = hub.section(MailSettings)
    found = tuple(_findings(settings))
    if settings.domain and settings.domain != hub.mail_domain:
        sentence = f"Answers go to {hub.mail_domain}, [hub] mail_domain, and mail for it is refused: name one domain."
        found += (Finding("[mail_to_sms] domain", sentence),)
    if settings.tls_cert and not any(one.fatal for one in found):
        found += tuple(expiry_findings(str(settings.tls_cert), hub.clock.now()))
    return found


def tls_context(settings: MailSettings) -> ssl.SSLContext | None:
    """The listener's certificate; None without one. Raises HubError when it cannot be used."""
    if not settings.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key or None, password=_no_password)
    except (OSError, ValueError) as error:
        raise HubError(f"The certificate cannot be used: {error}.") from error
    return context


def _no_password() -> str:
    """Without this, a locked key would have the process wait for someone to type."""
    raise ValueError("the key is locked with a password; give one that is not")


def _findings(settings: MailSettings) -> Iterator[Finding]:
    try:
        context = tls_context(settings)
    except HubError as error:
        yield Finding("[mail_to_sms] tls_cert", str(error), fatal=True)
        return
    if settings.tls_key and not settings.tls_cert:
        yield Finding("[mail_to_sms] tls_cert", "There is a tls_key and no tls_cert: without one there is no TLS.")
    if not settings.on_loopback and context is None:
        yield Finding(
            "[mail_to_sms] tls_cert",
            "Without TLS nobody can sign in from another machine; give tls_cert and tls_key.",
        )
    if settings.way is Accept.ADDRESS and not settings.on_loopback:
        yield Finding("[mail_to_sms] accept", "Anyone who learns an account's address can send at its cost.")
    if settings.way is Accept.VERIFIED:
        yield from _verification_findings(settings)


def _verification_findings(settings: MailSettings) -> Iterator[Finding]:
    if settings.verify is Verify.FRONT and not settings.trusted_server:
        yield Finding(
            "[mail_to_sms] trusted_server",
            "accept = verified needs the name that your front server writes into Authentication-Results, "
            "or verify = dns.",
            fatal=True,
        )
    try:
        verifier_for(settings)
    except HubError as error:
        yield Finding("[mail_to_sms] verify", str(error), fatal=True)
