"""What the calls of every subject have in common: values read, pages turned, edits that overwrite nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from hub.client.problems import NoHub
from hub.client.values import read
from hub.client.wire import Wire  # noqa: TC001 - a dataclass reads the hints

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
MOST = 1000
"""As many items as a page can have."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls over one wire."""

    wire: Wire

    def _ask(self, kind: type[T], method: str, path: str, **wishes: Any) -> T:
        return self._read(kind, self.wire.json(method, path, **wishes))

    def _edit(self, kind: type[T], path: str, changes: dict[str, Any], method: str = "PATCH") -> T:
        """Look, then edit what was looked at. Raises Changed where somebody else was quicker."""
        tag = self.wire.call("GET", path).headers["ETag"]
        return self._ask(kind, method, path, body=changes, headers={"If-Match": tag})

    def _pages(self, kind: type[T], path: str, /, **query: Any) -> Iterator[T]:
        """What a list has, page after page; the next one is asked for when it is needed."""
        cursor: Any = None
        while True:
            page = self.wire.json("GET", path, query=said({**query, "cursor": cursor}))
            yield from self._items(kind, page)
            cursor = page.get("next")
            if cursor is None:
                return

    def _items(self, kind: type[T], page: dict[str, Any]) -> list[T]:
        if not isinstance(page.get("items"), list):
            raise NoHub(f"{self.wire.url} does not answer as a hub does: there are no items.")
        return [self._read(kind, one) for one in page["items"]]

    def _read(self, kind: type[T], content: Any) -> T:
        try:
            return read(kind, content)
        except (KeyError, TypeError, ValueError) as error:
            message = f"{self.wire.url} does not answer as a hub does: no {kind.__name__} ({error})."
            raise NoHub(message) from error


def said(given: dict[str, Any]) -> dict[str, Any]:
    """What is not None, with moments written out."""
    return {name: moment(value) for name, value in given.items() if value is not None}


def moment(value: Any) -> Any:
    """A date or time as ISO 8601; anything else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def part(value: str) -> str:
    """A value as one part of a path."""
    return quote(value, safe="")
