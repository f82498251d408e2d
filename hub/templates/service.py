"""Use cases of templates: make, look, change, take away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.compliance.model import Purpose
from hub.errors import Conflict, Fault, NotFound, RequestRefused
from hub.ids import new_id
from hub.store.bulk import fetch
from hub.store.storable import is_storable, storable
from hub.templates.model import LONGEST_NAME, MOST_TEMPLATES, Template, Wording
from hub.templates.tables import templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_SENDER = 16


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of accounts; those of others are not found. `longest` is the most characters of a text."""

    store: Store
    clock: Clock
    longest: int

    def page(self, account_id: int, *, after: str = "", limit: int = 100) -> tuple[Template, ...]:
        """Templates in the order in which they were made, from the one after the id `after`."""
        query = select(templates).where(templates.c.account_id == account_id, templates.c.id > after)
        with self.store.read() as connection:
            return tuple(map(_as_template, fetch(connection, query.order_by(templates.c.id).limit(limit))))

    def get(self, account_id: int, template_id: str) -> Template:
        """One template; raises NotFound."""
        with self.store.read() as connection:
            return _find(connection, account_id, template_id)

    def create(self, account_id: int, wording: Wording) -> Template:
        """Keep a text under a name. Raises RequestRefused, and Conflict where the name is taken."""
        self._check(wording)
        now = self.clock.now()
        made = Template(new_id(now), wording, now, now)
        row = {"id": made.id, "account_id": account_id, "created_at": now, "changed_at": now, **_columns(wording)}
        try:
            with self.store.write("template") as connection:
                _require_room(connection, account_id)
                connection.execute(insert(templates).values(row))
        except IntegrityError:
            raise _taken(wording) from None
        return made

    def change(self, account_id: int, template_id: str, change: Callable[[Template], Wording]) -> Template:
        """Put another wording in place of a template's, as `change` makes it of what stands there, under a lock.

        Raises NotFound, RequestRefused, Conflict where the name is taken, and what `change` raises.
        """
        now = self.clock.now()
        try:
            with self.store.write("template") as connection:
                before = _find(connection, account_id, template_id, lock=True)
                wording = change(before)
                self._check(wording)
                if wording == before.wording:
                    return before
                mine = templates.c.id == before.id
                connection.execute(update(templates).where(mine).values(changed_at=now, **_columns(wording)))
        except IntegrityError:
            raise _taken(wording) from None
        return Template(before.id, wording, before.created_at, now)

    def remove(self, account_id: int, template_id: str, check: Callable[[Template], None]) -> None:
        """Take a template away; campaigns that were made of it stay. Raises NotFound, and what `check` raises."""
        with self.store.write("template") as connection:
            before = _find(connection, account_id, template_id, lock=True)
            check(before)
            connection.execute(delete(templates).where(templates.c.id == before.id))

    def _check(self, wording: Wording) -> None:
        faults = list(_faults(wording, self.longest))
        if faults:
            raise RequestRefused(faults[0].message, faults=faults)


def _faults(wording: Wording, longest: int) -> list[Fault]:
    faults = []
    if not wording.name.strip() or len(wording.name) > LONGEST_NAME:
        faults.append(Fault("name", "name_length", f"A name has 1 to {LONGEST_NAME} characters."))
    if not wording.text.strip():
        faults.append(Fault("text", "empty_body", "The text is empty; write what to say."))
    if len(wording.text) > longest:
        faults.append(Fault("text", "too_long", f"A text has at most {longest} characters; shorten it."))
    if wording.sender is not None and not 0 < len(wording.sender.strip()) <= LONGEST_SENDER:
        faults.append(Fault("sender", "sender_too_long", f"A sender has 1 to {LONGEST_SENDER} characters."))
    said = {"name": wording.name, "text": wording.text, "sender": wording.sender or ""}
    message = "There is a character that cannot be kept; leave it out."
    unfit = (Fault(name, "control_character", message) for name, value in said.items() if not is_storable(value))
    return [*faults, *unfit]


def _find(connection: Connection, account_id: int, template_id: str, *, lock: bool = False) -> Template:
    query = select(templates).where(templates.c.id == storable(template_id), templates.c.account_id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This account has no template of that id.")
    return _as_template(row)


def _require_room(connection: Connection, account_id: int) -> None:
    query = select(func.count()).select_from(templates).where(templates.c.account_id == account_id)
    if connection.execute(query).scalar_one() >= MOST_TEMPLATES:
        message = f"An account keeps at most {MOST_TEMPLATES} templates; take one away first."
        raise Conflict(message, code="too_many_templates")


def _taken(wording: Wording) -> Conflict:
    return Conflict(f"There is a template called {wording.name!r} already; choose another name.", code="name_taken")


def _columns(wording: Wording) -> dict[str, Any]:
    return {"name": wording.name, "text": wording.text, "purpose": wording.purpose, "sender": wording.sender}


def _as_template(row: AnyRow) -> Template:
    purpose = None if row.purpose is None else Purpose(row.purpose)
    return Template(row.id, Wording(row.name, row.text, purpose, row.sender), row.created_at, row.changed_at)
