"""`hub account settings`: what one account says of itself."""

from __future__ import annotations

from dataclasses import asdict

import click

from hub.cli.shared import Session, answer, json_option

_NAMES = ("language", "reply_email", "notice_email", "identity", "auto_reply")
_CONSENT = "require_consent"
_OPTIONS = tuple(name.replace("_", "-") for name in _NAMES)


@click.command("settings")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--reply-email", default=None, help="Where people's answers are forwarded to.")
@click.option("--notice-email", default=None, help="Where the hub writes to; the reply address if not given.")
@click.option("--identity", default=None, help="Who people are told is behind the texts; its name if not given.")
@click.option("--auto-reply", default=None, help="What is answered to people's texts, each time at its cost.")
@click.option("--language", default=None, metavar="fr", help="What the hub writes in; its country's if not given.")
@click.option(
    "--require-consent/--no-require-consent",
    default=None,
    help="Whether its marketing goes only to people whose consent is in the register.",
)
@click.option("--clear", type=click.Choice(_OPTIONS), multiple=True, help="Forget it.")
@json_option
@click.pass_obj
def settings(session: Session, /, account_name: str, clear: tuple[str, ...], **given: str | bool | None) -> None:
    """Show what an account says of itself, or change it."""
    cleared = dict.fromkeys((name.replace("-", "_") for name in clear), None)
    changed: dict[str, str | bool | None] = cleared | {
        name: value for name, value in given.items() if value is not None
    }
    with session.core() as core:
        found = core.accounts.find(account_name)
        if changed:
            found = core.accounts.patch_settings(found.id, changed)
        said = asdict(found.settings)
        lines = [f"  {name.replace('_', ' ')}: {said[name] or '-'}" for name in _NAMES]
        lines.append(f"  {_CONSENT.replace('_', ' ')}: {'yes' if said[_CONSENT] else 'no'}")
        answer({"id": found.id, "settings": said}, "\n".join([f"{found.name}:", *lines]))
