"""`hub explain`: why a text costs what it costs, why a number is refused, why a text waits.

Each command answers its arguments; without any it reads JSON Lines on standard input, and answers a line for
a line with `--json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from hub.cli.shared import Session, json_option, moment_of, to_json, wants_json
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from datetime import datetime

Row = Mapping[str, Any]


@click.group()
def explain() -> None:
    """Why: of a text, a number, a sending window, an answer."""


@explain.command("text")
@click.argument("text", required=False)
@click.option("--smart", is_flag=True, help="Rewrite typographic marks first, as the hub does.")
@json_option
def explain_text_(text: str | None, smart: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Encoding, units, segments and the characters that make TEXT dear."""
    from hub.explain import explain_text

    def of(row: Row) -> dict[str, object]:
        return explain_text(_text_of(row, "text"), smart=bool(row.get("smart", smart)))

    _answer_all({"text": text, "smart": smart} if text is not None else None, "text", of)


@explain.command("number")
@click.argument("number", required=False)
@click.option("--region", default="FR", show_default=True, help="Country of numbers without a leading +.")
@json_option
def explain_number_(number: str | None, region: str) -> None:
    """E.164, region and type of NUMBER, or the reason why it cannot be texted."""
    from hub.explain import explain_number

    def of(row: Row) -> dict[str, object]:
        where = _word_of(row, "default_region") if "default_region" in row else region
        return explain_number(_text_of(row, "input"), where.upper() if where else None)

    _answer_all({"input": number} if number is not None else None, "input", of)


@explain.command("window")
@click.option("--country", default=None, help="Country of the recipient, as FR.")
@click.option("--subdivision", default=None, help="Part of it with holidays of its own, as 57 for Moselle.")
@click.option("--profile", default=None, help="Rules to look under, as FR-af2m-2026.")
@click.option("--timezone", default=None, help="The recipient's own zone, where the country has several.")
@click.option("--at", default=None, help="When, as 2026-12-24T21:00 or with an offset; now if not given.")
@json_option
@click.pass_obj
def explain_window_(
    session: Session,
    country: str | None,
    subdivision: str | None,
    profile: str | None,
    timezone: str | None,
    at: str | None,
) -> None:
    """Whether marketing may leave to a country at that moment, and when next."""
    from hub.compliance.explain import explain_window

    book = _book(session)

    def of(row: Row) -> dict[str, object]:
        return explain_window(
            book,
            country=_text_of(row, "policy"),
            at=_moment_of(row),
            subdivision=_word_of(row, "holiday_subdiv"),
            profile=_word_of(row, "profile"),
            timezone=_word_of(row, "timezone"),
        )

    asked = None
    if country is not None:
        asked = {"policy": country, "holiday_subdiv": subdivision, "profile": profile, "timezone": timezone, "at": at}
    _answer_all(asked, "policy", of)


@explain.command("inbound")
@click.argument("text", required=False)
@click.option("--country", default="FR", show_default=True, help="Country of the number that wrote it, as FR.")
@json_option
@click.pass_obj
def explain_inbound_(session: Session, text: str | None, country: str) -> None:
    """What TEXT from a phone asks for: an opt-out, who is behind the number, or nothing of the kind."""
    from hub.inbound.explain import explain_inbound

    book = _book(session)

    def of(row: Row) -> dict[str, object]:
        return explain_inbound(book, _text_of(row, "text"), (_word_of(row, "country") or country).upper())

    _answer_all({"text": text} if text is not None else None, "text", of)


def _answer_all(asked: Row | None, lead: str, of: Callable[[Row], dict[str, object]]) -> None:
    if asked is not None:
        found = of(asked)
        click.echo(to_json(found) if wants_json() else _lines(found))
        return
    if sys.stdin.isatty():
        raise click.UsageError("Give something to explain, or JSON Lines on standard input.")
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]  # standard input is a text file
    for line in sys.stdin:
        if line.strip():
            found = _guarded(line.rstrip("\r\n"), lead, of)
            click.echo(to_json(found) if wants_json() else _lines(found) + "\n")


def _guarded(line: str, lead: str, of: Callable[[Row], dict[str, object]]) -> dict[str, object]:
    row = _row(line, lead)
    try:
        return {**{key: value for key, value in row.items() if key in ("id", "input", "default_region")}, **of(row)}
    except RequestRefused as error:
        return {"error": str(error), "code": error.code}


def _row(line: str, lead: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {lead: line}
    if isinstance(row, dict):
        return row
    return {lead: row if isinstance(row, str) else line}


def _text_of(row: Row, key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise RequestRefused.because(key, "missing", f"Each line needs {key!r} with a text.")
    return value


def _word_of(row: Row, key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise RequestRefused.because(key, "type", f"{key!r} is a word in quotes, or null.")
    return value or None


def _moment_of(row: Row) -> datetime:
    from hub.clock import SystemClock

    said = row.get("at") or row.get("local") or row.get("utc")
    return SystemClock().now() if said is None else moment_of("at", str(said))


def _book(session: Session) -> Any:
    if session.config is None:
        from hub.compliance.policies import load_policies

        return load_policies()
    from hub.bootstrap import build

    return build(session.config).policies


def _lines(found: Mapping[str, object]) -> str:
    width = max(map(len, found), default=0)
    return "\n".join(f"{name:<{width}}  {_cell(value)}" for name, value in found.items())


def _cell(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else to_json(value)
