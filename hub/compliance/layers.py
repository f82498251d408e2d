"""How a row comes to its words: what it extends, the profile chosen for it, hub.ini, and its own.

Later layers win, key by key. For RE, whose parent FR-overseas extends FR, the order is: FR, the profile
chosen for FR, `[compliance.FR]`, FR-overseas, RE's own words, `[compliance.RE]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.config.words import did_you_mean
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

Words = Mapping[str, object]
Path = tuple[str, ...]

OWN_WORDS = frozenset({"name", "calling_code"})
"""What a row says for itself only: one that forgets them must not pass for its parent."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says of a row. `where` is the place; `names` are its own names for some paths."""

    where: str
    words: Words
    names: Mapping[Path, str] = field(default_factory=dict)

    def says(self, path: Path) -> bool:
        """Whether this place is where the value at `path` (a table, or a key in it) comes from."""
        if path[0] not in self.words:
            return False
        table = self.words[path[0]]
        return len(path) == 1 or not isinstance(table, Mapping) or path[1] in table

    def field_of(self, path: Path) -> str:
        """How a fault names the value at `path`."""
        return f"{self.where}.{self.names.get(path) or '.'.join(path)}"


@dataclass(frozen=True, slots=True)
class Rows:
    """The countries and profiles of the table, and what hub.ini adds to them.

    `lines` holds each sound row's line of descent, the oldest first and the row itself last.
    """

    countries: Mapping[str, Words]
    profiles: Mapping[str, Words]
    lines: Mapping[str, tuple[str, ...]]
    overrides: Mapping[str, Layer]

    @property
    def sound_countries(self) -> tuple[str, ...]:
        """The countries whose line is known."""
        return tuple(region for region in self.countries if region in self.lines)

    def bases(self) -> dict[str, str]:
        """The country whose words each profile changes, by profile."""
        return {name: self._base(name) for name in self.profiles if name in self.lines}

    def choices(self) -> list[tuple[str, str]]:
        """Every (country, profile) where the profile changes that country, or one that it extends."""
        bases = self.bases().items()
        return [(region, name) for region in self.sound_countries for name, base in bases if base in self.lines[region]]

    def in_force(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """The profile that each country follows, its own choice before its parent's."""
        found = {}
        for region in self.sound_countries:
            for name in self.lines[region]:
                if name in chosen:
                    found[region] = chosen[name]
        return found

    def layers(self, region: str, chosen: Mapping[str, str]) -> tuple[Layer, ...]:
        """Everything that is said of a country, the strongest last. `chosen` is profile by country."""
        return tuple(self._layers(region, chosen))

    def _layers(self, region: str, chosen: Mapping[str, str]) -> Iterator[Layer]:
        line = self.lines[region]
        profiles = [chosen[name] for name in line if name in chosen]
        for name in line:
            yield self._own(name, inherited=name != region)
            for profile in profiles:
                if self._base(profile) == name:
                    yield from self._words_of(profile)
            if name in self.overrides:
                yield self.overrides[name]

    def _words_of(self, profile: str) -> Iterator[Layer]:
        line = self.lines[profile]
        for name in line[line.index(self._base(profile)) + 1 :]:
            yield self._own(name, inherited=False)

    def _base(self, profile: str) -> str:
        return next(name for name in reversed(self.lines[profile]) if name in self.countries)

    def _own(self, name: str, *, inherited: bool) -> Layer:
        left_out = OWN_WORDS | {"extends"} if inherited else {"extends"}
        words = self.countries[name] if name in self.countries else self.profiles[name]
        return Layer(place(name, self.countries), {key: words[key] for key in words if key not in left_out})


def place(name: str, countries: Mapping[str, Words]) -> str:
    """Where a row stands in the table."""
    return f"country.{name}" if name in countries else f"profile.{name}"


def merged(layers: tuple[Layer, ...]) -> dict[str, object]:
    """One row out of all its layers; tables are completed key by key."""
    row: dict[str, object] = {}
    for layer in layers:
        for key, value in layer.words.items():
            below = row.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                row[key] = {**below, **value}
            else:
                row[key] = value
    return row


def descent(
    countries: Mapping[str, Words], profiles: Mapping[str, Words]
) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    """The line of every sound row, and what is wrong with the `extends` of the others."""
    rows = {**countries, **profiles}
    lines: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    for name in rows:
        line, problem = _climb(rows, name)
        if problem is None and line[0] not in countries:
            problem = ("extends_nothing", "a profile changes a country: write which one it extends")
        if problem is None:
            lines[name] = line
        else:
            faults.append(Fault(f"{place(line[0], countries)}.extends", *problem))
    return lines, faults


def _climb(rows: Mapping[str, Words], name: str) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    line: tuple[str, ...] = (name,)
    while (parent := rows[line[0]].get("extends")) is not None:
        if not isinstance(parent, str) or parent not in rows:
            near = did_you_mean(str(parent), rows)
            return line, (
                "unknown_row",
                f"there is no row {parent!r}{near}; write a country's code or a profile's name",
            )
        if parent in line:
            loop = " -> ".join((*reversed(line), parent))
            return line, ("extends_loops", f"the rows extend each other in a loop ({loop}): break it")
        line = (parent, *line)
    return line, None
