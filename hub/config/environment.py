"""HUB_<SECTION>_<KEY>: what the environment says, found by the sections and keys that exist.

`HUB_<SECTION>_<KEY>_FILE` names a file that holds the value, as Docker and Kubernetes hand out secrets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.config.ini import Entry
from hub.config.schema import unquote
from hub.config.words import did_you_mean, plain
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "HUB_"
MAX_FILE_BYTES = 65_536
_NOT_SETTINGS = re.compile(r"HUB_(CONFIG|FAILPOINT.*|TEST_.*)", re.DOTALL)
_OVERRIDE = re.compile(r"HUB_COMPLIANCE_([A-Z]{2})_([A-Z0-9_]+)")


def variable(section: str, key: str) -> str:
    """The variable that sets a key: `connector.ovh`, `password` -> `HUB_CONNECTOR_OVH_PASSWORD`."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", f"{section}_{key}".upper())


def hub_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are settings, or want to be."""
    return {
        name: value for name, value in environ.items() if name.startswith(PREFIX) and not _NOT_SETTINGS.fullmatch(name)
    }


@dataclass(frozen=True, slots=True)
class Places:
    """Where a variable can point.

    `keys` are the keys of each section; sections in `by_country` also take two-letter keys, those in `open`
    any key. Variables of the sections in `ignored` are passed over.
    """

    keys: Mapping[str, Collection[str]]
    by_country: Collection[str] = ()
    open: Collection[str] = ()
    ignored: Collection[str] = ()

    def exact(self) -> dict[str, tuple[str, str]]:
        """Each variable and what it sets; of two sections that share one, that with the longer name has it."""
        return {
            variable(section, key): (section, key)
            for section in sorted(self.keys, key=len)
            for key in self.keys[section]
        }

    def matching(self, name: str) -> tuple[str, str] | None:
        """What a variable sets that no table can list: a country's key, or any key of an open section."""
        for section in self.by_country:
            country = name.removeprefix(variable(section, ""))
            if re.fullmatch(r"[A-Z]{2}", country):
                return section, country.lower()
        if found := _OVERRIDE.fullmatch(name):
            return f"compliance.{found[1].lower()}", found[2].lower()
        if owner := self.owner(name, self.open):
            return owner, name.removeprefix(variable(owner, "")).lower()
        return None

    @staticmethod
    def owner(name: str, sections: Collection[str]) -> str | None:
        """The section with the longest name that a variable can belong to."""
        owners = [section for section in sections if name.startswith(variable(section, ""))]
        return max(owners, key=len, default=None)


@dataclass(frozen=True, slots=True)
class _Found:
    """A variable that sets something; `from_file` where its value is the name of a file."""

    name: str
    section: str
    key: str
    from_file: bool


def read_environment(environ: Mapping[str, str], places: Places) -> tuple[list[Entry], list[Fault]]:
    """What `hub_variables` set, and what is wrong with them."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    exact = places.exact()
    for name, value in sorted(environ.items()):
        found = _find(name, exact, places)
        if isinstance(found, Fault):
            faults.append(found)
        elif found is not None:
            _take(found, value, environ, entries, faults)
    return entries, faults


def _find(name: str, exact: Mapping[str, tuple[str, str]], places: Places) -> _Found | Fault | None:
    stem = name.removesuffix("_FILE")
    if place := exact.get(name):
        return _Found(name, *place, from_file=False)
    if stem != name and (place := exact.get(stem) or places.matching(stem)):
        return _Found(name, *place, from_file=True)
    if place := places.matching(name):
        return _Found(name, *place, from_file=False)
    if places.owner(name, places.ignored):
        return None
    hint = did_you_mean(name, exact) or "; unset it, or write HUB_<SECTION>_<KEY> with names from hub.ini"
    return Fault(plain(name), "unknown_variable", f"this is no setting of the hub{hint}")


def _take(found: _Found, value: str, environ: Mapping[str, str], entries: list[Entry], faults: list[Fault]) -> None:
    if not found.from_file:
        entries.append(Entry(found.section, found.key, unquote(value), found.name))
        return
    stem = found.name.removesuffix("_FILE")
    if stem in environ:
        faults.append(Fault(found.name, "set_twice", f"{stem} is set as well; unset one of the two"))
        return
    text = _file_text(found.name, value)
    if isinstance(text, Fault):
        faults.append(text)
    else:
        entries.append(Entry(found.section, found.key, text, found.name))


def _file_text(name: str, path: str) -> str | Fault:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) <= MAX_FILE_BYTES:
            return data.decode("utf-8-sig").rstrip("\r\n")
        why = f"it is larger than {MAX_FILE_BYTES} bytes"
    except UnicodeDecodeError:
        why = "it is not text in UTF-8"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
    message = f"the file '{plain(path)}' cannot be read ({why}); name a file that holds the value"
    return Fault(name, "unreadable_file", message)
