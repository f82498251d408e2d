"""What the documentation points at is there: links, commands, targets, keys, variables, excerpts."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from hub.cli import hub as command_line
from hub.cli.shared import Session
from hub.config.load import load, read_sources
from hub.errors import ConfigError
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests" / "sample_plugin").glob("*.md")])
SHIPPED = sorted(
    path
    for path in [
        *PAGES,
        *(path for top in ("hub", "plugins", "connectors", "docker", "benchmarks") for path in (ROOT / top).rglob("*")),
        *(path for name in ("Makefile", "pyproject.toml", "hub.ini", ".ci/run", "LICENSE") for path in [ROOT / name]),
        *(ROOT / "requirements").iterdir(),
    ]
    if path.is_file() and "__pycache__" not in path.parts
)


@dataclass(frozen=True)
class Block:
    """A fenced piece of a page: its language, its text, and the file it was taken from, if it says so."""

    page: Path
    language: str
    text: str
    source: str


_FENCE = re.compile(
    r"(?:^<!-- from (?P<source>\S+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@cache
def blocks() -> tuple[Block, ...]:
    """Every fenced piece of every page."""
    return tuple(
        Block(page, found["language"], found["text"], found["source"] or "")
        for page in PAGES
        for found in _FENCE.finditer(page.read_text())
    )


def prose(page: Path) -> str:
    """A page without its fenced pieces."""
    return _FENCE.sub("", page.read_text())


def code_in(page: Path) -> list[str]:
    """What stands between single backticks."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose(page))]


def shown_at(page: Path) -> str:
    """A page's name for a test."""
    return page.relative_to(ROOT).as_posix()


@cache
def plugins() -> Plugins:
    """The installed plugins."""
    return Plugins.load(quiet=True)


def faults_of(ini: Path | None, environ: dict[str, str]) -> list[tuple[str, str]]:
    """What the hub finds wrong with a hub.ini and variables: where, and which rule."""
    connectors = {name: kind.settings for name, kind in plugins().registry.connectors.items()}
    try:
        load(read_sources(ini, environ), plugin_sections=plugins().sections(), connector_types=connectors)
    except ConfigError as error:
        return [(fault.field, fault.code) for fault in error.faults]
    return []


# --- links ---


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown_at)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files are there, and so are the headings that a link names; nothing leads out of the project."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, heading = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (heading and heading not in _anchors(aim)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """A page that nothing leads to is read by nobody."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        aims = ((page.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", prose(page)))
        waiting += [aim for aim in aims if aim.suffix == ".md" and aim not in seen]
    own = {page for page in PAGES if "sample_plugin" not in page.parts}
    assert own - seen == set()


# --- commands ---


def _calls_in(page: Path) -> Iterator[str]:
    lines = [line for block in blocks() if block.page == page and block.language == "sh" for line in _lines(block)]
    lines += [f"hub {words}" for block in blocks() if block.page == page for words in _started_by(block)]
    yield from (call for line in [*lines, *code_in(page)] if (call := _call_in(line)))


def _lines(block: Block) -> list[str]:
    return re.sub(r"\\\n\s*", " ", block.text).splitlines()


def _started_by(block: Block) -> list[str]:
    return re.findall(r"^ExecStart=\S+/hub (.*)$", block.text, re.MULTILINE) if block.language == "systemd" else []


def _call_in(line: str) -> str | None:
    found = re.match(r"(?:(?:\.venv/bin/|/opt/textohub/\.venv/bin/)?hub)((?: .*)?)$", line.strip())
    return found[1].strip() if found and found[1].strip() else None


def _parse(words: list[str]) -> None:
    """Parse a command line as `hub` does, and run nothing; a group alone, or with its own options, counts."""
    if words[0] == "--config":
        words = words[2:]
    if words in (["--version"], ["--help"]):
        return
    context = click.Context(command_line, obj=Session())
    command, rest = command_line.get_command(context, words[0]), words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        _, command, rest = command.resolve_command(click.Context(command, parent=context), rest)
    if command is None:
        raise click.UsageError(f"there is no command {words[0]!r}")
    if rest or not isinstance(command, click.Group):
        with_anything = bool(rest)
        try:
            command.make_context(words[0], rest, parent=context)
        except click.MissingParameter:
            if with_anything:
                raise


CALLS = sorted({(shown_at(page), call) for page in PAGES for call in _calls_in(page)})


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_every_command_of_the_documentation_exists(page: str, call: str) -> None:
    """With the options that are shown; a command's bare name may stand for the whole."""
    try:
        _parse(shlex.split(call, comments=True))
    except click.UsageError as error:
        pytest.fail(f"{page}: `hub {call}`: {error.format_message()}")


