"""A carrier for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from hub_smpp.testing import SmscThread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class CarrierMaker(Protocol):
    """Makes carriers that behave as told; each keeps its book in a folder of its own."""

    def __call__(self, name: str = "carrier", *, tls: tuple[Path, Path] | None = None, **values: object) -> SmscThread:
        """Make the one of that name; it runs until the test ends."""
        ...


@pytest.fixture
def make_carrier(tmp_path: Path) -> Iterator[CarrierMaker]:
    """Make carriers."""
    made: dict[str, SmscThread] = {}

    def maker(name: str = "carrier", *, tls: tuple[Path, Path] | None = None, **values: object) -> SmscThread:
        if name not in made:
            made[name] = SmscThread(tmp_path / name, values, tls=tls)
            made[name].__enter__()
        return made[name]

    yield maker
    for carrier in made.values():
        carrier.__exit__()
