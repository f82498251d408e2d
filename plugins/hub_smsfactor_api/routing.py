"""Which endpoint a request means: by its method and its path, in which doubled slashes and capitals do not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from hub_smsfactor_api.node import EMPTY, Node
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub import Account, Hub, Scope
    from hub.plugin_kit import Guest
    from hub_smsfactor_api.rendering import Paper, Reply

    View: TypeAlias = "Callable[[Asked], Reply | Paper]"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read: on which hub, by whom, with which ids in its path, what its query and its body say."""

    hub: Hub
    guest: Guest
    ids: tuple[str, ...] = ()
    query: Node = EMPTY
    body: Node = EMPTY

    @property
    def account(self) -> Account:
        """Whose request it is."""
        return self.guest.account

    @property
    def wishes(self) -> Node:
        """Where parameters of a GET stand: in its query, or in the body that some clients send with it."""
        return self.query if self.query.parts else self.body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A call: `:name` in its path stands for an id. `scope` is what a caller needs, `owners` that it must own."""

    method: str
    path: str
    scope: Scope
    view: View
    owners: bool = False

    @property
    def pieces(self) -> tuple[str, ...]:
        """The path, piece by piece."""
        return pieces_of(self.path)

    def ids(self, pieces: Sequence[str]) -> tuple[str, ...] | None:
        """The ids in a path that is this one's; None for another path."""
        mine = self.pieces
        if len(mine) != len(pieces):
            return None
        pairs = list(zip(mine, pieces, strict=True))
        if any(not want.startswith(":") and want != got.lower() for want, got in pairs):
            return None
        return tuple(got for want, got in pairs if want.startswith(":"))


def pieces_of(path: str) -> tuple[str, ...]:
    """A path without its slashes, however many."""
    return tuple(piece for piece in path.split("/") if piece)


def find(endpoints: Sequence[Endpoint], method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    """The endpoint of a request and the ids in its path; raises Refused (-5) where there is none.

    A path that is spelt out wins over one with an id in it.
    """
    pieces = pieces_of(unquote(path))
    fitting = [(one, ids) for one in endpoints if (ids := one.ids(pieces)) is not None]
    fitting.sort(key=lambda found: len(found[1]))
    least = len(fitting[0][1]) if fitting else 0
    for one, ids in fitting:
        if one.method == method and len(ids) == least:
            return one, ids
    if not fitting:
        raise Refused(Status.NOT_FOUND, "There is nothing at this address.")
    methods = ", ".join(sorted({one.method for one, ids in fitting if len(ids) == least}))
    raise Refused(Status.NOT_FOUND, f"This address does not take {method}; it takes {methods}.")
