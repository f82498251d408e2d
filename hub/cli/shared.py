"""What all commands share: the hub they work on, and how they answer."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from hub.errors import ConfigError, HubError, RequestRefused

if TYPE_CHECKING:
    from pathlib import Path

    from hub.accounts.model import Account
    from hub.bootstrap import Core

P = ParamSpec("P")
R = TypeVar("R")

WRONG_SETUP = 2
REFUSED = 1
_JSON = "hub.json"
_NO_TERMINAL = 10_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


@dataclasses.dataclass
class Session:
    """One call of the command line: which hub.ini, and what plugins add to the commands."""

    config: Path | None = None
    plugin_commands: dict[str, click.Command] | None = None
    brought_by: dict[str, str] = dataclasses.field(default_factory=dict)

    def disabled_plugins(self) -> tuple[str, ...]:
        """The plugins that hub.ini switches off; without one, `--help` need not know how it is read."""
        if self.config is None and not any(name.startswith("HUB_PLUGINS_") for name in os.environ):
            return ()
        from hub.config.load import read_sources

        return read_sources(self.config, os.environ).disabled_plugins

    @contextmanager
    def core(self, *, ready: bool = True) -> Iterator[Core]:
        """The hub of this hub.ini, its database up to date; everything is let go at the end."""
        from hub.diagnosis import build_or_say_why
        from hub.observe import configure_logging

        core = build_or_say_why(self.config)
        configure_logging(core.settings.hub.log_level, core.settings.hub.log_format)
        try:
            if ready and core.store.is_sqlite:
                core.upgrade()
            elif ready:
                core.require_schema()
            yield core
        finally:
            core.close()


account_option = click.option(
    "--account", "account_name", default=None, help="Whose; not needed when there is one account."
)
"""Names an account, for `choose_account`."""


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command `--json`: its answer as JSON on standard output, and errors too."""

    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        click.get_current_context().meta[_JSON] = kwargs.pop("as_json", False)
        return command(*args, **kwargs)

    return wrapped


def wants_json(ctx: click.Context | None = None) -> bool:
    """Whether the command was called with `--json`."""
    return bool((ctx or click.get_current_context()).meta.get(_JSON))


def answer(value: object, text: str | None = None) -> None:
    """Print a command's answer: as JSON when asked for, else the text."""
    if wants_json():
        click.echo(to_json(value))
    elif text is not None:
        click.echo(text)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table for people; as wide as it gets where it does not go to a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=title, title_justify="left")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else _NO_TERMINAL).print(grid)


def report(error: HubError, *, as_json: bool = False) -> int:
    """Say what went wrong; the exit code that goes with it."""
    faults = error.faults if isinstance(error, (ConfigError, RequestRefused)) else ()
    if as_json:
        code = error.code if isinstance(error, RequestRefused) else type(error).__name__
        click.echo(to_json({"error": {"code": code, "message": str(error), "faults": faults}}))
    elif faults:
        for fault in faults:
            click.echo(f"{fault.field}: {fault.message}", err=True)
    else:
        click.echo(str(error), err=True)
    return WRONG_SETUP if isinstance(error, ConfigError) else REFUSED


def to_json(value: object) -> str:
    """Values of the hub as JSON, readable; escaped where a text holds half of a character."""
    readable = json.dumps(_plain(value), ensure_ascii=False, default=str)
    try:
        readable.encode()
    except UnicodeEncodeError:
        return json.dumps(_plain(value), default=str)
    return readable


def choose_account(core: Core, name: str | None) -> Account:
    """The account a command works for: the one named, or the only one there is."""
    if name is not None:
        return core.accounts.find(name)
    every = core.accounts.all()
    if len(every) == 1:
        return every[0][0]
    if not every:
        raise RequestRefused.because("--account", "none", "There is no account yet; `hub account create` makes one.")
    raise RequestRefused.because("--account", "which", "There are several accounts; say which one with --account NAME.")


def moment_of(field: str, said: str) -> datetime:
    """A time as people write it, aware or on the wall clock. Raises RequestRefused, naming `field`."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        message = f"{said!r} is no time; write 2027-01-04T09:30."
        raise RequestRefused.because(field, "schedule_form", message) from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        message = f"{said!r} is too far away; write a year from {_FIRST_YEAR} to {_LAST_YEAR}."
        raise RequestRefused.because(field, "schedule_year", message)
    return moment


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
