"""hub.ini as its author wrote it: each value with its line, each slip with a fault of its own."""

from __future__ import annotations

import io
import re
from configparser import ParsingError, RawConfigParser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from hub.config.schema import unquote
from hub.config.words import plain
from hub.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_BYTES = 1_000_000
"""More than this is no settings file."""


_HEADER = re.compile(r"\[\s*(?P<header>[^]\s][^]]*)\]\s*(?:$|[;#])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as someone wrote it; `where` is `hub.ini:12` or the name of a variable.

    `line` is None where the value does not stand in hub.ini.
    """

    section: str
    key: str
    value: str = field(repr=False)
    where: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class IniFile:
    """What a hub.ini says: where each section begins, its values, and what cannot be read."""

    headers: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_ini(path: Path) -> IniFile:
    """Read a file; whatever is wrong with it becomes faults, never an exception."""
    try:
        text = _text(path)
    except _Unreadable as unreadable:
        return IniFile(faults=(unreadable.fault,))
    return parse_ini(text, str(path))


def parse_ini(text: str, source: str) -> IniFile:
    """Read the text of a hub.ini; `source` is the file's name, for the faults.

    Names of sections and keys are read in small letters. Of a section or key that stands twice, the first
    counts and the second is a fault.
    """
    lines = _Lines(text)
    headers = _Headers(lines)
    parser = RawConfigParser(delimiters=("=",), default_section="")
    parser.SECTCRE = cast("re.Pattern[str]", headers)
    parser.optionxform = lines.tag  # type: ignore[method-assign, assignment] # as configparser's manual has it
    try:
        parser.read_file(lines, source)
        strays = []
    except ParsingError as error:
        strays = [line for line, _ in error.errors]
    return _collect(parser, source, sorted({*strays, *headers.strays}))


class _Unreadable(Exception):
    """The file gives no text; `fault` says why."""

    def __init__(self, where: str, message: str) -> None:
        self.fault = Fault(where, "unreadable_file", message)
        super().__init__(message)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Unreadable(str(path), "there is no such file; create it, or name another") from None
    except IsADirectoryError:
        raise _Unreadable(str(path), "this is a folder; name the file inside it") from None
    except PermissionError:
        raise _Unreadable(str(path), "the hub may not read it; give its user the right to") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise _Unreadable(plain(str(path)), f"it cannot be read ({why}); name another file") from None
    return _decoded(data, path)


def _decoded(data: bytes, path: Path) -> str:
    if len(data) > MAX_BYTES:
        raise _Unreadable(str(path), f"it is larger than {MAX_BYTES // 1000} kB; name a file of settings")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Unreadable(f"{path}:{line}", "this is not text in UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise _Unreadable(str(path), "this is a binary file; name a file of settings")
    return text


class _Lines:
    """The lines of a text, as handed out one by one; `number` is that of the last one."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text, newline=None)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.number += 1
            yield line

    def tag(self, name: str) -> str:
        """Put the line before a name, so that nothing stands twice for configparser, which keeps no lines."""
        return f"{self.number}\0{name.strip().lower()}"


class _Headers:
    """Stands in for configparser's pattern of a header, to tag each; `strays` are lines that fit nowhere."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._begun = False
        self.strays: list[int] = []

    def match(self, text: str) -> re.Match[str] | None:
        """Find a header; a line above the first header is a stray, and opens a section without a name."""
        found = _HEADER.match(text)
        if found is None and self._begun and not text.startswith("["):
            return None
        if found is None:
            self.strays.append(self._lines.number)
        self._begun = True
        return re.match(r"(?P<header>.*)", self._lines.tag(found["header"] if found else ""), re.DOTALL)


def _collect(parser: RawConfigParser, source: str, strays: list[int]) -> IniFile:
    headers: dict[str, str] = {}
    entries: dict[tuple[str, str], Entry] = {}
    faults = [_stray(f"{source}:{line}") for line in strays]
    for tag in parser.sections():
        line, _, section = tag.partition("\0")
        if not section:
            continue
        where = f"{source}:{line}"
        if headers.setdefault(section, where) != where:
            faults.append(_twice(where, f"[{plain(section)}]", headers[section]))
        for entry in _entries(parser, tag, section, source):
            first = entries.setdefault((section, entry.key), entry)
            if first is not entry:
                faults.append(_twice(entry.where, f"[{plain(section)}] {plain(entry.key)}", first.where))
    return IniFile(headers, tuple(entries.values()), tuple(faults))


def _entries(parser: RawConfigParser, tag: str, section: str, source: str) -> Iterator[Entry]:
    for tagged_key, value in parser.items(tag, raw=True):
        line, _, key = tagged_key.partition("\0")
        if key:
            yield Entry(section, key, unquote(value), f"{source}:{line}", int(line))


def _stray(where: str) -> Fault:
    message = "this is neither a [section] nor `key = value` below one; mend it, or begin it with ;"
    return Fault(where, "stray_line", message)


def _twice(where: str, what: str, first: str) -> Fault:
    return Fault(where, "written_twice", f"{what} stands here a second time, after {first}; keep one of the two")
