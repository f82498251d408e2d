"""What the documentation tells of the hub's inside is so: states, reasons, figures, events, decisions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from hub.messages.model import MessageState, ReceiptState
from hub.messages.rules import advance
from hub.sms.phone import REASONS
from hub.version import __version__
from hub.web.app import create_app
from hub_mail_to_sms.subject import read_subject
from hub_sandbox.behaviour import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.testing.hub import TestHub

ROOT = Path(__file__).parent.parent
_README = (ROOT / "README.md").read_text()
_GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
_RUNNING = (ROOT / "docs" / "operations.md").read_text()

ENGINE = """
    [*] > pending blocked held                         accept.py, guarding.py
    held > pending cancelled expired                   held.py, cancel.py
    pending > claimed cancelled                        claim.py, cancel.py
    claimed > pending submitting blocked expired cancelled    recheck.py, dispatch.py, sweep.py, cancel.py
    submitting > submitted rejected pending unknown    outcomes.py, sweep.py
    unknown > submitted rejected pending no_receipt    outcomes.py (a slow answer), sweep.py
    submitted > no_receipt                             sweep.py
    delivered > [*]
"""
"""The ways that no receipt makes, and the modules of hub/messages/ that make them."""


def _drawn() -> set[tuple[str, str]]:
    (diagram,) = re.findall(r"^```mermaid\n(stateDiagram.*?)^```$", _GLOSSARY, re.MULTILINE | re.DOTALL)
    return {(left, right) for left, right in re.findall(r"^\s*(\S+) --> ([\w\[\]*]+)", diagram, re.MULTILINE)}


def _made() -> Iterator[tuple[str, str]]:
    for state in MessageState:
        for receipt in ReceiptState:
            step = advance(state, receipt)
            if step is not None:
                yield state.value, step.state.value
    for line in ENGINE.strip().splitlines():
        left, _, rest = line.strip().partition(" > ")
        targets = re.split(r"\s{2,}", rest)[0].split()
        yield from ((left, target) for target in targets)


def test_the_drawing_of_states_is_what_the_engine_does() -> None:
    """Every way that is drawn exists, and every way that exists is drawn."""
    assert _drawn() == set(_made())


def test_every_state_is_drawn_and_explained() -> None:
    """In the diagram, and in the table below it."""
    states = {state.value for state in MessageState}
    rows = set(re.findall(r"^\| `(\w+)` \|", _GLOSSARY, re.MULTILINE))
    assert {end for way in _drawn() for end in way} - {"[*]"} == states
    assert states <= rows


def _part(page: str, heading: str) -> str:
    """A page from a heading to the next one of its rank."""
    return page.partition(f"{heading}\n")[2].partition("\n## ")[0]


def _first_cells(part: str) -> set[str]:
    """The words in backticks of a table's first column."""
    rows = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`(\w+)`", row)}


def _reason_codes() -> set[str]:
    return _first_cells(_part(_GLOSSARY, "## Why a message was blocked"))


def test_every_reason_of_the_glossary_is_given_somewhere() -> None:
    """As a word of its own in the source."""
    source = "".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    assert {code for code in _reason_codes() if f'"{code}"' not in source and not code.endswith("_")} == set()


def test_every_reason_that_blocks_is_in_the_glossary() -> None:
    """Those of numbers, of the law, and of the engine."""
    rooms = [*(ROOT / "hub" / "messages").glob("*.py"), *(ROOT / "hub" / "compliance").glob("*.py")]
    source = "".join(path.read_text() for path in rooms)
    given = (
        set(re.findall(r"(?:Violation\(|_refused\(\w+,|_refused\(\s*country,)\s*\"(\w+)\"", source)) | REASONS.keys()
    )
    assert {code for code in given if not code.startswith("sender_")} - _reason_codes() == set()


def test_every_figure_that_the_page_on_running_names_is_shown(make: Callable[..., TestHub]) -> None:
    """`/metrics` of a hub has them; and all it has is explained."""
    named = {
        name for row in re.findall(r"^\| (`hub_.*?) \|", _RUNNING, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    client = create_app(make().core).test_client()
    client.get("/health/live")
    shown = set(re.findall(r"^# TYPE (hub_\w+) ", client.get("/metrics").text, re.MULTILINE))
    shown = {name for name in shown if not name.endswith("_created")}
    assert named == shown


def test_every_event_that_the_page_on_running_names_is_logged() -> None:
    """As the first word of a line of the log, somewhere in the source."""
    section = _RUNNING.partition("## Logs")[2].partition("## Metrics")[0]
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    source = "".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    assert len(named) > 5
    assert {name for name in named if f'"{name}"' not in source} == set()


def test_the_changes_speak_of_this_version() -> None:
    """The first heading is the version in the code, and that of the metadata comes from there."""
    first = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (first, settings["tool"]["hatch"]["version"]["path"]) == (__version__, "hub/version.py")


def test_every_decision_has_the_three_parts_and_is_listed() -> None:
    """Context, decision, consequences; numbered without gaps."""
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    parts = ["Context", "Decision", "Consequences"]
    assert [page.name for page in pages if re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE) != parts] == []
    assert [page.name for page in pages if f"({page.name})" not in (folder / "README.md").read_text()] == []


def test_the_request_of_the_readme_is_accepted(hub: TestHub) -> None:
    """Its path and body, with a token that is valid."""
    (path, body) = re.findall(r"curl http://[\d.:]+(/\S+) .*?--json '(.*?)'$", _README, re.MULTILINE | re.DOTALL)[0]
    headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json"}
    answer = create_app(hub.core).test_client().post(path, data=body, headers=headers)
    assert (answer.status_code, answer.get_json()["accepted"]) == (201, 1)


def test_the_options_of_the_readme_are_understood() -> None:
    """Each line of its table, as a subject."""
    (table,) = re.findall(r"^\| option \| means \|\n(.*?)\n\n", _README, re.MULTILINE | re.DOTALL)
    options = re.findall(r"`(\[.*?\])`", table)
    assert len(options) == 4
    assert [option for option in options if read_subject(f"06 12 34 56 78 {option}").problems] == []


def test_the_numbers_of_the_readme_do_what_it_says() -> None:
    """The sandbox ends each as it is told."""
    assert {ending: NUMBERS[ending].meaning.partition(":")[0] for ending in re.findall(r"\b99\d\d\b", _README)} == {
        "9901": "undelivered",
        "9905": "rejected when it is handed over",
        "9908": "not taken, its answer lost; nothing tells",
    }