def test_the_documentation_names_the_commands_that_users_need() -> None:
    """A check on the reader above: were it to find nothing, nothing would be wrong."""
    named = {call.split()[0] for _, call in CALLS}
    assert named >= {"serve", "check", "send", "messages", "account", "mail", "db", "web", "worker", "scheduler"}


@pytest.mark.parametrize("page", PAGES, ids=shown_at)
def test_every_make_target_exists(page: Path) -> None:
    """In prose and in shell examples."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shell = [line for block in blocks() if block.page == page and block.language == "sh" for line in _lines(block)]
    named = {found[1] for line in [*shell, *code_in(page)] if (found := re.match(r"make ([a-z]+)\b", line.strip()))}
    assert named - targets == set()


def test_the_readme_names_the_two_commands() -> None:
    """Continuous integration runs the second one."""
    assert {"make demo", "make test"} <= set(code_in(ROOT / "README.md"))
    assert "make test" in (ROOT / ".ci" / "run").read_text()


# --- settings ---


@pytest.mark.parametrize(
    "block", [b for b in blocks() if b.language == "ini"], ids=lambda block: f"{shown_at(block.page)}"
)
def test_every_hub_ini_of_the_documentation_is_one(block: Block, tmp_path: Path) -> None:
    """The hub reads it without a fault."""
    ini = tmp_path / "hub.ini"
    ini.write_text(block.text)
    assert faults_of(ini, {}) == []


def test_the_hub_ini_of_the_project_is_one() -> None:
    """It changes nothing, and names every key."""
    assert faults_of(ROOT / "hub.ini", {}) == []


@pytest.mark.parametrize("page", PAGES, ids=shown_at)
def test_every_key_that_a_page_names_exists(page: Path, tmp_path: Path) -> None:
    """As in `[web] port`."""
    named = {found.groups() for code in code_in(page) if (found := re.match(r"\[(\w+)\] (\w+)", code))}
    unknown = []
    for section, key in sorted(named - EXAMPLES):
        ini = tmp_path / "hub.ini"
        ini.write_text(f"[{section}]\n{key} = \n")
        if {code for _, code in faults_of(ini, {})} & {"unknown_key", "unknown_section"}:
            unknown.append(f"[{section}] {key}")
    assert unknown == []


EXAMPLES = {("practice", "phone")}
"""Keys that an example of docs/hooks.md brings."""


@pytest.mark.parametrize("page", PAGES, ids=shown_at)
def test_every_variable_that_a_page_names_exists(page: Path, tmp_path: Path) -> None:
    """Those of the environment that set a key, or read it from a file; the sample plugin's too."""
    names = {found for found in re.findall(r"\bHUB_[A-Z0-9_]+\b", page.read_text()) if not found.endswith("_")}
    names -= {"HUB_CONNECTOR_ACME_PASSWORD_FILE"}  # of a connector that the page itself names
    names -= {"HUB_CONFIG", "HUB_TEST_DATABASE_URL", "HUB_PRACTICE_PHONE", "HUB_DISCREET_KEEP_DAYS"}
    file = tmp_path / "value"
    file.write_text("")
    environ = {name: str(file) if name.endswith("_FILE") else "" for name in names}
    assert [field for field, code in faults_of(None, environ) if code == "unknown_variable"] == []


# --- what must not be in it ---

_OF_ONE_MACHINE = re.compile(r"/work/|/root/|(?-i:/Users/)|/home/\w|/tmp/[a-z]", re.IGNORECASE)
_REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|npmjs\.|docker\.io|ghcr\.io|quay\.io|gcr\.io|debian\.org|simple/|proxy\.golang",
    re.IGNORECASE,
)


@pytest.mark.parametrize("what", [_OF_ONE_MACHINE, _REGISTRIES], ids=["machine", "registry"])
def test_nothing_speaks_of_one_machine_or_of_a_registry(what: re.Pattern[str]) -> None:
    """Whoever reads it has another machine, and their own way to packages."""
    assert len(SHIPPED) > 100
    found = {shown_at(path): [one[0] for one in what.finditer(path.read_text())] for path in SHIPPED}
    assert {path: words for path, words in found.items() if words} == {}


# --- excerpts ---


@pytest.mark.parametrize(
    "block", [b for b in blocks() if b.source], ids=lambda block: f"{shown_at(block.page)}-{block.source}"
)
def test_every_excerpt_is_in_the_file_it_names(block: Block) -> None:
    """Word for word, so that it cannot grow old."""
    assert block.text in (ROOT / block.source).read_text()


@pytest.mark.parametrize("page", ["docs/adding-a-plugin.md", "docs/adding-a-connector.md"])
def test_the_pages_for_authors_show_nothing_but_what_is_tested(page: str) -> None:
    """Every piece of Python in them is an excerpt."""
    shown = [block for block in blocks() if block.page == ROOT / page and block.language in {"python", "toml"}]
    assert len(shown) > 3
    assert [block.text for block in shown if not block.source] == []
