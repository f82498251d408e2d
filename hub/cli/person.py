"""`hub person`: all that is held about a number, and its erasure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, choose_account, json_option
from hub.errors import RequestRefused
from hub.people.model import ErasureState

if TYPE_CHECKING:
    from hub.people.model import Erasure


@click.group()
def person() -> None:
    """A person's data (GDPR): give all of it out, or erase it."""


@person.command("export")
@click.argument("number")
@click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")
@click.pass_obj
def export(session: Session, number: str, account_name: str | None) -> None:
    """Write all that an account holds about NUMBER to standard output, as JSON."""
    from hub.people.rules import number_of
    from hub.web.resources.person_json import person_json

    with session.core() as core:
        owner = choose_account(core, account_name)
        for piece in person_json(core.holdings, owner.id, number_of(number, owner.country, "NUMBER")):
            click.echo(piece, nl=False)
    click.echo()


@person.command("erase")
@click.argument("number")
@click.option("--account", "account_name", default=None, help="Whose; not needed when there is one account.")
@click.option("--all-accounts", "every", is_flag=True, help="From every account of the hub; write NUMBER with its +.")
@json_option
@click.pass_obj
def erase(
    session: Session,
    number: str,
    account_name: str | None,
    every: bool,  # noqa: FBT001 - click hands flags over so
) -> None:
    """Erase NUMBER. What has not left for it is cancelled; an opt-out stays, for nobody may text the person."""
    from hub.people.rules import number_of

    if every and account_name is not None:
        raise RequestRefused.because("--account", "which", "Name an account, or say --all-accounts, not both.")
    with session.core() as core:
        owners = [one for one, _ in core.accounts.all()] if every else [choose_account(core, account_name)]
        numbers = [number_of(number, one.country, "NUMBER") for one in owners]
        done = [core.erasures.erase(one.id, e164) for one, e164 in zip(owners, numbers, strict=True)]
        nobodys = core.erasures.erase_nobodys(numbers[0]) if every and numbers else 0
    items = [{"account": one.name, "erasure": erasure} for one, erasure in zip(owners, done, strict=True)]
    lines = [_said(one.name, erasure) for one, erasure in zip(owners, done, strict=True)]
    lines += [f"Texts that are nobody's: {nobodys}."] if every else []
    answer({"items": items, "nobodys": nobodys}, "\n".join(lines))


def _said(name: str, erasure: Erasure) -> str:
    counted = asdict(erasure.erased)
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counted.items() if count) or "nothing"
    said = f"{name}: {counts} erased."
    if erasure.waits_for:
        said += f" Still to come, by itself: {', '.join(erasure.waits_for)}."
    elif erasure.state is not ErasureState.DONE:
        said += " The scheduler goes on with the rest."
    return said + (" The opt-out stays." if erasure.opted_out else "")
