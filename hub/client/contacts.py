"""Contact lists, and segments of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING, Any

from hub.client.calls import MOST, Calls, part, said
from hub.client.values import Brought, Contact, ContactList, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Segment:
    """Who of a list is meant, by the rule that the API takes: `{"field": "ville", "op": "is", "value": "Lyon"}`."""

    id: int
    list_id: int
    name: str
    rule: dict[str, Any]
    created_at: datetime


class Lists(Calls):
    """Contact lists and who is on them."""

    def all(self) -> Iterator[ContactList]:
        """The account's lists."""
        return self._pages(ContactList, "/lists")

    def create(self, name: str) -> ContactList:
        """Make an empty list."""
        return self._ask(ContactList, "POST", "/lists", body={"name": name})

    def get(self, list_id: int) -> ContactList:
        """Look at a list."""
        return self._ask(ContactList, "GET", f"/lists/{list_id}")

    def rename(self, list_id: int, name: str) -> ContactList:
        """Call it something else. Raises Changed where it was changed meanwhile."""
        return self._edit(ContactList, f"/lists/{list_id}", {"name": name})

    def contact(self, list_id: int, number: str) -> Contact:
        """Look at one person on it."""
        return self._ask(Contact, "GET", f"/lists/{list_id}/contacts/{part(number)}")

    def delete(self, list_id: int) -> None:
        """Take it away, with its contacts."""
        self.wire.call("DELETE", f"/lists/{list_id}")

    def contacts(self, list_id: int) -> Iterator[Contact]:
        """Who is on it, in the order of their numbers."""
        return self._pages(Contact, f"/lists/{list_id}/contacts", limit=MOST)

    def bring(self, list_id: int, people: Iterable[Person]) -> Brought:
        """Put people on it, a thousand at most; who is on it already is not doubled."""
        given = [said(asdict(one)) for one in people]
        return self._ask(Brought, "POST", f"/lists/{list_id}/contacts", body={"contacts": given}, again=True)

    def remove(self, list_id: int, numbers: Iterable[str]) -> int:
        """Take numbers off it; how many there were."""
        content = self.wire.json("POST", f"/lists/{list_id}/remove", body={"numbers": list(numbers)})
        return int(content["removed"])


class Segments(Calls):
    """Rules that say who of a list is meant."""

    def all(self) -> Iterator[Segment]:
        """The account's segments, the oldest first."""
        return self._pages(Segment, "/segments", limit=MOST)

    def create(self, list_id: int, name: str, rule: dict[str, Any]) -> Segment:
        """Save a rule for a list."""
        return self._ask(Segment, "POST", "/segments", body={"list_id": list_id, "name": name, "rule": rule})

    def get(self, segment_id: int) -> Segment:
        """Look at a segment."""
        return self._ask(Segment, "GET", f"/segments/{segment_id}")

    def delete(self, segment_id: int) -> None:
        """Forget the rule; the list stays as it is."""
        self.wire.call("DELETE", f"/segments/{segment_id}")

    def count(self, segment_id: int) -> int:
        """How many contacts it means now."""
        return int(self.wire.json("GET", f"/segments/{segment_id}/count")["count"])

    def count_rule(self, list_id: int, rule: dict[str, Any]) -> int:
        """How many contacts a rule means, before it is saved."""
        body = {"list_id": list_id, "rule": rule}
        return int(self.wire.json("POST", "/segments/count", body=body, again=True)["count"])

    def contacts(self, segment_id: int) -> Iterator[Contact]:
        """Who is meant, in the order of their numbers."""
        return self._pages(Contact, f"/segments/{segment_id}/contacts", limit=MOST)
