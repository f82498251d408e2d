"""Texts under a name, and texts to one's own phone before others get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING

from hub.client.calls import MOST, Calls, part, said
from hub.client.values import Message

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Template:
    """A text under a name; `fields` are what its recipients are to bring."""

    id: str
    name: str
    text: str
    purpose: str | None
    sender: str | None
    fields: tuple[str, ...]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """A template as it would leave; `missing` fields stay empty, for `offending` characters it goes as UCS-2."""

    text: str
    characters: int
    encoding: str
    segments: int
    missing: tuple[str, ...]
    offending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestNumber:
    """Where test texts go; `asked` is a number that was sent a code, which holds `until`."""

    __test__ = False  # pytest takes it for tests otherwise

    number: str | None
    verified_at: datetime | None
    asked: str | None
    until: datetime | None


class Templates(Calls):
    """The account's templates."""

    def all(self) -> Iterator[Template]:
        """All of them, in the order in which they were made."""
        return self._pages(Template, "/templates", limit=MOST)

    def create(self, name: str, text: str, *, purpose: str | None = None, sender: str | None = None) -> Template:
        """Keep a text under a name."""
        body = said({"name": name, "text": text, "purpose": purpose, "sender": sender})
        return self._ask(Template, "POST", "/templates", body=body)

    def get(self, template: str) -> Template:
        """Look at a template."""
        return self._ask(Template, "GET", f"/templates/{part(template)}")

    def change(self, template: str, **changes: str | None) -> Template:
        """Change its name, text, purpose or sender; None forgets a purpose or sender.

        Raises Changed where it was changed meanwhile.
        """
        return self._edit(Template, f"/templates/{part(template)}", dict(changes))

    def delete(self, template: str) -> None:
        """Take it away; campaigns that were made of it stay."""
        self.wire.call("DELETE", f"/templates/{part(template)}")

    def preview(self, template: str, **fields: str) -> Preview:
        """Show it with its fields filled; nothing is sent."""
        return self._ask(Preview, "POST", f"/templates/{part(template)}/preview", body={"fields": fields}, again=True)


class Trials(Calls):
    """Test texts, to the account's own number."""

    def number(self) -> TestNumber:
        """Where they go."""
        return self._ask(TestNumber, "GET", "/account/test-number")

    def ask(self, number: str) -> TestNumber:
        """Name a number: it is sent a code of six digits."""
        return self._ask(TestNumber, "POST", "/account/test-number", body={"number": number})

    def confirm(self, code: str) -> TestNumber:
        """Confirm the number by its code."""
        return self._ask(TestNumber, "POST", "/account/test-number/confirm", body={"code": code})

    def send(
        self,
        text: str | None = None,
        *,
        template: str | None = None,
        purpose: str | None = None,
        sender: str | None = None,
    ) -> Message:
        """Send a text or a template there, at once and free of charge."""
        body = said({"text": text, "template": template, "purpose": purpose, "sender": sender})
        return self._ask(Message, "POST", "/campaigns/test", body=body)
