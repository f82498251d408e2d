"""`hub explain`, on every vector there is, line for line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.hub.cli.conftest import CommandLine

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = {"text": "segments.json", "number": "phone_numbers.json", "window": "sending_windows.json"}
ASKED = {
    "text": ("id", "text", "smart"),
    "number": ("input", "default_region"),
    "window": ("policy", "holiday_subdiv", "timezone", "profile", "local", "utc"),
}
REMARKS = {"note", "group", "text", "smart", "source"}
"""Keys of a vector that explain it, or that are asked."""


def vectors(what: str) -> list[dict[str, Any]]:
    """What is asked, and what is to be answered."""
    content = json.loads((VECTORS / FILES[what]).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["vectors"]
    return found


def lines(rows: list[Mapping[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def answers(cli: CommandLine, what: str, stdin: str | bytes, *words: str) -> list[dict[str, Any]]:
    """What is answered to lines on standard input."""
    result = cli("explain", what, "--json", *words, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("what", FILES)
def test_every_vector_is_answered_as_it_says(cli: CommandLine, what: str) -> None:
    """A line for a line, in their order."""
    wanted = vectors(what)
    asked = [{key: row[key] for key in ASKED[what] if key in row} for row in wanted]
    found = answers(cli, what, lines([*asked]))
    assert len(found) == len(wanted)
    differences = [
        (row, {key: answer.get(key, "nothing") for key in row})
        for row, answer in zip(wanted, found, strict=True)
        if any(answer.get(key, "nothing") != row[key] for key in row.keys() - REMARKS)
    ]
    assert differences == []


def test_there_is_something_to_compare() -> None:
    """Vectors that are lost would let every test pass."""
    assert [len(vectors(what)) > 20 for what in FILES] == [True, True, True]


@pytest.mark.parametrize(
    ("what", "words", "said"),
    [
        ("text", ("été",), {"encoding": "GSM-7", "units": 3, "segments": 1}),
        ("text", ("n\u2019est", "--smart"), {"encoding": "GSM-7", "smart_text": "n'est"}),
        ("text", ("",), {"segments": 1, "units": 0}),
        ("number", ("0612345678",), {"ok": True, "e164": "+33612345678", "region": "FR", "type": "MOBILE"}),
        ("number", ("0470123456", "--region", "be"), {"ok": True, "e164": "+32470123456"}),
        ("number", ("12",), {"ok": False}),
        ("window", ("--country", "FR", "--at", "2026-12-25T10:00"), {"open": False, "timezone": "Europe/Paris"}),
        ("window", ("--country", "FR", "--at", "2026-12-24T09:00:00+00:00"), {"open": True}),
        ("window", ("--country", "FR", "--subdivision", "57", "--at", "2026-12-26T10:00"), {"open": False}),
    ],
)
def test_an_argument_is_answered_for_programs_and_for_people(
    cli: CommandLine, what: str, words: tuple[str, ...], said: dict[str, object]
) -> None:
    """The same keys, as JSON or one a line."""
    answer = cli.json("explain", what, *words)
    assert {key: answer[key] for key in said} == said
    shown = cli("explain", what, *words).stdout
    assert [line.split("  ")[0].strip() for line in shown.splitlines()] == list(answer)


def test_the_window_of_now_is_the_default(cli: CommandLine) -> None:
    """Without a time."""
    assert cli.json("explain", "window", "--country", "BE")["policy"] == "BE"


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("stdin", ["", "\n\n", "  \n"])
def test_nothing_to_explain_is_no_answer(cli: CommandLine, what: str, stdin: str) -> None:
    """And no error."""
    assert answers(cli, what, stdin) == []


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("0612345678", "+33612345678"),
        ("33612345678", "+33612345678"),
        ('"06 12 34 56 78"', "+33612345678"),
        ("06 12 34 56 78\r", "+33612345678"),
        ("{not json", None),
        ("[1, 2]", None),
        ("null", None),
        ("true", None),
        ("NaN", None),
        ("[" * 100_000, None),
        ("9" * 10_000, None),
    ],
)
def test_a_line_that_is_no_json_object_is_taken_as_it_stands(cli: CommandLine, line: str, number: str | None) -> None:
    """A column of numbers out of a spreadsheet will do."""
    (answer,) = answers(cli, "number", f"{line}\n")
    assert (answer["ok"], answer.get("e164")) == (number is not None, number)


def test_a_text_that_is_no_json_is_counted_as_it_stands(cli: CommandLine) -> None:
    """Spaces at its ends count, the end of the line does not."""
    assert [answer["units"] for answer in answers(cli, "text", " a b \nc\r\n")] == [5, 1]


def test_bytes_that_are_no_text_are_answered_too(cli: CommandLine) -> None:
    """Each as the character that stands for what cannot be read."""
    (answer,) = answers(cli, "text", b"caf\xe9\n")
    assert (answer["encoding"], answer["offending"]) == ("UCS-2", ["\ufffd"])


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("row", ['{"text": 5, "input": 5, "policy": 5}', "{}", '{"text": null}'])
def test_a_line_without_what_is_asked_is_told_so_and_the_next_is_answered(
    cli: CommandLine, what: str, row: str
) -> None:
    """One bad line does not end the others."""
    good = {"text": '{"text": "a"}', "number": '{"input": "0612345678"}', "window": '{"policy": "FR"}'}[what]
    bad, answered = answers(cli, what, f"{row}\n{good}\n")
    assert (bad["code"], "error" in answered) == ("missing", False)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"policy": "XX"}, "not_found"),
        ({"policy": "FR", "profile": "nothing"}, "not_found"),
        ({"policy": "FR", "timezone": "Mars/Base"}, "unknown_zone"),
        ({"policy": "FR", "timezone": 5}, "type"),
        ({"policy": "FR", "holiday_subdiv": 57}, "type"),
        ({"policy": "FR", "at": "yesterday"}, "schedule_form"),
        ({"policy": "FR", "at": 5}, "schedule_form"),
        ({"policy": "FR", "at": "0001-01-01"}, "schedule_year"),
        ({"policy": "FR", "at": "9999-12-31T23:59"}, "schedule_year"),
    ],
)
def test_a_window_that_cannot_be_told_is_a_coded_error(cli: CommandLine, row: dict[str, object], code: str) -> None:
    """On its line."""
    (answer,) = answers(cli, "window", lines([row]))
    assert answer["code"] == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--country", "XX"), "not_found"),
        (("--country", "FR", "--at", "soon"), "schedule_form"),
        (("--country", "FR", "--at", "9999-01-01"), "schedule_year"),
    ],
)
def test_an_argument_that_cannot_be_told_is_a_refusal(cli: CommandLine, words: tuple[str, ...], code: str) -> None:
    """With exit code 1."""
    assert cli.refused("explain", "window", *words)[0] == code


@pytest.mark.parametrize("region", ["ZZ", "", "France"])
def test_a_region_that_is_none_asks_for_the_country(cli: CommandLine, region: str) -> None:
    """As where none is given."""
    (answer,) = answers(cli, "number", lines([{"input": "0612345678", "default_region": region}]))
    assert (answer["ok"], answer["reason"]) == (False, "country_needed")


def test_half_a_character_is_answered_in_both_forms(cli: CommandLine) -> None:
    """Escaped, since no terminal can show it."""
    half = "\ud83d"
    assert cli.json("explain", "text", half)["parts"] == [half]
    assert cli("explain", "text", half).exit_code == 0


def test_the_profile_of_hub_ini_holds(cli: CommandLine) -> None:
    """Where a hub.ini is given, its rules are asked."""
    ini = cli.ini("[compliance.FR]\nend = 12:00\n")
    asked = ("explain", "window", "--country", "FR", "--at", "2026-11-24T15:00")
    assert [cli.json(*words, *asked)["open"] for words in ((), ("--config", str(ini)))] == [True, False]
