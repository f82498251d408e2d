"""Every failpoint there is, read from the source: a new one cannot be forgotten."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = ("hub", "plugins", "connectors")


def transactions() -> tuple[str, ...]:
    """The names of all write transactions, as in `store.write("claim")` and `Together(store, "accept")`."""
    alone = {name for name in _words("write") if name.isidentifier()}
    return tuple(sorted(alone | _words("Together", place=1)))


def edges() -> tuple[str, ...]:
    """The points that stand by themselves, as in `failpoint("submit.before_call")`."""
    return tuple(sorted(_words("failpoint")))


def all_points() -> tuple[str, ...]:
    """Each transaction's two points, then the edges."""
    return tuple(f"{name}.{when}" for name in transactions() for when in ("before_commit", "after_commit")) + edges()


def _words(function: str, *, place: int = 0) -> set[str]:
    """What is said at that place in every call of a function."""
    said = (call.args[place] for call in _calls() if _name_of(call.func) == function and len(call.args) > place)
    return {one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _calls() -> Iterator[ast.Call]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
