"""Commands of the database's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option

if TYPE_CHECKING:
    from hub.store.migrate import SchemaStatus


@click.group()
def db() -> None:
    """Bring the database up to date."""


@db.command()
@json_option
@click.pass_obj
def upgrade(session: Session) -> None:
    """Apply the revisions that the database lacks, the plugins' too."""
    with session.core(ready=False) as core:
        before = core.schema_status()
        after = core.upgrade()
        applied = len(before.missing) - len(after.missing)
        answer(after, f"{applied} revision(s) applied. {_sentence(after)}")


@db.command()
@json_option
@click.pass_obj
def status(session: Session) -> None:
    """Tell whether the database is what this hub was made for; the exit code says so too."""
    with session.core(ready=False) as core:
        found = core.schema_status()
        answer(found, _sentence(found))
        if not found.is_ready:
            click.get_current_context().exit(1)


def _sentence(found: SchemaStatus) -> str:
    if found.foreign:
        return f"The database is of a newer hub: it has {', '.join(found.foreign)}."
    if found.missing:
        return f"The database lacks {', '.join(found.missing)}; run `hub db upgrade`."
    return f"The database is up to date ({', '.join(found.current)})."
