"""Commands of people who sign in for an account."""

from __future__ import annotations

import click

from hub.accounts.model import Role
from hub.cli.shared import Session, answer, json_option, table, wants_json

_ROLES = [one.value for one in Role]


@click.command("user")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("email")
@click.option("--role", type=click.Choice(_ROLES), default="owner", show_default=True, help="What they may do.")
@click.password_option(help="The password; asked for when not given.")
@json_option
@click.pass_obj
def user(session: Session, account_name: str, email: str, role: str, password: str) -> None:
    """Let a person sign in for an account."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        made = core.users.create(found.id, email, password, Role(role))
        answer(made, f"{made.email} can sign in for {found.name} as {made.role}.")


@click.command("users")
@click.argument("account_name", metavar="ACCOUNT")
@json_option
@click.pass_obj
def list_(session: Session, account_name: str) -> None:
    """List the people who sign in for an account."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        people = core.users.all(found.id)
        answer(people)
        if not wants_json():
            rows = [(one.id, one.email, one.role, "yes" if one.has_totp else "no") for one in people]
            table(f"Users of {found.name}", ("id", "address", "role", "codes"), rows)


@click.command("role")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("email")
@click.argument("role", type=click.Choice(_ROLES))
@json_option
@click.pass_obj
def role_(session: Session, account_name: str, email: str, role: str) -> None:
    """Say what a person may do for an account."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        changed = core.users.set_role(found.id, core.users.find(found.id, email).id, Role(role))
        answer(changed, f"{changed.email} is {changed.role} of {found.name}.")


@click.command("password")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("email")
@click.password_option(help="The next password; asked for when not given.")
@json_option
@click.pass_obj
def password_(session: Session, account_name: str, email: str, password: str) -> None:
    """Give a person another password."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        person = core.users.find(found.id, email)
        core.users.reset_password(found.id, person.id, password)
        answer({"id": person.id}, f"{person.email} signs in with the new password.")


@click.command("totp-off")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("email")
@json_option
@click.pass_obj
def totp_off(session: Session, account_name: str, email: str) -> None:
    """Ask a person for codes no more, when telephone and recovery codes are lost."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        person = core.users.find(found.id, email)
        had = core.second_factor.take_off(found.id, person.id)
        said = "is asked for no codes any more" if had else "was not asked for codes"
        answer({"id": person.id, "removed": had}, f"{person.email} {said}.")


@click.command("remove-user")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("email")
@json_option
@click.pass_obj
def remove(session: Session, account_name: str, email: str) -> None:
    """Let a person sign in no more."""
    with session.core() as core:
        found = core.accounts.find(account_name)
        person = core.users.find(found.id, email)
        core.users.remove(found.id, person.id)
        answer({"id": person.id}, f"{person.email} signs in no more for {found.name}.")
