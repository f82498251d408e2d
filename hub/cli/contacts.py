"""`hub contacts`: the lists of an account, files into them and out of them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from hub.cli.shared import Session, account_option, answer, choose_account, json_option, table, wants_json
from hub.errors import NotFound, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.accounts.model import Account
    from hub.bootstrap import Core
    from hub.contacts.imports.model import Import
    from hub.contacts.model import ContactList

_PIECE = 512 * 1024
_LOOK_S = 0.2
_LEFT_OUT = (
    ("duplicate", "stand in the file twice"),
    ("landline", "are landlines"),
    ("lossy", "were spoilt by a spreadsheet"),
    ("invalid", "have no number that can be texted"),
)


@click.group()
def contacts() -> None:
    """Lists of contacts: show, fill and write them."""


@contacts.command("lists")
@account_option
@json_option
@click.pass_obj
def lists(session: Session, account_name: str | None) -> None:
    """List the lists, and how many contacts each has."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        found = _every(core, owner)
        answer({"items": found})
        if not wants_json():
            rows = [(one.id, one.name, one.size, f"{one.changed_at:%Y-%m-%d %H:%M}") for one in found]
            table(f"Lists of {owner.name}", ("id", "name", "contacts", "changed"), rows)


@contacts.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "list_name", required=True, help="The list's name; it is made where there is none.")
@click.option("--preview", is_flag=True, help="Only say what would become of the lines.")
@account_option
@json_option
@click.pass_obj
def import_(
    session: Session,
    file: Path,
    list_name: str,
    preview: bool,  # noqa: FBT001 - click hands flags over so
    account_name: str | None,
) -> None:
    """Bring the contacts of FILE (CSV, TXT, XLS, XLSX, ODS) to a list. Those that it has are not doubled."""
    with session.core() as core:
        owner = choose_account(core, account_name)
        with _opened(file) as opened:
            wanted, is_new = _list_called(core, owner, list_name)
            pieces = iter(partial(opened.read, _PIECE), b"")
            most = core.settings.contacts.max_import_mb * 1024**2
            brought = core.imports.upload(owner.id, wanted.id, file.name, pieces, most)
        done = _worked_off(core, owner, brought)
        if done.fault is None:
            decide = core.imports.cancel if preview else core.imports.start
            done = _worked_off(core, owner, decide(owner.id, done.id))
        if is_new and done.state != "done":
            core.lists.delete(owner.id, wanted.id)
        answer(done, "\n".join(_said(done, wanted)))
        if done.fault is not None:
            click.get_current_context().exit(1)


@contacts.command("export")
@click.argument("list_name", metavar="LIST")
@click.option("--output", type=click.File("wb"), default="-", help="The file to write; standard output without it.")
@account_option
@click.pass_obj
def export(session: Session, list_name: str, output: IO[bytes], account_name: str | None) -> None:
    """Write LIST as CSV; imported again, it is the same list."""
    from hub.contacts.exporting import export_list

    with session.core() as core:
        owner = choose_account(core, account_name)
        found = core.lists.find(owner.id, list_name)
        for piece in export_list(core.store, owner.id, found.id):
            output.write(piece)


def _every(core: Core, owner: Account) -> list[ContactList]:
    found: list[ContactList] = []
    while page := core.lists.all(owner.id, after=found[-1].id if found else 0):
        found += page
    return found


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        raise RequestRefused.because("FILE", "unreadable", f"{file} cannot be read: {error.strerror}.") from None


def _list_called(core: Core, owner: Account, name: str) -> tuple[ContactList, bool]:
    """The list of that name, and whether it was made for this."""
    try:
        return core.lists.find(owner.id, name), False
    except NotFound:
        return core.lists.create(owner.id, name), True


def _worked_off(core: Core, owner: Account, one: Import) -> Import:
    """The import once its present step is done: here, or by the worker that took it."""
    from hub.contacts.imports.model import ImportState

    while one.state in (ImportState.READING, ImportState.STORING):
        if not core.import_work.work_next():
            time.sleep(_LOOK_S)
        one = core.imports.get(owner.id, one.id)
    return one


def _said(one: Import, wanted: ContactList) -> Iterator[str]:
    if one.fault is not None or one.tally is None:
        yield one.detail or f"Nothing was brought: {one.fault}."
        return
    yield f"{one.tally.lines} line(s) with something in them."
    for kind, why in _LEFT_OUT:
        if count := getattr(one.tally, kind):
            yield f"  {count} {why}:"
            yield from (f"    line {line.line}: {line.given}" for line in one.samples.get(kind, ()))
    stopped = one.tally.opted_out + one.tally.unallocated
    if stopped:
        yield f"  {stopped} will not be texted: said stop, or the number belongs to nobody."
    if one.state == "done":
        yield f"{one.added} added to {wanted.name}, {one.updated} updated."
    else:
        yield f"Nothing was brought. Without --preview, {one.tally.new} would be added, {one.tally.known} updated."
